"""What Mastodon allows (docs.joinmastodon.org, "Rate limits" and "Instance")."""

from earful.channels.contract import Capabilities, Files
from earful.channels.kit.text import Counter
from earful.channels.kit.uploading import MEGABYTE, PICTURES
from earful.model.message import Visibility

DEFAULT_MAX_LENGTH = 500
"""Where the server does not say: `configuration.statuses.max_characters`."""
DEFAULT_URL_LENGTH = 23
PAGE = 40
"""Most entries of a page, for notifications and statuses alike."""
HISTORY_PAGES = 20
ANCESTORS_KEPT = 500
"""Threads remembered, to spare requests: 300 in 5 minutes are allowed."""

FILES = Files(largest=dict.fromkeys((*PICTURES, "image/gif", "image/webp"), 16 * MEGABYTE), most=4, alt=1_500)
"""Where the server does not say: `configuration.media_attachments` and `statuses.max_media_attachments`."""
ECHO_WAIT_SECONDS = 1.0
"""Longest that what a stream tells of a status of ours waits for the answer to the request that made it."""
MEDIA_LOOKS, MEDIA_LOOK_SECONDS = 20, 1.0
"""How often the server is asked whether a large file is ready."""

CAPABILITIES = Capabilities(
    receive="stream",
    public_reply=True,
    private_reply=True,
    max_length=DEFAULT_MAX_LENGTH,
    counter=Counter.MASTODON,
    edits=True,
    deletes=True,
    idempotent_send=True,
    threads=True,
    public_files=FILES,
    private_files=FILES,
)

VISIBILITY = {
    "public": Visibility.PUBLIC,
    "unlisted": Visibility.UNLISTED,
    "private": Visibility.FOLLOWERS,
    "direct": Visibility.DIRECT,
}
"""How the network names an audience. An unknown name is read as direct, the narrowest."""

WIDTH = {
    Visibility.DIRECT: 0,
    Visibility.FOLLOWERS: 1,
    Visibility.UNLISTED: 2,
    Visibility.PUBLIC: 3,
}
"""Audiences from narrow to wide. What is not here cannot be kept on Mastodon."""
