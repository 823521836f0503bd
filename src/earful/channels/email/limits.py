"""What mail allows, and what we allow of mail."""

from earful.channels.contract import Capabilities, Files
from earful.channels.kit.uploading import ANY, MEGABYTE

CAPABILITIES = Capabilities(
    receive="mailbox",
    public_reply=False,
    private_reply=True,
    max_length=None,
    edits=False,
    deletes=False,
    idempotent_send=False,
    # (M) Many servers take 25 MB, and a file grows by a third in a mail.
    private_files=Files(
        largest=dict.fromkeys(ANY, 16 * MEGABYTE), most=10, together=18 * MEGABYTE, alt=1_000
    ),
)

MAX_MAIL_BYTES = 25_000_000
"""A longer mail is kept by its first `TRUNCATED_BYTES`: the words come before the attachments."""
TRUNCATED_BYTES = 512_000
MAX_TEXT = 200_000
"""Characters of text kept in `text`; the whole is in the raw delivery."""
MAX_PARTS = 500
"""MIME parts read; more than that is not written by people."""
MAX_REFERENCES = 30
"""Message-IDs kept in References: the first and the nearest (RFC 5322 lets old ones go)."""
MAX_MESSAGE_ID = 998
"""RFC 5322: no line is longer."""
IDLE_RENEW_SECONDS = 28 * 60
"""RFC 2177: renew IDLE at least every 29 minutes."""
FETCH_BATCH = 20
"""Mails asked for at once."""
SOCKET_SECONDS = 60.0
"""Longest silence of an IMAP or SMTP server in the middle of a command."""
