"""What LinkedIn allows (Microsoft Learn, "Community Management": comments, social action notifications, webhooks).

The length of a comment is a third party's word, the quota from memory: LinkedIn shows it in its portal only.
"""

from earful.channels.contract import Capabilities
from earful.channels.kit.budget import Limit
from earful.channels.kit.oauth import Provider
from earful.model.time import DAY, SECOND

KEPT_DAYS = 60
"""How long LinkedIn keeps notifications."""
CAPABILITIES = Capabilities(
    receive="push",
    public_reply=True,
    private_reply=False,
    max_length=1_250,
    edits=True,
    deletes=True,
    idempotent_send=False,
    history=True,
    kept_seconds=KEPT_DAYS * DAY // SECOND,
)
SCOPES = ("r_organization_social", "w_organization_social", "rw_organization_admin")
REQUESTS = "requests"
PAGE = 50
MOST_PAGES = 20
OVERLAP_MS = 900_000
RETRIED_HOURS = 8
"""How long LinkedIn tries to deliver a notification."""
COMMENTS_AT_ONCE = 100


def limits(requests_a_day: int) -> tuple[Limit, ...]:
    """LinkedIn counts from midnight to midnight UTC; any 24 hours are never more than that."""
    return (Limit(name=REQUESTS, most=requests_a_day, seconds=86_400),)


def provider(token_url: str) -> Provider:
    """How LinkedIn gives tokens: for 60 days; only some apps get a refresh token."""
    return Provider(
        authorize_url="https://www.linkedin.com/oauth/v2/authorization",
        token_url=token_url,
        scopes=SCOPES,
        pkce=False,
        basic=False,
    )
