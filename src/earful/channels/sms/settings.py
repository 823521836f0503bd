"""What an admin fills in to connect a number for SMS."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from earful.channels.twilio.settings import API, NUMBER


class SmsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number."""

    provider: Annotated[
        Literal["twilio", "kannel"],
        Meta(
            title="Carried by",
            description="Twilio, or a server that speaks as it does; or a Kannel gateway of your own.",
        ),
    ] = "twilio"
    number: Annotated[
        str,
        Meta(
            title="Our number",
            description="As it is called: +14155550123, or a short code.",
            pattern=rf"^{NUMBER}$",
        ),
    ]
    account: Annotated[
        str,
        Meta(
            title="Account",
            description="Twilio: the account SID. Kannel: the name of its sendsms-user.",
            pattern=r"^[\w.-]{1,64}$",
        ),
    ]
    api: Annotated[
        str,
        Meta(
            title="Address of the gateway",
            description="Kannel: its smsbox, http://127.0.0.1:13013. Twilio: only for a region of its own.",
            pattern=r"^https?://[^\s?#]+$",
        ),
    ] = API


class SmsSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    auth_token: Annotated[
        str,
        Meta(
            title="Auth token",
            description="Twilio: beside the account SID; it signs what comes and opens the API. Kannel: the password "
            "of the sendsms-user.",
            min_length=4,
        ),
    ]
    shared_key: Annotated[
        str,
        Meta(
            title="Shared key",
            description="Twilio: only where the account signs with HMAC-SHA256. Kannel: the password that it shows "
            "with every delivery.",
        ),
    ] = ""
