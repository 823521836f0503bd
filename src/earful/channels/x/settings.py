"""What an admin fills in to connect an X account."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from earful.channels.kit.fields import ApiServer


class XSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account of one app."""

    ACCOUNT: ClassVar[str] = "user_id"

    user_id: Annotated[
        str,
        Meta(
            title="Account id",
            description="The number of the account, not its name.",
            pattern=r"^[0-9]{1,19}$",
        ),
    ]
    receive: Annotated[
        Literal["webhook", "stream", "poll"],
        Meta(
            title="How messages come",
            description="webhook needs an https address without a port; stream needs none; "
            "poll brings mentions and direct messages only, and later.",
        ),
    ] = "webhook"
    plan: Annotated[
        Literal["self_serve", "enterprise"],
        Meta(
            title="Plan of the app",
            description="On self_serve X lets an app answer only those who mentioned or quoted the account.",
        ),
    ] = "self_serve"
    direct: Annotated[
        bool, Meta(title="Direct messages", description="Needs the scopes dm.read and dm.write.")
    ] = True
    poll_seconds: Annotated[
        int,
        Meta(
            title="Look for missed posts every (seconds)",
            description="Posts read cost money.",
            ge=5,
            le=86_400,
        ),
    ] = 300
    look_again_minutes: Annotated[
        int,
        Meta(
            title="Look for deleted posts every (minutes)",
            description="X wants deleted posts to be gone here within a day. Posts read cost money.",
            ge=1,
            le=1_440,
        ),
    ] = 360
    client_id: Annotated[
        str,
        Meta(title="OAuth client id", description="Of the app: for “Connect the account”.", max_length=200),
    ] = ""
    api: ApiServer = "https://api.x.com"


class XSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    consumer_secret: Annotated[
        str,
        Meta(
            title="API key secret", description="Of the app: proves webhooks.", min_length=1, max_length=500
        ),
    ]
    bearer_token: Annotated[
        str,
        Meta(
            title="Bearer token", description="Of the app: sets up webhooks.", min_length=1, max_length=1_000
        ),
    ]
    access_token: Annotated[
        str,
        Meta(title="Access token", description="Of the account, OAuth 2.0. Not needed after “Connect”."),
    ] = ""
    client_secret: Annotated[
        str, Meta(title="OAuth client secret", description="Of the app, where it has one.", max_length=500)
    ] = ""
