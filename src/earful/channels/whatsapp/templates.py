"""Templates of a WhatsApp business account: as they are listed, and as they go out.

Sources: "WhatsApp Business Account, Message Templates" (Graph API), "Send Message Templates" (Cloud API).
"""

import re
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import ReplyFile
from earful.channels.meta.values import Id
from earful.model.template import FilledPiece, FilledTemplate, Piece, Place, Standing, Template

FIELDS = "id,name,language,category,status,rejected_reason,components,parameter_format"
MEDIA = frozenset({"image", "document"})
"""Headers that are a file which can be sent from here."""
PAGE = 100
PAGES_MOST = 60
"""An account has at most 6,000 templates; more pages than that are a loop."""
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_STANDINGS = {
    "APPROVED": Standing.APPROVED,
    "PENDING": Standing.PENDING,
    "IN_APPEAL": Standing.PENDING,
    "REJECTED": Standing.REJECTED,
    "PAUSED": Standing.PAUSED,
    "FLAGGED": Standing.PAUSED,
    "DISABLED": Standing.DISABLED,
    "LIMIT_EXCEEDED": Standing.DISABLED,
}
_REASONS = {
    "ABUSIVE_CONTENT": "it has abusive content",
    "INVALID_FORMAT": "its format is not valid",
    "PROMOTIONAL": "it advertises, and its category is for something else",
    "TAG_CONTENT_MISMATCH": "its language or category does not fit its words",
    "SCAM": "it looks like a fraud",
    "INCORRECT_CATEGORY": "its category does not fit its words",
}
_SILENT_BUTTONS = frozenset({"QUICK_REPLY", "PHONE_NUMBER", "URL", "VOICE_CALL"})
"""Buttons that need nothing when the template is sent, apart from an address that ends in a variable."""


class _Button(Struct):
    type: str = ""
    text: str | None = ""
    url: str | None = ""
    example: Any = None


class _Component(Struct):
    type: str = ""
    format: str | None = ""
    text: str | None = ""
    buttons: list[_Button] = []
    example: Any = None


class Listed(Struct):
    """One of the list."""

    id: Id
    name: str
    language: str
    status: str = ""
    category: str | None = ""
    rejected_reason: str | None = ""
    parameter_format: str | None = ""
    components: list[_Component] = []


_listed = msgspec.json.Decoder(Listed)


def read_template(raw: msgspec.Raw) -> Template:
    """One template of the list. Raises msgspec.MsgspecError for a shape that is not known."""
    found = _listed.decode(raw)
    pieces: list[Piece] = []
    cannot = ""
    if (found.category or "").upper() == "AUTHENTICATION":
        cannot = "It is for one-time codes, which only the system that checks them can send."
    for component in found.components:
        match component.type.upper():
            case "HEADER" if (kind := (component.format or "TEXT").lower()) in MEDIA:
                pieces.append(Piece(place=Place.HEADER, media=kind))
            case "HEADER" if kind != "text":
                cannot = f"It begins with a {kind}, which cannot be sent from here."
            case "HEADER":
                pieces.append(_words(Place.HEADER, component, "header_text"))
            case "BODY":
                pieces.append(_words(Place.BODY, component, "body_text"))
            case "FOOTER":
                pieces.append(Piece(place=Place.FOOTER, text=component.text or ""))
            case "BUTTONS":
                for at, button in enumerate(component.buttons):
                    if button.type.upper() not in _SILENT_BUTTONS:
                        kind = button.type.lower().replace("_", " ")
                        cannot = f"It has a button of a kind that cannot be filled in here ({kind})."
                    pieces.append(_button(at, button))
            case other:
                cannot = f"It has a part that cannot be sent from here ({other.lower()})."
    reason = found.rejected_reason or ""
    return Template(
        native_id=str(found.id),
        name=found.name,
        language=found.language,
        category=(found.category or "").lower(),
        standing=_STANDINGS.get(found.status.upper(), Standing.OTHER),
        reason="" if reason in ("", "NONE") else _REASONS.get(reason, reason.lower().replace("_", " ")),
        pieces=pieces,
        named=(found.parameter_format or "").upper() == "NAMED",
        cannot=cannot,
    )


def _words(place: Place, component: _Component, key: str) -> Piece:
    text = component.text or ""
    names = list(dict.fromkeys(_VARIABLE.findall(text)))
    shown = component.example if isinstance(component.example, dict) else {}
    named = shown.get(f"{key}_named_params")
    listed: Any = shown.get(key)
    if isinstance(named, list):
        told = {
            str(one.get("param_name")): str(one.get("example", "")) for one in named if isinstance(one, dict)
        }
        examples = [told.get(name, "") for name in names]
    else:
        if isinstance(listed, list) and listed and isinstance(listed[0], list):
            listed = listed[0]
        examples = [str(one) for one in listed] if isinstance(listed, list) else []
    return Piece(place=place, text=text, variables=names, examples=examples)


def _button(at: int, button: _Button) -> Piece:
    link = (button.url or "") if button.type.upper() == "URL" else ""
    names = _VARIABLE.findall(link)[:1]
    example = button.example[0] if isinstance(button.example, list) and button.example else ""
    return Piece(
        place=Place.BUTTON,
        text=button.text or "",
        link=link,
        index=at,
        variables=names,
        examples=[str(example)] if names else [],
    )


def components(template: FilledTemplate, file: ReplyFile | None = None, media_id: str = "") -> dict[str, Any]:
    """The field `template` of a message, with the file that it begins with."""
    found: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    filled = [_filled(piece, named=template.named) for piece in template.pieces]
    if file is not None:
        named = {"filename": file.name} if template.media == "document" else {}
        shown = {"type": template.media, template.media: {"id": media_id, **named}}
        filled.insert(0, {"type": Place.HEADER.value, "parameters": [shown]})
    return found | ({"components": filled} if filled else {})


def _filled(piece: FilledPiece, *, named: bool) -> dict[str, Any]:
    button = piece.place is Place.BUTTON
    values = [
        {"type": "text", "text": value} | ({"parameter_name": name} if named and not button else {})
        for name, value in piece.values
    ]
    about: dict[str, Any] = {"type": piece.place.value, "parameters": values}
    return about | {"sub_type": "url", "index": str(piece.index)} if button else about
