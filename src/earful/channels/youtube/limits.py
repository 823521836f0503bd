"""What YouTube allows (YouTube Data API, "Quota costs"). The project's quota is a setting."""

from earful.channels.contract import Capabilities
from earful.channels.kit import google
from earful.channels.kit.budget import Limit
from earful.channels.kit.oauth import Provider

CAPABILITIES = Capabilities(
    receive="poll",
    public_reply=True,
    private_reply=False,
    max_length=10_000,
    edits=True,
    deletes=True,
    idempotent_send=False,
    history=True,
)
"""The length is from memory: YouTube's pages do not say one, and refuse what is longer."""
SCOPES = ("https://www.googleapis.com/auth/youtube.force-ssl",)
QUOTA = "quota"
READ_COST = 1
REPLY_COST = 50
REFRESH_DAYS = 30
"""YouTube wants stored data to be looked at again, or deleted, within so many days (from memory: see its policies)."""

PAGE = 100
MOST_PAGES = 5
OVERLAP_MS = 300_000
IDS_AT_ONCE = 50
LOOK_MOST = 2_000
QUOTA_WAIT_SECONDS = 3_600.0
"""The quota comes back at midnight in California; it is tried again each hour."""
SPENT = ("quotaExceeded", "dailyLimitExceeded")
TOO_FAST = ("rateLimitExceeded", "userRateLimitExceeded", "processingFailure")


def limits(daily_quota: int) -> tuple[Limit, ...]:
    """Units of a day, counted over any 24 hours: never more than Google counts."""
    return (Limit(name=QUOTA, most=daily_quota, seconds=86_400),)


def provider(token_url: str) -> Provider:
    """How Google gives tokens."""
    return google.provider(token_url, SCOPES)
