"""What Facebook allows to an app of a page (Graph API, "Rate Limits"; "Private Replies")."""

from earful.channels.contract import Capabilities, Files, Window
from earful.channels.kit.budget import Limit
from earful.channels.kit.text import Counter
from earful.channels.kit.uploading import MEGABYTE, PICTURES
from earful.channels.meta.graph import CALLS
from earful.model.time import DAY, SECOND

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=True,
    private_reply=True,
    # (M) Of a comment.
    max_length=8000,
    counter=Counter.CODEPOINTS,
    edits=True,
    deletes=True,
    idempotent_send=False,
    window=Window(
        seconds=7 * DAY // SECOND,
        after="A comment can be answered in private once, within seven days; answer in public or by another channel.",
    ),
    # (M) Facebook advises pictures below 4 MB. A comment has one, and would show only the first frame of a GIF.
    public_files=Files(largest=dict.fromkeys(PICTURES, 4 * MEGABYTE), most=1),
    no_files="A private answer to a comment has words only. Answer in public with a picture, or by another channel.",
)
PRIVATE_LENGTH = 2000
"""(M) Of a private message."""

LIMITS = (
    # (M) 4,800 for each person who engaged with the page that day: ten of them here. Meta's counters correct it.
    Limit(name=CALLS, most=48_000, seconds=86_400),
)
LOST_AFTER_HOURS = 36
"""(M) Deliveries that nobody took are dropped after that."""
PAGE_SIZE = 50
