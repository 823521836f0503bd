"""What calls allow: to be heard, and not to be answered in writing."""

from earful.channels.contract import Capabilities
from earful.channels.sms import limits as sms

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=False,
    private_reply=False,
    max_length=None,
    edits=True,
    deletes=False,
    idempotent_send=False,
    history=True,
)
BY_SMS = Capabilities(
    receive="push",
    public_reply=False,
    private_reply=True,
    max_length=sms.CAPABILITIES.max_length,
    counter=sms.CAPABILITIES.counter,
    edits=True,
    deletes=False,
    idempotent_send=False,
    history=True,
)
"""Where a channel for SMS is connected: an answer to a call goes out by it."""
LOOK_SECONDS = 300.0
SLOWEST = 4
OVERLAP_MS = 2 * 60 * 60_000
"""Of two looks: a call is listed by its beginning, and may be told of when it ends."""
PAGE = 100
MOST_PAGES = 20
BEAT_SECONDS = 60.0
