"""What an admin fills in to connect a TikTok account."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from earful.channels.kit.fields import ADDRESS


class TikTokSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One business account, read and answered by an app of TikTok for Business."""

    ACCOUNT: ClassVar[str] = "business_id"

    business_id: Annotated[
        str,
        Meta(
            title="Account id", description="open_id in the API: the account as your app knows it.",
            pattern=r"^[A-Za-z0-9_-]{1,100}$",
        ),
    ]  # fmt: skip
    client_id: Annotated[
        str,
        Meta(title="App id", description="Of the app of TikTok for Business.", min_length=1, max_length=200),
    ]
    direct_messages: Annotated[
        bool,
        Meta(
            title="Direct messages",
            description="A beta: TikTok approves it for each app, and not for accounts in the European Economic Area, "
            "Switzerland and the United Kingdom. Customers write first, and can be answered for 48 hours.",
        ),
    ] = False
    videos: Annotated[
        int,
        Meta(title="Newest videos looked at", description="Comments below older ones come by push only.", ge=1, le=500),
    ] = 40  # fmt: skip
    poll_seconds: Annotated[int, Meta(title="Look for missed comments every (seconds)", ge=5, le=86_400)] = (
        300
    )
    requests_a_minute: Annotated[
        int, Meta(title="Requests a minute", description="What TikTok allows the app.", ge=1, le=100_000)
    ] = 600
    api: Annotated[
        str,
        Meta(title="API server", description="Only for a simulated network, or a newer version.", pattern=ADDRESS),
    ] = "https://business-api.tiktok.com/open_api/v1.3"  # fmt: skip


class TikTokSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    client_secret: Annotated[
        str, Meta(title="App secret", description="Proves webhooks.", min_length=1, max_length=500)
    ]
    access_token: Annotated[
        str,
        Meta(title="Access token", description="Good for a day only: use “Connect” instead.", max_length=2_000),
    ] = ""  # fmt: skip
