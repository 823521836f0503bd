"""What Instagram allows (Instagram Platform, "Rate limits", "Private Replies", "Messaging API")."""

from earful.channels.contract import Capabilities, Files, Window
from earful.channels.kit.budget import Limit
from earful.channels.kit.text import Counter
from earful.channels.kit.uploading import MEGABYTE, PICTURES
from earful.channels.meta.graph import CALLS
from earful.channels.meta.private import HUMAN_DAYS
from earful.model.time import DAY, SECOND

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=True,
    private_reply=True,
    # (M) Of a private message, in bytes; a comment may have 2,200 characters. The smaller holds for both.
    max_length=1000,
    counter=Counter.UTF8,
    edits=False,
    deletes=False,
    idempotent_send=False,
    window=Window(
        seconds=DAY // SECOND,
        extended_seconds=HUMAN_DAYS * DAY // SECOND,
        after="Wait until the customer writes again, or answer in public or by another channel.",
    ),
    reports=True,
    # A message is words or a file, never both; these are fetched by Instagram.
    private_files=Files(
        largest={
            **dict.fromkeys((*PICTURES, "image/gif"), 8 * MEGABYTE),
            # (M) 25 MB.
            "application/pdf": 16 * MEGABYTE,
        },
        most=10,
        in_one=1,
        caption=0,
        fetched=True,
    ),
    private_files_to_public=False,
    no_files="A comment on Instagram, and a private answer to one, has words only; files go in private conversations.",
)
PRIVATE_REPLY_SECONDS = 7 * DAY // SECOND

SEND, PRIVATE_REPLIES, TALKS = "send", "private replies", "conversations"
LIMITS = (
    Limit(name=SEND, most=300, seconds=1),
    Limit(name=PRIVATE_REPLIES, most=750, seconds=3600),
    Limit(name=TALKS, most=2, seconds=1),
    # (M) 4,800 for each impression of the account that day; Meta's counters correct it.
    Limit(name=CALLS, most=48_000, seconds=86_400),
)
LOST_AFTER_HOURS = 36
"""(M) Deliveries that nobody took are dropped after that."""
PAGE_SIZE = 50
