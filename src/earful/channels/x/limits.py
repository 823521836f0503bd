"""What X allows (docs.x.com, "Rate limits" and "Pricing", 2026). Counted by X too: its headers are heeded."""

from collections.abc import Mapping

from earful.channels.contract import Capabilities, Files
from earful.channels.kit.budget import Budget, Limit
from earful.channels.kit.oauth import Provider
from earful.channels.kit.text import Counter
from earful.channels.kit.uploading import MEGABYTE, PICTURES

# (M) Sizes are of the help pages; pictures and an animation do not go together.
_LARGEST = dict.fromkeys((*PICTURES, "image/webp"), 5 * MEGABYTE) | {"image/gif": 15 * MEGABYTE}
CAPABILITIES = Capabilities(
    receive="push",
    public_reply=True,
    private_reply=True,
    max_length=280,
    counter=Counter.X,
    edits=True,
    deletes=True,
    idempotent_send=False,
    history=True,
    threads=True,
    public_files=Files(largest=_LARGEST, most=4, alone=frozenset({"image/gif"}), alt=1_000),
    private_files=Files(largest=_LARGEST, most=4, in_one=1, alt=1_000),
)
DM_LENGTH = 10_000

_QUARTER, _DAY = 900, 86_400
LIMITS = (
    Limit(name="posts", most=100, seconds=_QUARTER),
    Limit(name="posts in a day", most=10_000, seconds=_DAY),
    Limit(name="direct messages", most=15, seconds=_QUARTER),
    Limit(name="direct messages in a day", most=1_440, seconds=_DAY),
    Limit(name="mentions read", most=300, seconds=_QUARTER),
    Limit(name="own posts read", most=900, seconds=_QUARTER),
    Limit(name="direct messages read", most=15, seconds=_QUARTER),
    Limit(name="posts looked at", most=300, seconds=_QUARTER),
    Limit(name="set-up", most=450, seconds=_QUARTER),
    # (M)
    Limit(name="files", most=500, seconds=_QUARTER),
)
"""Those of a user's token. “own posts read”, “posts looked at” and “set-up” are not in the pages read: the lowest of
what similar calls have."""

SCOPES = (
    "tweet.read", "tweet.write", "users.read", "dm.read", "dm.write", "media.write", "offline.access",
)  # fmt: skip


def provider(api: str) -> Provider:
    """How X gives tokens: good for two hours, and each refresh token for one use."""
    return Provider(
        authorize_url="https://x.com/i/oauth2/authorize",
        token_url=f"{api.rstrip('/')}/2/oauth2/token",
        scopes=SCOPES,
    )


EVENTS = (
    "post.mention.create", "post.reply.create", "post.quote.create", "post.create", "post.delete",
)  # fmt: skip
PRIVATE_EVENTS = ("dm.received", "dm.sent", "chat.received", "chat.sent")
"""Need the account's own token when they are subscribed to."""

PAGE = 100
MOST_PAGES = 8
"""The mentions timeline ends at 800."""
OVERLAP_MS = 300_000
"""Posts may come into a timeline late: each look begins so much earlier."""
BACKFILL_MINUTES = 5
"""The most that a stream makes good."""
HEARTBEAT_SECONDS = 45.0
"""The stream is never silent for longer than 20 s."""
REPLAY_HOURS = 24
LOOK_DAYS = 7
LOOK_MOST = 500


def heed(budget: Budget, limit: str, headers: Mapping[str, str]) -> None:
    """Believe X's counters: of a quarter of an hour, and of a day where it tells them."""
    budget.heed(limit, headers)
    for owner in ("app", "user"):
        budget.heed(f"{limit} in a day", headers, prefix=f"x-{owner}-limit-24hour")
