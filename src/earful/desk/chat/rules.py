"""Decisions of the web chat: what may be written, who is gone, which text can be read on a colour. Pure."""

import re

from msgspec import Struct

from earful.channels.chat.limits import GONE, LONGEST_TEXT
from earful.model.time import MINUTE, Instant

KEY = re.compile(r"[A-Za-z0-9_-]{43}")
"""What a browser makes for itself: 256 random bits in base64url."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+\.[^\s@<>,;:\"()\[\]]+")
FILES_AT_ONCE = 5
LONGEST_NAME = 80


class Said(Struct, frozen=True, kw_only=True):
    """What a visitor sends. `id`: a UUID of their browser; the same one twice is one message."""

    id: str
    text: str = ""
    files: list[str] = []
    name: str = ""
    email: str = ""
    page: str = ""
    """The address of the page that shows the chat."""
    link: str = ""
    """Of the handoff that brought the visitor here; empty for who came by themselves."""
    website: str = ""
    """A field that people cannot see: who fills it in is a program."""

    def problem(self) -> str | None:
        """Why it cannot be taken; None when it can."""
        if not ID.fullmatch(self.id):
            return "The message has no proper id; nothing was sent. Load the page again."
        if not self.text.strip() and not self.files:
            return "Write something first."
        if len(self.text) > LONGEST_TEXT:
            return f"This is longer than {LONGEST_TEXT:,} characters; nothing was sent. Shorten it."
        if len(self.files) > FILES_AT_ONCE or not all(ID.fullmatch(one) for one in self.files):
            return f"At most {FILES_AT_ONCE} files go with one message; nothing was sent."
        return address_problem(self.email) if self.email else None


def address_problem(email: str) -> str | None:
    """Why nothing can be sent to an address; None when it looks right."""
    if len(email) > 254 or not ADDRESS.fullmatch(email):
        return "This mail address does not look right; nothing was sent yet."
    return None


def is_gone(seen_at: int, wrote_at: int | None, mail_after_minutes: int, now: Instant) -> bool:
    """Whether an answer should also go by mail: nobody is on the page, or it took longer than was promised."""
    late = wrote_at is not None and now - wrote_at >= mail_after_minutes * MINUTE
    return late or now - seen_at >= GONE


def ink_on(colour: str) -> str:
    """Black or white, whichever can be read better on `#rrggbb`: always at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    return "#000000" if _light(colour) > 0.179 else "#ffffff"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    dark, light = sorted((_light(one), _light(other)))
    return (light + 0.05) / (dark + 0.05)


def _light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def readable(colour: str, ground: str) -> str:
    """The colour, moved towards black or white until it can be read on a ground (4.5 to 1)."""
    target = 255 if _light(ground) < 0.179 else 0
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for step in range(21):
        mixed = [round(part + (target - part) * step / 20) for part in parts]
        found = "#" + "".join(f"{part:02x}" for part in mixed)
        if contrast(found, ground) >= 4.5:
            return found
    return ink_on(ground)
