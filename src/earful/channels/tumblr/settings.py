"""What an admin fills in to connect a Tumblr blog."""

from typing import Annotated

from msgspec import Meta, Struct

from earful.channels.kit.fields import ApiServer, TokenAddress


class TumblrSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One blog, read and answered as its owner."""

    blog: Annotated[
        str,
        Meta(title="Blog", description="Its name, without .tumblr.com.", pattern=r"^[A-Za-z0-9-]{1,32}$"),
    ]
    client_id: Annotated[
        str, Meta(title="Consumer key", description="Of the registered app.", min_length=1, max_length=200)
    ]
    poll_seconds: Annotated[
        int, Meta(title="Look every (seconds)", description="Each look costs two requests.", ge=5, le=86_400)
    ] = 120
    requests_a_day: Annotated[
        int, Meta(title="Requests a day", description="What Tumblr allows the app.", ge=100, le=10_000_000)
    ] = 5_000
    api: ApiServer = "https://api.tumblr.com"
    token_url: TokenAddress = "https://api.tumblr.com/v2/oauth2/token"  # noqa: S105 - an address


class TumblrSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    client_secret: Annotated[
        str, Meta(title="Consumer secret", description="Of the registered app.", max_length=500)
    ] = ""
    access_token: Annotated[
        str,
        Meta(
            title="Access token",
            description="Good for less than an hour: use “Connect” instead.",
            max_length=4_000,
        ),
    ] = ""
