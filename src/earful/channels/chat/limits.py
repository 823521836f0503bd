"""What the web chat can do, and how much of it one visitor may use."""

from earful.channels.contract import Capabilities, Files
from earful.channels.kit.uploading import ANY, MEGABYTE
from earful.model.time import MINUTE, SECOND

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=False,
    private_reply=True,
    max_length=10_000,
    edits=False,
    deletes=False,
    idempotent_send=True,
    reports=True,
    private_files=Files(
        largest=dict.fromkeys(ANY, 16 * MEGABYTE), most=10, together=18 * MEGABYTE, alt=1_000
    ),
)
LONGEST_TEXT = 10_000
"""Characters of one message."""
GONE = 40 * SECOND
"""A visitor of whom nothing was heard for so long is not on the page any more, in milliseconds."""
BEAT = 15 * SECOND
"""How often an open page is noted as being there."""
WRITING = 12 * SECOND
"""How long a side that told so counts as writing, unless it tells so again or says something, in milliseconds."""
SHOWN = 200
"""Messages of a conversation that its page shows: the newest."""
RATES = {
    "message": (20, MINUTE),
    "file": (10, MINUTE),
    "address": (120, MINUTE),
    "upload": (30, MINUTE),
    "new": (20, 60 * MINUTE),
    "writing": (30, MINUTE),
}
"""How many in how many milliseconds: messages and files of one visitor; requests that write, files, and new visitors of
one network address; and how often one visitor may tell that they are writing."""
