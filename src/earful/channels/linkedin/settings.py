"""What an admin fills in to connect a company page."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from earful.channels.kit.fields import ApiServer, TokenAddress


class LinkedInSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One page, read and answered by an app with the Community Management API."""

    ACCOUNT: ClassVar[str] = "organization_id"

    organization_id: Annotated[
        str,
        Meta(
            title="Organization number", description="In the address of the page's admin view.",
            pattern=r"^[0-9]{1,20}$",
        ),
    ]  # fmt: skip
    app_id: Annotated[
        str,
        Meta(
            title="App number",
            description="urn:li:developerApplication:… of the app. Without it nothing is pushed: Earful looks instead.",
            pattern=r"^[0-9]{0,20}$",
        ),
    ] = ""
    client_id: Annotated[
        str, Meta(title="OAuth client id", description="Of the app: for “Connect”.", max_length=200)
    ] = ""
    version: Annotated[
        str,
        Meta(
            title="API version",
            description="Year and month. LinkedIn ends each after about a year.",
            pattern=r"^20[0-9]{4}$",
        ),
    ] = "202610"
    poll_seconds: Annotated[
        int, Meta(title="Look for missed notifications every (seconds)", ge=5, le=86_400)
    ] = 300
    requests_a_day: Annotated[
        int,
        Meta(title="Requests a day", description="The app's quota, in LinkedIn's portal.", ge=100, le=10_000_000),
    ] = 10_000  # fmt: skip
    api: ApiServer = "https://api.linkedin.com"
    token_url: TokenAddress = "https://www.linkedin.com/oauth/v2/accessToken"  # noqa: S105 - an address


class LinkedInSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    client_secret: Annotated[
        str,
        Meta(title="OAuth client secret", description="Of the app: proves webhooks.", min_length=1, max_length=500),
    ]  # fmt: skip
    access_token: Annotated[
        str,
        Meta(title="Access token", description="Good for 60 days. Not needed after “Connect”.", max_length=2_000),
    ] = ""  # fmt: skip
