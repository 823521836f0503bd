"""What blogs allow (WordPress REST API handbook, "Comments"; isso 0.14, "Server API")."""

from earful.channels.contract import Capabilities
from earful.channels.kit.budget import Limit
from earful.channels.kit.text import Counter

CAPABILITIES = Capabilities(
    receive="poll",
    public_reply=True,
    private_reply=False,
    max_length=65_525,
    counter=Counter.UTF8,
    edits=True,
    deletes=True,
    idempotent_send=False,
    history=True,
)
"""65,525 bytes is WordPress's; isso allows 65,535 letters."""
SHORTEST = 3
"""Letters of a comment, says isso."""
REQUESTS = "requests"
LIMITS = (Limit(name=REQUESTS, most=240, seconds=60),)
"""Neither has a limit of its own; a blog on a small server should not notice us."""
PAGE = 100
MOST_PAGES = 20
REMEMBERED = 500
"""Newest comments that are looked at again for edits and deletes."""
ISSO_WAITS_SECONDS = 60.0
"""isso counts comments of an address over a minute, and does not say when it opens."""
