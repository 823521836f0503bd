"""Templates: messages that a network approved beforehand, which go out when the customer wrote long ago."""

from enum import StrEnum

from msgspec import Struct


class Standing(StrEnum):
    """Whether the network lets a template out."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"
    OTHER = "other"
    """A word of the network that this version does not know."""


class Place(StrEnum):
    """What a piece of a template is."""

    HEADER = "header"
    BODY = "body"
    FOOTER = "footer"
    BUTTON = "button"


class Piece(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a template, with `{{name}}` where something is to be filled in."""

    place: Place
    text: str = ""
    """What the customer reads."""
    media: str = ""
    """Of a header that is a file: its kind, `image` or `document`. Which file, is said when the template is sent."""
    link: str = ""
    """Of a button that opens a page: its address, which may end in a variable."""
    index: int = 0
    """Of a button: its place among the buttons, from 0."""
    variables: list[str] = []
    """Names in the order in which they come; `1`, `2`, ... where the network numbers them."""
    examples: list[str] = []
    """What was shown to the network for each of them, as far as it was."""


class Template(Struct, frozen=True, kw_only=True):
    """A template in one language, as the network has it."""

    native_id: str
    name: str
    language: str
    """As the network writes it: `en_US`, `de`."""
    category: str
    """`marketing`, `utility`, `authentication`: the network bills by it."""
    standing: Standing
    reason: str = ""
    """Why it does not go out, as the network says it."""
    pieces: list[Piece] = []
    named: bool = False
    """Its variables have names and not numbers."""
    cannot: str = ""
    """Why it cannot be sent from here though the network would let it; empty where it can."""

    @property
    def media(self) -> str:
        """The kind of the file that it begins with; empty for none."""
        return next((piece.media for piece in self.pieces if piece.media), "")


class FilledPiece(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece with what was filled in: (name, text) in order."""

    place: Place
    index: int = 0
    values: list[tuple[str, str]] = []


class FilledTemplate(Struct, frozen=True, kw_only=True):
    """A template as it goes out: everything that a connector needs."""

    name: str
    language: str
    category: str = ""
    named: bool = False
    media: str = ""
    """The kind of the file that it begins with, which goes with the reply; empty for none."""
    pieces: list[FilledPiece] = []
    """Only those with something filled in."""
