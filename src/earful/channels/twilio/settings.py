"""What the channels of Twilio ask an admin for, each in its own form."""

from typing import Annotated

from msgspec import Meta

API = "https://api.twilio.com"
NUMBER = r"\+?[0-9]{3,15}"

AccountSid = Annotated[
    str,
    Meta(
        title="Account SID",
        description="AC and 32 digits, on the first page of the console.",
        pattern=r"^(AC[0-9A-Za-z]{1,64})?$",
    ),
]
Number = Annotated[
    str,
    Meta(
        title="Our number",
        description="As it is called: +14155550123, or a short code.",
        pattern=rf"^({NUMBER})?$",
    ),
]
Address = Annotated[
    str,
    Meta(
        title="Address of the API",
        description="Another one for a region, or for a server that speaks as Twilio does.",
        pattern=r"^https?://[^\s?#]+$",
    ),
]
AuthToken = Annotated[
    str,
    Meta(title="Auth token", description="Beside the account SID. It signs what comes and opens the API."),
]
SharedKey = Annotated[
    str,
    Meta(
        title="Shared key for signatures",
        description="Only where the account signs webhooks with HMAC-SHA256.",
    ),
]
