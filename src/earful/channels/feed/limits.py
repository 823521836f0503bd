"""What feeds allow, and what we allow of feeds."""

from earful.channels.contract import Capabilities

CAPABILITIES = Capabilities(
    receive="poll",
    public_reply=False,
    private_reply=False,
    max_length=None,
    edits=True,
    deletes=False,
    idempotent_send=False,
)

MAX_FEED_BYTES = 5_000_000
MAX_ENTRIES = 2_000
"""Entries read of one document, from its beginning."""
REMEMBERED = 4_000
"""Entries whose content is remembered, so that an edit is told from news."""
LONGEST_PAUSE_SECONDS = 86_400.0
"""A server may ask for more; we look once a day all the same."""
