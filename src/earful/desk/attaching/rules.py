"""Which files may go out with a reply, said in words for an agent, and in which messages they go. Pure."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from earful.channels.contract import Capabilities, Files
from earful.model import signed
from earful.model.message import PRIVATE, Visibility
from earful.model.template import FilledTemplate
from earful.model.time import Instant

MOST_OF_DRAFT = 20
"""Files that one draft may have, whatever its network takes."""
LONGEST_ALT = 2_000
NO_FILES = "Earful cannot hand files to this network. Say it in words, or answer by another channel."
_LINK = "file link"
KINDS = {
    "image/png": "PNG pictures", "image/jpeg": "JPEG pictures", "image/gif": "GIF pictures",
    "image/webp": "WebP pictures", "application/pdf": "PDF documents", "text/plain": "text files",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word documents",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel tables",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint slides",
    "application/vnd.oasis.opendocument.text": "OpenDocument texts",
    "application/vnd.oasis.opendocument.spreadsheet": "OpenDocument tables",
}  # fmt: skip


class File(Struct, frozen=True, kw_only=True):
    """A file that a colleague put to a reply; `size` in bytes."""

    id: str
    name: str
    mime: str
    size: int
    alt: str = ""
    """The picture in words."""

    @property
    def is_picture(self) -> bool:
        """Whether it can be seen, and so described."""
        return self.mime.startswith("image/")


def taken(can: Capabilities, audience: Visibility, template: FilledTemplate | None = None) -> Files | None:
    """What a channel takes with a reply to an audience, or with a template; None where it takes nothing."""
    if template is not None:
        return can.template_files.get(template.media)
    return can.private_files if audience in PRIVATE else can.public_files


def why_none(can: Capabilities) -> str:
    """Why a channel takes no files for an audience, and what to do instead."""
    return can.no_files or NO_FILES


def in_words(takes: Files) -> str:
    """What a network takes, in one sentence."""
    kinds = [KINDS.get(mime, mime) for mime in takes.largest]
    pictures = [one.removesuffix(" pictures") for one in kinds if one.endswith(" pictures")]
    others = [one for one in kinds if not one.endswith(" pictures")]
    listed = ([f"pictures ({', '.join(pictures)})"] if pictures else []) + others
    largest = sorted(set(takes.largest.values()))
    size = " or ".join(in_bytes(one) for one in largest)
    each = ("" if takes.most == 1 else " each") + (", by kind" if len(largest) > 1 else "")
    together = f", together {in_bytes(takes.together)}" if takes.together is not None else ""
    many = "One file" if takes.most == 1 else f"Up to {takes.most} files"
    return f"{many}, at most {size}{each}{together}: {', '.join(listed)}."


def in_messages(takes: Files) -> str:
    """How a reply with files is divided there, in one sentence; empty where all goes out in one message."""
    if takes.in_one is None and takes.caption is None:
        return ""
    if takes.caption == 0:
        return "The words go out first, then each file in a message of its own."
    longer = f"; words of more than {takes.caption:,} characters go first" if takes.caption else ""
    return f"Each file goes out in a message of its own, the first with the words{longer}."


def problems(files: Sequence[File], takes: Files | None, without: str) -> list[str]:
    """What a network will not take of these files, and what to do; `without`: why it takes none at all."""
    if not files:
        return []
    if takes is None:
        return [f"{without} Take the files off to send the words."]
    found = [problem for one in files if (problem := _problem(one, takes))]
    if len(files) > takes.most:
        found.append(f"Only {takes.most} can go with one reply here; take {len(files) - takes.most} off.")
    alone = [one for one in files if one.mime in takes.alone]
    if alone and len(files) > 1:
        found.append(f"{alone[0].name} can only go alone here; take it or the others off.")
    if takes.together is not None and sum(one.size for one in files) > takes.together:
        found.append(f"Together they are larger than {in_bytes(takes.together)}; take one off.")
    return found


def _problem(one: File, takes: Files) -> str:
    if one.mime not in takes.largest:
        return f"{one.name}: {KINDS.get(one.mime, one.mime)} are not taken here; take it off."
    most = takes.largest[one.mime]
    if one.size > most:
        return f"{one.name} has {in_bytes(one.size)}, {in_bytes(most)} are taken here; make it smaller or take it off."
    if takes.alt and len(one.alt) > takes.alt:
        return f"The description of {one.name} has {len(one.alt)} characters, {takes.alt} are taken here; shorten it."
    return ""


def in_bytes(size: int) -> str:
    """A size for people: whole kilobytes, or megabytes with one place where it says more."""
    if size < 1_000_000:
        return f"{max(round(size / 1_000), 1)} KB"
    return f"{size / 1_000_000:.1f}".removesuffix(".0") + " MB"


class Piece(Struct, frozen=True):
    """One message of a reply."""

    text: str
    files: list[str]


def divided(
    texts: Sequence[str], files: Sequence[str], takes: Files | None, length: Callable[[str], int]
) -> list[Piece]:
    """The messages that a reply in parts becomes: the first words with as many of the files (ids) as go with them,
    then the other words, then what is left of the files."""
    at_once = (takes.in_one if takes is not None else None) or max(len(files), 1)
    batches = [list(files[start : start + at_once]) for start in range(0, len(files), at_once)]
    pieces = [Piece(text, []) for text in texts]
    caption = takes.caption if takes is not None else None
    if batches and (caption is None or length(texts[0]) <= caption):
        pieces[0] = Piece(texts[0], batches.pop(0))
    return pieces + [Piece("", batch) for batch in batches]


class Link(Struct, frozen=True, kw_only=True):
    """What the address says from which a network fetches a file."""

    file_id: str
    channel_id: str
    expires_at: Instant
    """In whole seconds."""


def sign_link(secret: str, link: Link) -> str:
    """The token of an address, 72 characters that need no escaping."""
    return signed.sign(secret, _LINK, (link.file_id, link.channel_id), link.expires_at)


def read_link(secret: str, token: str) -> Link | None:
    """What a token says; None for one that we did not sign."""
    said = signed.read(secret, _LINK, token, 2)
    if said is None:
        return None
    (file_id, channel_id), expires_at = said
    return Link(file_id=file_id, channel_id=channel_id, expires_at=expires_at)
