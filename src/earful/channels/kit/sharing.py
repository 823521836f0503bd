"""Files that a network fetches from an address of ours, instead of taking them."""

import msgspec

from earful.channels.contract import Capabilities, ReplyFile, SendRefused
from earful.channels.kit.tools import Tools

NO_ADDRESS = (
    "This network fetches files from the desk's public address, and the desk has none. An admin sets `public_url` to "
    "its https address; until then say it in words, or answer by another channel."
)


def reachable(can: Capabilities, tools: Tools) -> Capabilities:
    """What a channel can do here: without an address there are none of the files that are fetched."""
    if tools.file_address is not None:
        return can
    public, private = (
        takes if takes is None or not takes.fetched else None
        for takes in (can.public_files, can.private_files)
    )
    return msgspec.structs.replace(
        can, public_files=public, private_files=private, no_files=f"{can.no_files} {NO_ADDRESS}".strip()
    )


def address(file: ReplyFile, tools: Tools) -> str:
    """Where the network may fetch a file, for hours. Raises SendRefused where it cannot."""
    if tools.file_address is None:
        raise SendRefused(f"{NO_ADDRESS} Nothing was sent.")
    return tools.file_address(file.id)
