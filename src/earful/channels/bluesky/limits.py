"""What Bluesky allows (docs.bsky.app, "Rate Limits"; lexicons)."""

from collections.abc import Mapping

from earful.channels.contract import Capabilities, Files
from earful.channels.kit.budget import Budget, Limit
from earful.channels.kit.text import Counter
from earful.channels.kit.uploading import MEGABYTE, PICTURES

CAPABILITIES = Capabilities(
    receive="poll",
    public_reply=True,
    private_reply=True,
    max_length=300,
    counter=Counter.GRAPHEMES,
    edits=False,
    deletes=True,
    idempotent_send=True,
    history=True,
    threads=True,
    # app.bsky.embed.images. The lexicon has no longest description; the app takes 2,000 characters.
    public_files=Files(largest=dict.fromkeys((*PICTURES, "image/webp"), 2 * MEGABYTE), most=4, alt=2_000),
    no_files="Bluesky has no files in direct messages. Answer in public with a picture, or by another channel.",
)
MAX_BYTES = 3_000
DM_LENGTH, DM_BYTES = 1_000, 10_000

LIMITS = (
    Limit(name="requests", most=3_000, seconds=300),
    Limit(name="writes", most=5_000, seconds=3_600),
    Limit(name="writes in a day", most=35_000, seconds=86_400),
    Limit(name="sign-ins", most=30, seconds=300),
    Limit(name="sign-ins in a day", most=300, seconds=86_400),
)
"""Requests are counted for each address that calls, writes in points: a new record costs three."""
WRITE_POINTS = 3

PAGE = 100
MOST_PAGES = 10
OVERLAP_MS = 300_000
"""The index is not strictly in order: each look begins so much earlier."""
POSTS_AT_ONCE = 25
LOOK_DAYS = 7
LOOK_MOST = 500
CHAT = {"atproto-proxy": "did:web:api.bsky.chat#bsky_chat"}
"""Where the account's server is to pass requests on to."""


def heed(budget: Budget, limit: str, headers: Mapping[str, str]) -> None:
    """Believe the server's counters. A sign-in has counters of its own, as have writes."""
    if limit == "requests":
        budget.heed(limit, headers, prefix="ratelimit")
