"""What can be sent of a template, what goes into it, and what the customer will read. Pure."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from earful.model.desk import CaseDetail, TimelineMessage
from earful.model.template import FilledPiece, FilledTemplate, Piece, Place, Standing, Template
from earful.model.time import DAY, Instant

VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,60})\s*\}\}")
LONGEST = 1_000
"""Characters of what is filled in, each."""
FRESH = DAY
"""So long a list of templates is believed before it is read again."""
AGAIN = 10 * 60_000
"""So long after a reading that failed the next one waits."""

_GREETING = re.compile(
    r"^\W*(hi|hello|dear|hey|hallo|guten tag|liebe[r]?|bonjour|hola|ciao|olá|hoi)\W+\{\{", re.IGNORECASE
)
_FIELDS = {
    "first_name": {"first_name", "firstname", "vorname", "prenom", "nombre"},
    "name": {"name", "customer", "customer_name", "full_name", "kunde"},
    "order": {"order", "order_id", "order_number", "ordernumber", "bestellnummer", "reference"},
    "case": {"case", "case_number", "ticket", "ticket_id", "ticket_number"},
    "agent": {"agent", "agent_name", "colleague"},
    "brand": {"brand", "company", "company_name", "shop", "shop_name", "business"},
}


class Wanted(Struct, frozen=True, kw_only=True):
    """One thing to be filled in."""

    key: str
    """Names it in a form and over the API: `body.1`, `header.name`, `button.0.1`."""
    name: str
    place: Place
    example: str
    value: str
    """What is proposed; empty where nothing known fits."""


class MissingError(ValueError):
    """A template cannot go out as it is filled in; the message says what to do."""


def problem(template: Template) -> str:
    """Why a template cannot be sent now, in words with what to do; empty when it can."""
    because = f" The network says: {template.reason}." if template.reason else ""
    match template.standing:
        case Standing.APPROVED:
            return template.cannot
        case Standing.PENDING:
            return f"The network has not approved it yet.{because} Wait, or choose another."
        case Standing.REJECTED:
            return f"The network rejected it.{because} Change it at the network and hand it in again."
        case Standing.PAUSED:
            return f"The network paused it, because people blocked or reported it.{because} Choose another."
        case Standing.DISABLED:
            return f"The network disabled it.{because} Choose another."
    return f"The network does not let it out.{because} Choose another."


def key(piece: Piece | FilledPiece, name: str) -> str:
    """How a variable is named in a form."""
    return f"button.{piece.index}.{name}" if piece.place is Place.BUTTON else f"{piece.place}.{name}"


def wanted(template: Template, known: Mapping[str, str]) -> list[Wanted]:
    """What has to be filled in, each with what is known and fits: `known` has the keys of a case's fields."""
    found = []
    for piece in template.pieces:
        for at, name in enumerate(piece.variables):
            found.append(
                Wanted(
                    key=key(piece, name),
                    name=name,
                    place=piece.place,
                    example=piece.examples[at] if at < len(piece.examples) else "",
                    value=_proposed(piece, name, at, known),
                )
            )
    return found


def _proposed(piece: Piece, name: str, at: int, known: Mapping[str, str]) -> str:
    for field, names in _FIELDS.items():
        if name.lower() in names and known.get(field):
            return known[field]
    if piece.place is Place.BODY and at == 0 and _GREETING.match(piece.text):
        return known.get("first_name", "")
    return ""


def fill(template: Template, values: Mapping[str, str]) -> FilledTemplate:
    """A template as it goes out. Raises MissingError for one that cannot be sent, or what is missing or unusable."""
    if why := problem(template):
        raise MissingError(f"{why} Nothing was sent.")
    pieces = []
    for piece in template.pieces:
        if not piece.variables:
            continue
        said = []
        for name in piece.variables:
            value = " ".join(values.get(key(piece, name), "").split())
            if not value:
                raise MissingError(f"Fill in {{{{{name}}}}} of the {piece.place}; nothing was sent.")
            if len(value) > LONGEST:
                raise MissingError(f"{{{{{name}}}}} is longer than {LONGEST} characters; nothing was sent.")
            said.append((name, value))
        pieces.append(FilledPiece(place=piece.place, index=piece.index, values=said))
    return FilledTemplate(
        name=template.name,
        language=template.language,
        category=template.category,
        named=template.named,
        media=template.media,
        pieces=pieces,
    )


def shown(template: Template, values: Mapping[str, str]) -> list[tuple[Place, str]]:
    """What the customer will read, piece by piece; what is not filled in yet stays as it is written."""
    found = []
    for piece in template.pieces:
        own = {name: " ".join(values.get(key(piece, name), "").split()) for name in piece.variables}
        text = _put(piece.text, own)
        if piece.place is Place.BUTTON and piece.link:
            text = f"{text}: {_put(piece.link, own)}"
        if text:
            found.append((piece.place, text))
    return found


def text_of(template: Template, values: Mapping[str, str]) -> str:
    """The whole as one text: what stands in the case for what was sent."""
    return "\n".join(
        f"[{text}]" if place is Place.BUTTON else text for place, text in shown(template, values)
    )


def _put(text: str, values: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: values.get(found[1]) or found[0], text)


def ordered(templates: Sequence[Template], language: str) -> list[Template]:
    """Those that can be sent first, those in the customer's language before others, then by name."""
    own = language[:2].lower()

    def rank(one: Template) -> tuple[bool, bool, str, str]:
        return bool(problem(one)), one.language[:2].lower() != own, one.name, one.language

    return sorted(templates, key=rank)


def is_due(fetched_at: int | None, tried_at: int | None, asked_at: int | None, now: Instant) -> bool:
    """Whether a channel's templates are to be read: never read, a day old, or somebody asked since."""
    if asked_at is not None and (tried_at is None or asked_at > tried_at):
        return True
    if tried_at is not None and now - tried_at < AGAIN:
        return False
    return fetched_at is None or now - fetched_at >= FRESH


def known_of(detail: CaseDetail, agent: str, brand: str) -> dict[str, str]:
    """What a case knows that templates ask for. The order number is the newest that the customer wrote."""
    name = detail.row.person_name if detail.row.person_name != detail.row.handle else ""
    orders = [
        item.text[one.span[0] : one.span[1]]
        for item in detail.timeline
        if isinstance(item, TimelineMessage) and item.rating is not None
        for one in item.rating.pii
        if one.type == "order_number"
    ]
    return {
        "name": name,
        "first_name": name.split()[0] if name.split() else "",
        "order": orders[-1] if orders else "",
        "case": f"#{detail.row.number}",
        "agent": agent,
        "brand": brand,
    }


def language_of(detail: CaseDetail) -> str:
    """The language in which the customer wrote last, as far as it was told apart; empty where it was not."""
    spoken = [
        item.rating.language
        for item in detail.timeline
        if isinstance(item, TimelineMessage) and item.rating is not None and item.rating.language != "und"
    ]
    return spoken[-1] if spoken else ""
