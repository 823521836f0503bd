"""What Threads allows (Threads API, "Overview", "Rate limiting")."""

from earful.channels.contract import Capabilities
from earful.channels.kit.budget import Limit
from earful.channels.kit.text import Counter
from earful.channels.meta.graph import CALLS

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=True,
    private_reply=False,
    # (M) Emoji count by their bytes.
    max_length=500,
    counter=Counter.CODEPOINTS,
    edits=False,
    deletes=False,
    idempotent_send=False,
    threads=True,
)

REPLIES = "replies"
LIMITS = (
    Limit(name=REPLIES, most=1000, seconds=86_400),
    # (M) 4,800 for each impression of the profile that day; Meta's counters correct it.
    Limit(name=CALLS, most=48_000, seconds=86_400),
)
LOST_AFTER_HOURS = 36
"""(M) Deliveries that nobody took are dropped after that."""
READY_SECONDS = 30.0
"""How long a container may take until it can be published."""
STEP_SECONDS = 2.0
PAGE_SIZE = 50
