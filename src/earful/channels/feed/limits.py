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
LEASE_SECONDS = 864_000
"""What a hub is asked for; it may grant less, and tells only who answers its question."""
RENEW_SECONDS = 21_600.0
"""So often a subscription is asked for again: hubs grant days, and who grants less is made good by looking."""
RETRY_SECONDS = 3_600.0
"""A hub that would not is asked again after that."""
PUSHED_SLOWER = 4
"""A feed that is pushed is looked at so much less often: nothing is lost when the hub fails."""
MAX_HUB_BYTES = 100_000
LONGEST_PAUSE_SECONDS = 86_400.0
"""A server may ask for more; we look once a day all the same."""
SETTLED_SECONDS = 2
"""Servers tell time in seconds: a version that is younger when it is fetched may still change under the same name."""
