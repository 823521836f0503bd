"""What a WhatsApp message says: words, files by their id, places, contacts and choices in words."""

from typing import Any

from msgspec import Struct

from earful.channels.meta.values import Id
from earful.model.message import Attachment, MessageKind

SILENT_TYPES = frozenset({"reaction", "request_welcome", "ephemeral"})
"""Types that say nothing by themselves."""
FILES = {"image": "image", "video": "video", "audio": "audio", "document": "file", "sticker": "image"}


class Text(Struct):
    """Words."""

    body: str | None = ""


class File(Struct):
    """A file, to be fetched by its id; a link to it, where it is sent, holds for minutes."""

    id: Id = ""
    mime_type: str | None = ""
    caption: str | None = ""
    filename: str | None = ""
    url: str | None = ""


class Choice(Struct):
    """A button or a line of a list."""

    title: str | None = ""
    description: str | None = ""


class Form(Struct):
    """A filled-in flow."""

    body: str | None = ""
    response_json: str | None = ""


class Interactive(Struct):
    """What a customer chose."""

    button_reply: Choice | None = None
    list_reply: Choice | None = None
    nfm_reply: Form | None = None


class Button(Struct):
    """A button of a template."""

    text: str | None = ""


class Place(Struct):
    """A place."""

    latitude: float | None = None
    longitude: float | None = None
    name: str | None = ""
    address: str | None = ""


class System(Struct):
    """What happened to the customer's account."""

    body: str | None = ""


class Contents(Struct):
    """The part of a message that an edit has as well."""

    type: str = ""
    text: Text | None = None
    image: File | None = None
    video: File | None = None
    audio: File | None = None
    document: File | None = None
    sticker: File | None = None
    interactive: Interactive | None = None
    button: Button | None = None
    location: Place | None = None
    contacts: list[dict[str, Any]] = []
    order: dict[str, Any] | None = None
    system: System | None = None


def read_content(said: Contents) -> tuple[str, list[Attachment], MessageKind]:
    """Words, files and kind."""
    if said.text is not None:
        return said.text.body or "", [], MessageKind.DM
    kind = FILES.get(said.type)
    file: File | None = getattr(said, said.type) if kind is not None else None
    if file is not None:
        return file.caption or "", [_file(file, str(kind))], MessageKind.DM
    if said.system is not None:
        return said.system.body or "", [], MessageKind.SYSTEM
    text = _otherwise(said)
    return text, [], MessageKind.DM if text else MessageKind.UNSUPPORTED


def _file(file: File, kind: str) -> Attachment:
    return Attachment(
        kind=kind,
        native_id=str(file.id),
        mime=(file.mime_type or "").partition(";")[0],
        name=file.filename or "",
        url=file.url or "",
    )


def _otherwise(said: Contents) -> str:
    if said.button is not None:
        return said.button.text or ""
    if said.interactive is not None:
        chosen = said.interactive.button_reply or said.interactive.list_reply
        form = said.interactive.nfm_reply
        if chosen is not None:
            return "\n".join(filter(None, (chosen.title, chosen.description)))
        return (form.response_json or form.body or "") if form is not None else ""
    if said.location is not None:
        place = said.location
        spot = f"{place.latitude}, {place.longitude}"
        return "\n".join(filter(None, (place.name, place.address, spot)))
    if said.contacts:
        return "\n".join(map(_contact, said.contacts))
    return _ordered(said.order) if said.order is not None else ""


def _contact(one: dict[str, Any]) -> str:
    named = one.get("name")
    name = str(named.get("formatted_name", "")) if isinstance(named, dict) else ""
    phones = one.get("phones")
    numbers = (
        [str(each.get("phone", "")) for each in phones if isinstance(each, dict)]
        if isinstance(phones, list)
        else []
    )
    return f"{name}: {', '.join(numbers)}" if numbers else name


def _ordered(order: dict[str, Any]) -> str:
    items = order.get("product_items")
    lines = [_item(one) for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    return "\n".join(filter(None, (str(order.get("text") or ""), *lines)))


def _item(one: dict[str, Any]) -> str:
    price = f"{one.get('item_price')} {one.get('currency')}"
    return f"{one.get('quantity')} x {one.get('product_retailer_id')}, {price}"
