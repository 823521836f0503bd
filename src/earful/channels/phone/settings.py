"""What an admin fills in to connect a telephone number."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from earful.channels.twilio.settings import API, AccountSid, Address, AuthToken, Number, SharedKey


class PhoneSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number."""

    calls: Annotated[
        Literal["system", "twilio"],
        Meta(
            title="Who tells of calls",
            description="Your telephone system, by a signed webhook, and colleagues by hand; or Twilio, which answers "
            "and records.",
        ),
    ] = "system"
    number: Number = ""
    account: AccountSid = ""
    greeting: Annotated[
        str,
        Meta(title="What Twilio says to callers", description="One or two sentences.", max_length=1_000),
    ] = "Thank you for calling. Please say after the tone what we can do for you. We will answer."
    language: Annotated[
        str,
        Meta(title="Language of that sentence", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"),
    ] = "en-US"
    record: Annotated[
        bool,
        Meta(title="Record a message", description="Off: callers hear the sentence, and the call is noted."),
    ] = True
    transcribe: Annotated[
        bool,
        Meta(title="Have it written down by Twilio", description="In English only; Twilio charges for it."),
    ] = False
    longest_seconds: Annotated[int, Meta(title="Longest message in seconds", ge=10, le=3_600)] = 120
    api: Address = API


class PhoneSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    auth_token: AuthToken = ""
    shared_key: SharedKey = ""
