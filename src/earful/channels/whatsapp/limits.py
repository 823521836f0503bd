"""What WhatsApp allows (Cloud API, "Messages", "Rate limits", "Send messages")."""

from earful.channels.contract import Capabilities, Files, Window
from earful.channels.kit.budget import Limit
from earful.channels.kit.text import Counter
from earful.channels.kit.uploading import MEGABYTE, OFFICE, PICTURES
from earful.channels.meta.graph import CALLS
from earful.model.time import DAY, SECOND

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=False,
    private_reply=True,
    max_length=4096,
    counter=Counter.CODEPOINTS,
    edits=True,
    deletes=True,
    idempotent_send=False,
    threads=True,
    window=Window(
        seconds=DAY // SECOND,
        after="Only a template that Meta approved can be sent now; choose one below the message, or answer by another "
        "channel.",
    ),
    templates=True,
    template_files={
        "image": Files(largest=dict.fromkeys(PICTURES, 5 * MEGABYTE), most=1),
        # (M) A template takes no other documents.
        "document": Files(largest={"application/pdf": 16 * MEGABYTE}, most=1),
    },
    reports=True,
    private_files=Files(
        largest=dict.fromkeys(PICTURES, 5 * MEGABYTE)
        | dict.fromkeys(("application/pdf", "text/plain", *OFFICE), 16 * MEGABYTE),
        most=10,
        in_one=1,
        caption=1_024,
    ),
)

SEND = "send"
LIMITS = (
    # 1,000 after Meta's own upgrade; 20 for numbers that are used in the app as well, told by 130429.
    Limit(name=SEND, most=80, seconds=1),
    # (M) Of the management API, for each business account.
    Limit(name=CALLS, most=5000, seconds=3600),
)
LOST_AFTER_DAYS = 7
"""Deliveries that nobody took are dropped after that."""
