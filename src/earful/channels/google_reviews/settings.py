"""What an admin fills in to connect the reviews of a business at Google."""

from typing import Annotated

from msgspec import Meta, Struct

from earful.channels.google_reviews.limits import CERTS
from earful.channels.kit.fields import ApiServer, TokenAddress

Location = Annotated[str, Meta(pattern=r"^[0-9]{1,30}$")]


class GoogleReviewsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some places of one account."""

    account_id: Annotated[
        str,
        Meta(
            title="Account number", description="Of the Business Profile: accounts/… in the API.",
            pattern=r"^[0-9]{1,30}$",
        ),
    ]  # fmt: skip
    locations: Annotated[
        list[Location],
        Meta(
            title="Location numbers", description="Verified places, locations/… in the API, with commas between.",
            min_length=1, max_length=500,
        ),
    ]  # fmt: skip
    client_id: Annotated[
        str,
        Meta(
            title="OAuth client id", description="Of the Google Cloud project.", min_length=1, max_length=300
        ),
    ]
    poll_seconds: Annotated[
        int, Meta(title="Look every (seconds)", description="At each location.", ge=5, le=86_400)
    ] = 300
    look_again_minutes: Annotated[
        int, Meta(title="Look for deleted reviews every (minutes)", ge=1, le=10_080)
    ] = 720
    requests_a_minute: Annotated[
        int, Meta(title="Requests a minute", description="What Google allows the project.", ge=20, le=10_000)
    ] = 300
    push_email: Annotated[
        str,
        Meta(
            title="Service account of the push",
            description="The address under which Pub/Sub signs its push, ...@....gserviceaccount.com. Empty: no push, "
            "places are looked at every few minutes.",
            pattern=r"^([^@\s]{1,200}@[^@\s]{1,200})?$",
        ),
    ] = ""
    push_audience: Annotated[
        str,
        Meta(
            title="Audience of the push",
            description="As the subscription has it. Empty: the address of this channel's webhook, which is what "
            "Pub/Sub says where nothing is set.",
            max_length=500,
        ),
    ] = ""
    pubsub_topic: Annotated[
        str,
        Meta(
            title="Topic",
            description="projects/.../topics/...: Earful tells Google to publish new and changed reviews there. Empty: "
            "you tell Google yourself.",
            pattern=r"^(projects/[^/\s]{1,100}/topics/[^/\s]{1,255})?$",
        ),
    ] = ""
    notifications_api: ApiServer = "https://mybusinessnotifications.googleapis.com"
    certs: ApiServer = CERTS
    """Where Google's keys are."""
    api: ApiServer = "https://mybusiness.googleapis.com"
    token_url: TokenAddress = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


class GoogleReviewsSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    client_secret: Annotated[str, Meta(title="OAuth client secret", max_length=500)] = ""
    refresh_token: Annotated[
        str, Meta(title="Refresh token", description="Not needed after “Connect”.", max_length=2_000)
    ] = ""
