"""What Google allows for reviews (Business Profile APIs, "Work with review data").

Numbers without a page of Google's own are from memory: the length of a reply, the size of a page, requests a minute.
"""

from earful.channels.contract import Capabilities
from earful.channels.kit import google
from earful.channels.kit.budget import Limit
from earful.channels.kit.oauth import Provider
from earful.channels.kit.text import Counter

CAPABILITIES = Capabilities(
    receive="poll",
    public_reply=True,
    private_reply=False,
    max_length=4_096,
    counter=Counter.UTF8,
    edits=True,
    deletes=True,
    idempotent_send=True,
    history=True,
)
"""A review has one reply: to send it again changes nothing, to send another replaces it."""
SCOPES = ("https://www.googleapis.com/auth/business.manage",)
REQUESTS = "requests"
PAGE = 50
MOST_PAGES = 20
OVERLAP_MS = 600_000
LOOK_DAYS = 90
LOOK_MOST = 500
LOOK_AT_ONCE = 10


def limits(requests_a_minute: int) -> tuple[Limit, ...]:
    """Google counts for the project."""
    return (Limit(name=REQUESTS, most=requests_a_minute, seconds=60),)


def provider(token_url: str) -> Provider:
    """How Google gives tokens."""
    return google.provider(token_url, SCOPES)
