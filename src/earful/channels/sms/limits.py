"""What SMS allow (3GPP 23.038 and 23.040; Twilio, "Messages resource")."""

from earful.channels.contract import Capabilities, Files
from earful.channels.kit.text import Counter
from earful.channels.kit.uploading import MEGABYTE, PICTURES

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=False,
    private_reply=True,
    max_length=1_600,
    counter=Counter.SMS,
    edits=False,
    deletes=False,
    idempotent_send=False,
    reports=True,
    # Of MMS (Twilio, "Accepted content types for media"): these are fitted to the phone that gets them.
    private_files=Files(
        largest=dict.fromkeys((*PICTURES, "image/gif"), 5 * MEGABYTE),
        most=10,
        together=5 * MEGABYTE,
        fetched=True,
    ),
    history=True,
)
NO_FILES = "A Kannel carries words only. Hand off to the chat or to mail to send a file."
LOOK_SECONDS = 300.0
"""How often it is looked whether something was not delivered to us: Twilio tries once, or as the number is set up."""
SLOWEST = 4
OVERLAP_MS = 60 * 60_000
"""Of two looks. What is on its way through carriers may be listed late."""
PAGE = 100
MOST_PAGES = 20
FIND_PAGE = 50
