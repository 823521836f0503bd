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
CERTS = "https://www.googleapis.com/oauth2/v3/certs"
KEYS_SECONDS = 3600.0
"""Google's keys are good for hours, and new ones are published before they are used."""
MISSED_SECONDS = 5.0
"""How soon they are fetched again when something came that is signed with another."""
PUSHED_TIMES = 6
"""Where reviews are pushed, places are looked at so many times more seldom: only for what a push missed."""


def limits(requests_a_minute: int) -> tuple[Limit, ...]:
    """Google counts for the project."""
    return (Limit(name=REQUESTS, most=requests_a_minute, seconds=60),)


def provider(token_url: str) -> Provider:
    """How Google gives tokens."""
    return google.provider(token_url, SCOPES)
