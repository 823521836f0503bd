"""What Messenger allows (Messenger Platform, "Send API", "Rate limits", "Policy")."""

from earful.channels.contract import Capabilities, Files, Window
from earful.channels.kit.budget import Limit
from earful.channels.kit.text import Counter
from earful.channels.kit.uploading import ANY, MEGABYTE
from earful.channels.meta.graph import CALLS
from earful.channels.meta.private import HUMAN_DAYS
from earful.model.time import DAY, SECOND

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=False,
    private_reply=True,
    # (M)
    max_length=2000,
    counter=Counter.CODEPOINTS,
    edits=True,
    deletes=True,
    idempotent_send=False,
    threads=True,
    window=Window(
        seconds=DAY // SECOND,
        extended_seconds=HUMAN_DAYS * DAY // SECOND,
        after="Wait until the customer writes again, or answer by another channel.",
    ),
    reports=True,
    # (M) 25 MB, pictures 8 MB. A message is words or a file, never both.
    private_files=Files(
        largest={
            mime: (8 if mime.startswith("image/") else 16) * MEGABYTE for mime in ANY if mime != "image/webp"
        },
        most=10,
        in_one=1,
        caption=0,
    ),
)

SEND, TALKS = "send", "conversations"
LIMITS = (
    Limit(name=SEND, most=300, seconds=1),
    Limit(name=TALKS, most=2, seconds=1),
    # (M) As for the page: see Facebook.
    Limit(name=CALLS, most=48_000, seconds=86_400),
)
LOST_AFTER_HOURS = 36
"""(M) Deliveries that nobody took are dropped after that."""
