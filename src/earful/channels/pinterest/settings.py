"""What an admin fills in to see the counts of a Pinterest account."""

from typing import Annotated

from msgspec import Meta, Struct

from earful.channels.kit.fields import ApiServer


class PinterestSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account. Metrics only."""

    username: Annotated[
        str, Meta(title="User name", description="Without @.", pattern=r"^[A-Za-z0-9_]{2,40}$")
    ]
    client_id: Annotated[
        str, Meta(title="App id", description="Of the app at Pinterest.", min_length=1, max_length=200)
    ]
    look_minutes: Annotated[
        int,
        Meta(title="Look every (minutes)", description="Pinterest counts hours later anyway.", ge=1, le=10_080),
    ] = 360  # fmt: skip
    api: ApiServer = "https://api.pinterest.com"


class PinterestSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    client_secret: Annotated[str, Meta(title="App secret", max_length=500)] = ""
    access_token: Annotated[
        str,
        Meta(title="Access token", description="Good for 30 days. Not needed after “Connect”.", max_length=2_000),
    ] = ""  # fmt: skip
