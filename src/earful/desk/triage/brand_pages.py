"""Settings, Triage, Brand: who we are, a box to try a message, and the profile as a file."""

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from msgspec import Struct

from earful.desk.triage import settings
from earful.desk.users.rules import Permission
from earful.model.rating import Rating
from earful.store.tx import Tx
from earful.triage.profile import LISTS, InvalidProfileError, brand_of, read_brand, write_brand
from earful.triage.rate import load
from earful.triage.subject import Brand, Subject
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, shell
from earful.web.words import N_

MANAGE = [needs(Permission.TRIAGE_MANAGE)]
PATH = "/settings/triage/brand"
FILE_MOST = 200_000
TEXT_MOST = 5_000
WORDS = {
    "names": (N_("Names"), N_("What people call us, with common misspellings.")),
    "handles": (N_("Handles"), N_("Besides those of the channels, which count by themselves.")),
    "products": (N_("Products"), N_("What we sell, as customers write it.")),
    "campaigns": (N_("Campaign words"), N_("Slogans and hashtags of ours.")),
    "competitors": (N_("Competitors"), N_("Others whom people compare us with.")),
    "words_that_fool": (
        N_("Words that fool"),
        N_("They show that our name means something else: pie, for a company named Apple."),
    ),
    "domains": (N_("Own domains"), N_("Our sites and mail, such as acme.com.")),
}


class ListField(Struct, frozen=True, kw_only=True):
    """One list of the profile, an entry a line."""

    name: str
    label: str
    help: str
    text: str
    rows: int


class Tried(Struct, frozen=True, kw_only=True):
    """A text that was tried, and what triage says of it."""

    text: str
    addressed: bool
    rating: Rating | None = None


class View(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    fields: list[ListField]
    problem: str = ""
    tried: Tried = Tried(text="", addressed=False)
    unsaved: bool = False
    configured: str = ""
    """The name from the settings file, which counts while the profile has none."""
    told: dict[str, Any] | None = None


def _fields(lists: dict[str, str]) -> list[ListField]:
    return [
        ListField(
            name=name,
            label=label,
            help=note,
            text=lists[name],
            rows=min(max(lists[name].count("\n") + 2, 3), 12),
        )
        for name, (label, note) in WORDS.items()
    ]


def _lists_of(brand: Brand) -> dict[str, str]:
    return {name: "\n".join(getattr(brand, name)) for name in LISTS}


def _sent(given: dict[str, str]) -> dict[str, str]:
    return {name: given.get(name, "").replace("\r\n", "\n") for name in LISTS}


def _brand(lists: dict[str, str]) -> Brand:
    return brand_of({name: text.split("\n") for name, text in lists.items()})


async def _page(request: Ask, view: View, *, status: int = 200) -> Response[str]:
    notice = request.query_params.get("notice", "")[:300]
    around = await shell(request, "settings", notice)
    return page(request, "settings/triage_brand.html", status=status, shell=around, view=view)


@get(PATH, guards=MANAGE, include_in_schema=False)
async def brand_page(request: Ask) -> Response[str]:
    """The profile in force. `undo`: the place of the one before, to be offered."""
    parts = parts_of(request)
    brand = await parts.store.read(settings.profile)
    before, told = request.query_params.get("undo", ""), None
    if before.isdecimal():
        told = {"text": "Brand saved", "undo": {"url": f"{PATH}/restore", "values": {"seq": before}}}
    view = View(fields=_fields(_lists_of(brand)), configured=parts.settings.brand, told=told)
    return await _page(request, view)


@post(PATH, guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """Put the form's profile in force for what is rated from now on."""
    parts, who, lists = parts_of(request), who_asks(request), _sent(await form(request))
    try:
        brand = _brand(lists)
    except InvalidProfileError as error:
        problem = f"{error} Nothing was saved."
        return await _page(request, View(fields=_fields(lists), problem=problem, unsaved=True), status=422)
    done = await parts.store.write(lambda tx: settings.save_brand(tx, who, brand, parts.clock()))
    if not done.changed:
        return go(f"{PATH}?notice=This+profile+is+in+force+already.")
    return go(f"{PATH}?undo={done.before}")


@post(f"{PATH}/restore", guards=MANAGE, status_code=200, include_in_schema=False)
async def restore(request: Ask) -> Response[Any]:
    """Undo: put an earlier profile (`seq`) in force again."""
    parts, who = parts_of(request), who_asks(request)
    seq = (await form(request)).get("seq", "")
    try:
        if not (seq.isascii() and seq.isdecimal() and len(seq) < 19):
            raise settings.InvalidSettingsError("There is no such profile; nothing was changed.")
        await parts.store.write(lambda tx: settings.restore_brand(tx, who, int(seq), parts.clock()))
    except settings.InvalidSettingsError as error:
        raise HTTPException(str(error), status_code=422) from error
    if not is_htmx(request):
        return go(PATH)
    brand = await parts.store.read(settings.profile)
    view = View(fields=_fields(_lists_of(brand)))
    return page(request, "settings/triage_brand_lists.html", view=view, update=True)


@post(f"{PATH}/try", guards=MANAGE, status_code=200, include_in_schema=False)
async def try_message(request: Ask) -> Response[str]:
    """Rate a text with the profile as it is being edited; nothing is kept."""
    parts, given = parts_of(request), await form(request)
    lists = _sent(given)
    tried = Tried(text=given.get("try_text", "")[:TEXT_MOST], addressed=bool(given.get("try_addressed")))
    problem = ""
    try:
        brand = _brand(lists)

        def read(tx: Tx) -> Brand:
            return settings.brand_in_force(tx, parts.settings.brand, brand)

        whole = await parts.store.read(read)
        subject = Subject(text=tried.text, addressed=tried.addressed)
        (rating,) = await asyncio.to_thread(lambda: load(whole).rate([subject]))
        tried = Tried(text=tried.text, addressed=tried.addressed, rating=rating)
    except InvalidProfileError as error:
        problem = str(error)
    view = View(
        fields=_fields(lists), problem=problem, tried=tried, unsaved=True, configured=parts.settings.brand
    )
    if is_htmx(request):
        return page(request, "settings/triage_tried.html", view=view)
    return await _page(request, view, status=422 if problem else 200)


@get(f"{PATH}/profile.toml", guards=MANAGE, include_in_schema=False)
async def export(request: Ask) -> Response[str]:
    """The profile in force as TOML."""
    brand = await parts_of(request).store.read(settings.profile)
    headers = {"content-disposition": 'attachment; filename="brand.toml"'}
    return Response(write_brand(brand), media_type="application/toml; charset=utf-8", headers=headers)


@post(f"{PATH}/import", guards=MANAGE, status_code=200, include_in_schema=False)
async def import_file(request: Ask) -> Response[str]:
    """Read a profile from TOML into the form, to be looked at before it is saved."""
    parts = parts_of(request)
    sent = (await request.form()).get("file")
    data = await sent.read(FILE_MOST + 1) if isinstance(sent, UploadFile) else b""
    held = await parts.store.read(settings.profile)
    try:
        if not data or len(data) > FILE_MOST:
            raise InvalidProfileError(f"Choose a TOML file of at most {FILE_MOST // 1000} kB.")
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise InvalidProfileError("This file is not text in UTF-8.") from error
        brand = read_brand(text)
    except InvalidProfileError as error:
        problem = f"{error} Nothing was imported."
        return await _page(request, View(fields=_fields(_lists_of(held)), problem=problem), status=422)
    return await _page(request, View(fields=_fields(_lists_of(brand)), unsaved=True))


HANDLERS: list[Any] = [brand_page, save, restore, try_message, export, import_file]
