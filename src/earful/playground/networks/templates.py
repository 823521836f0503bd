"""Templates of a simulated WhatsApp business account: a list in pages, and what it says to one that is sent."""

import re
from collections.abc import Mapping
from typing import Any

from earful.channels.hooks import Answer
from earful.playground.networks.meta import refusal
from earful.playground.networks.simulator import as_json
from earful.playground.networks.world import SentFile

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
PAGE = 3
FILES = {"image": ("image/jpeg", "image/png"), "document": ("application/pdf",)}
"""What a header may be."""


def shipped() -> list[dict[str, Any]]:
    """What the account has at first: of every standing one."""
    return [
        _made(
            "7001",
            "order_update",
            "en_US",
            "Hello {{1}}, your order {{2}} is on its way.",
            ["Ana", "BL-1001"],
        ),
        _made(
            "7002",
            "order_update",
            "de",
            "Hallo {{1}}, deine Bestellung {{2}} ist unterwegs.",
            ["Ana", "BL-1001"],
        ),
        _made("7003", "come_back", "en_US", "We have news for you. Shall we tell you?", [])
        | {"category": "MARKETING", "status": "REJECTED", "rejected_reason": "PROMOTIONAL"},
        _made("7004", "survey", "en_US", "How did we do?", [])
        | {"category": "MARKETING", "status": "PAUSED"},
        _made("7005", "follow_up", "en_US", "Hi {{first_name}}, did {{fix}} help?", ["Ana", "the new lid"])
        | {"parameter_format": "NAMED"},
        _headed("7006", "invoice", "DOCUMENT", "Hello {{1}}, here is your invoice.", ["Ana"]),
        _headed("7007", "how_to_open", "IMAGE", "Turn the lid as shown.", []),
    ]


def _made(native_id: str, name: str, language: str, body: str, examples: list[str]) -> dict[str, Any]:
    components: list[dict[str, Any]] = [{"type": "BODY", "text": body, "example": {"body_text": [examples]}}]
    if name == "order_update":
        components.insert(0, {"type": "HEADER", "format": "TEXT", "text": "Brewline"})
        link = {
            "type": "URL",
            "text": "Track",
            "url": "https://brewline.example/t/{{1}}",
            "example": ["1001"],
        }
        components += [{"type": "FOOTER", "text": "Brewline, Bremen"}, {"type": "BUTTONS", "buttons": [link]}]
    return {
        "id": native_id, "name": name, "language": language, "category": "UTILITY", "status": "APPROVED",
        "rejected_reason": "NONE", "parameter_format": "POSITIONAL", "components": components,
    }  # fmt: skip


def _headed(native_id: str, name: str, kind: str, body: str, examples: list[str]) -> dict[str, Any]:
    header = {"type": "HEADER", "format": kind, "example": {"header_handle": ["https://cdn.example/1"]}}
    made = _made(native_id, name, "en_US", body, examples)
    return made | {"components": [header, *made["components"]]}


def listed(templates: list[dict[str, Any]], after: str, next_url: str) -> Answer:
    """A page of the list."""
    at = int(after) if after.isdecimal() else 0
    rest = templates[at + PAGE :]
    paging: dict[str, Any] = {"cursors": {"before": str(at), "after": str(at + PAGE)}}
    return as_json(
        {"data": templates[at : at + PAGE], "paging": paging | ({"next": next_url} if rest else {})}
    )


def said(
    templates: list[dict[str, Any]], asked: object, handed: Mapping[str, SentFile]
) -> tuple[str, list[SentFile]]:
    """What a customer reads of a template that is sent, and the file that it begins with. Raises Refusal as the network
    does."""
    given = asked if isinstance(asked, dict) else {}
    language = (given.get("language") or {}).get("code")
    found = next(
        (one for one in templates if one["name"] == given.get("name") and one["language"] == language), None
    )
    if found is None or found["status"] in ("REJECTED", "PENDING"):
        raise refusal(404, 132001, "(#132001) Template name does not exist in the translation")
    if found["status"] == "PAUSED":
        raise refusal(400, 132015, "(#132015) Template is paused")
    values: dict[str, list[str]] = {}
    files: list[SentFile] = []
    wanted = next(
        (str(one["format"]).lower() for one in found["components"] if one["type"] == "HEADER"), "text"
    )
    for component in given.get("components") or []:
        kind = str(component.get("type"))
        if kind == "header" and wanted != "text":
            files = _file(component.get("parameters") or [], wanted, handed)
            continue
        values.setdefault(kind, []).extend(
            str(one.get("text", "")) for one in component.get("parameters") or []
        )
    words = []
    for component in found["components"]:
        kind = str(component["type"]).lower()
        if kind == "header" and wanted != "text":
            continue
        if kind == "buttons":
            words += [
                f"[{button['text']}: {_fill(button.get('url', ''), values.pop('button', []))}]"
                for button in component["buttons"]
            ]
        else:
            words.append(_fill(component["text"], values.pop(kind, [])))
    if values or (wanted != "text" and not files):
        raise refusal(
            400, 132000, "(#132000) Number of parameters does not match the expected number of params"
        )
    return "\n".join(words), files


def _file(parameters: list[dict[str, Any]], wanted: str, handed: Mapping[str, SentFile]) -> list[SentFile]:
    """The file of a header: one, of the kind that the template was approved with."""
    told: Any = parameters[0].get(wanted) if len(parameters) == 1 else None
    told = told if isinstance(told, dict) else {}
    file = handed.get(str(told.get("id")))
    if file is None or parameters[0].get("type") != wanted or file.mime not in FILES[wanted]:
        raise refusal(400, 132012, "(#132012) Parameter format does not match format in the created template")
    if "filename" in told and wanted != "document":
        raise refusal(400, 100, '(#100) Unexpected key "filename" on param')
    return [file]


def _fill(text: str, values: list[str]) -> str:
    names = list(dict.fromkeys(_VARIABLE.findall(text)))
    if len(names) != len(values):
        raise refusal(
            400, 132000, "(#132000) Number of parameters does not match the expected number of params"
        )
    known = dict(zip(names, values, strict=True))
    return _VARIABLE.sub(lambda found: known[found[1]], text)
