"""What Reddit allows. Numbers without a page of Reddit's own are from memory and can be set: see `settings.py`."""

from collections.abc import Mapping

from earful.channels.contract import Capabilities
from earful.channels.kit.budget import Budget, Limit
from earful.channels.kit.oauth import Provider

CAPABILITIES = Capabilities(
    receive="poll",
    public_reply=True,
    private_reply=True,
    max_length=10_000,
    edits=True,
    deletes=True,
    idempotent_send=False,
    history=True,
    threads=True,
)
SCOPES = ("identity", "read", "submit", "privatemessages", "history")
REQUESTS = "requests"


def limits(requests_a_minute: int) -> tuple[Limit, ...]:
    """Reddit counts over ten minutes for each app; its headers are heeded."""
    return (Limit(name=REQUESTS, most=requests_a_minute * 10, seconds=600),)


def provider(token_url: str) -> Provider:
    """How Reddit gives tokens. Its refresh tokens stay the same."""
    return Provider(
        authorize_url="https://www.reddit.com/api/v1/authorize",
        token_url=token_url,
        scopes=SCOPES,
        pkce=False,
        extra={"duration": "permanent"},
    )


PAGE = 100
MOST_PAGES = 10
"""Listings end at a thousand."""
OVERLAP_MS = 300_000
INFO_AT_ONCE = 100
LOOK_DAYS = 3
LOOK_MOST = 1_000


def heed(budget: Budget, _limit: str, headers: Mapping[str, str]) -> None:
    """Believe Reddit's counters."""
    budget.heed(REQUESTS, headers, prefix="x-ratelimit")
