"""What Tumblr allows (Tumblr API v2, "Rate limits", "Notifications"; Neue Post Format).

The size of pages is from memory.
"""

from collections.abc import Mapping

from earful.channels.contract import Capabilities
from earful.channels.kit.budget import Budget, Limit
from earful.channels.kit.oauth import Provider

CAPABILITIES = Capabilities(
    receive="poll",
    public_reply=True,
    private_reply=False,
    max_length=4_096,
    edits=False,
    deletes=False,
    idempotent_send=False,
    history=True,
)
"""Of a text block. Several would be one post too, but nobody answers at such a length."""
SCOPES = ("basic", "write", "offline_access")
REQUESTS, POSTS = "requests", "posts"
TYPES = ("reply", "mention_in_reply", "mention_in_post", "reblog_with_content")
POSTS_A_DAY = 250
PAGE = 20
MOST_PAGES = 25
OVERLAP_MS = 300_000


def limits(requests_a_day: int) -> tuple[Limit, ...]:
    """Tumblr counts requests for the app (1,000 an hour and 5,000 a day) and posts for the blog."""
    return (
        Limit(name=REQUESTS, most=requests_a_day, seconds=86_400),
        Limit(name=POSTS, most=POSTS_A_DAY, seconds=86_400),
    )


def heed(budget: Budget, _limit: str, headers: Mapping[str, str]) -> None:
    """Believe Tumblr's counter of the day."""
    budget.heed(REQUESTS, headers, prefix="x-ratelimit-perday")


def provider(token_url: str) -> Provider:
    """How Tumblr gives tokens: for 42 minutes, the refresh token changes with each use."""
    return Provider(
        authorize_url="https://www.tumblr.com/oauth2/authorize",
        token_url=token_url,
        scopes=SCOPES,
        pkce=False,
        basic=False,
    )
