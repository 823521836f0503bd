"""What Telegram allows (core.telegram.org/bots/faq, "Broadcasting to users"; Bot API)."""

from earful.channels.contract import Capabilities, Files
from earful.channels.kit.budget import Limit
from earful.channels.kit.text import Counter
from earful.channels.kit.uploading import ANY, MEGABYTE, PICTURES

PHOTOS = (*PICTURES, "image/webp")
"""What goes out as a photo; everything else is a document."""
FILES = Files(
    largest=dict.fromkeys(ANY, 16 * MEGABYTE) | dict.fromkeys(PHOTOS, 10 * MEGABYTE),
    most=10,
    in_one=1,
    caption=1_024,
)
CAPABILITIES = Capabilities(
    receive="stream",
    public_reply=True,
    private_reply=True,
    max_length=4096,
    counter=Counter.UTF16,
    edits=True,
    deletes=False,
    idempotent_send=False,
    threads=True,
    public_files=FILES,
    private_files=FILES,
    kept_seconds=24 * 3600,
)

LIMITS = (Limit(name="send", most=30, seconds=1),)
"""All chats of a bot together. In one chat one message a second, in a group twenty a minute: those are told by 429."""

ALLOWED_UPDATES = (
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
    "edited_business_message", "deleted_business_messages", "my_chat_member", "callback_query", "message_reaction",
)  # fmt: skip
"""Always sent in full: what is left out keeps its earlier setting at the network."""

LONG_POLL_SECONDS = 25
LOST_AFTER_HOURS = 24
"""Updates that nobody fetched are dropped after that."""
