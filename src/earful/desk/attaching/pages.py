"""Putting files to the reply that is being written: add, describe, remove, put back. Works by plain forms too."""

from collections.abc import Callable
from typing import Any, TypeVar

from litestar import Response, get, post, put
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.attaching import panel as panels
from earful.desk.attaching import service
from earful.desk.attaching.uploading import BODY, keep
from earful.desk.cases import service as cases
from earful.desk.inbox.service import READ_ONLY
from earful.desk.users.rules import Permission
from earful.model.message import Visibility
from earful.model.time import Instant
from earful.outbox import service as outbox
from earful.store.audit import Who
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, told

T = TypeVar("T")
SEND = [needs(Permission.REPLIES_SEND)]


@post(
    "/cases/{case_id:str}/files",
    guards=SEND,
    status_code=200,
    include_in_schema=False,
    request_max_body_size=BODY,
)
async def add(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Add the files `upload` to one's draft. Without scripts the rest of the composer comes along and is kept."""
    parts, who = parts_of(request), who_asks(request)
    sent = (await request.form()).getall("upload", [])
    files = [one for one in sent if isinstance(one, UploadFile) and one.filename]
    await _no_note(request)
    if not is_htmx(request):
        await _keep_words(request, case_id)
    if not files:
        raise ProblemError(422, "Choose a file first; nothing was added.")
    for one in files:
        await keep(parts, who, case_id, one)
    return await _shown(request, case_id)


async def _no_note(request: Ask) -> None:
    """What is written for colleagues must not become the draft of a reply. Raises ProblemError."""
    if (await form(request)).get("audience") == Visibility.INTERNAL:
        raise ProblemError(422, "Notes have no files; choose a reply first. Nothing was changed.")


async def _keep_words(request: Ask, case_id: str) -> None:
    """What stands in the composer is the draft; nothing of it is lost with the page."""
    data, parts, user = await form(request), parts_of(request), session_of(request).user
    audience = Visibility(data["audience"]) if data.get("audience") in set(Visibility) else None

    def verb(tx: Tx) -> None:
        now = parts.clock()
        cases.save_draft(
            tx, user.id, case_id, data.get("text", ""), audience, data.get("in_reply_to", ""), now
        )
        describe_all(tx, who_asks(request), data, now)

    await _write(request, verb)


def describe_all(tx: Tx, who: Who, data: dict[str, str], now: Instant) -> None:
    """Keep the descriptions of a form: `alt_ID`. Raises RefusedError."""
    for name, alt in data.items():
        if name.startswith("alt_"):
            service.describe(tx, who, name.removeprefix("alt_"), alt, now)


@get("/cases/{case_id:str}/files", guards=SEND, include_in_schema=False)
async def listed(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """The files of one's draft, for the composer; `to` is the message that is answered."""
    return await _shown(request, case_id)


class Description(Struct):
    """A picture in words."""

    alt: str


@put("/files/{file_id:str}", guards=SEND, status_code=204, include_in_schema=False)
async def describe(request: Ask, file_id: FromPath[str], data: Description) -> None:
    """Say what a picture of one's draft shows."""
    parts, who = parts_of(request), who_asks(request)
    await _write(request, lambda tx: service.describe(tx, who, file_id, data.alt, parts.clock()))


@post("/files/{file_id:str}/remove", guards=SEND, status_code=200, include_in_schema=False)
async def remove(request: Ask, file_id: FromPath[str]) -> Response[Any]:
    """Take a file off one's draft; it can be put back."""
    parts, who = parts_of(request), who_asks(request)
    await _no_note(request)
    case_id = await _write(request, lambda tx: service.remove(tx, who, file_id, parts.clock()))
    if not is_htmx(request):
        await _keep_words(request, case_id)
    undo = {"in_reply_to": await _answered(request)}
    return await _shown(request, case_id, told("Removed", f"/files/{file_id}/restore", undo))


@post("/files/{file_id:str}/restore", guards=SEND, status_code=200, include_in_schema=False)
async def restore(request: Ask, file_id: FromPath[str]) -> Response[Any]:
    """Undo: put a removed file back."""
    parts, who = parts_of(request), who_asks(request)
    case_id = await _write(request, lambda tx: service.restore(tx, who, file_id, parts.clock()))
    return await _shown(request, case_id)


async def _write(request: Ask, verb: Callable[[Tx], T]) -> T:
    try:
        return await parts_of(request).store.write(verb)
    except (service.RefusedError, cases.NotFoundError) as error:
        raise ProblemError(422, str(error)) from error


async def _answered(request: Ask) -> str:
    """The message that the reply answers."""
    return request.query_params.get("to", "") or (await form(request)).get("in_reply_to", "")


async def _shown(request: Ask, case_id: str, headers: dict[str, str] | None = None) -> Response[Any]:
    """The composer's part with the files; without scripts back to the case."""
    parts, user = parts_of(request), session_of(request).user
    to = await _answered(request)

    def read(tx: Tx) -> tuple[int, panels.Panel]:
        number = cases.number_of(tx, case_id)
        try:
            can = outbox.capabilities_for(tx, to, parts.capabilities)
        except outbox.RefusedReplyError:
            can = READ_ONLY
        return number, panels.panel(tx, user.id, case_id, can)

    try:
        number, panel = await parts.store.read(read)
    except cases.NotFoundError as error:
        raise ProblemError(404, str(error)) from error
    if not is_htmx(request):
        return go(f"/inbox/case/{number}?to={to}#composer")
    return page(request, "inbox/files_update.html", headers=headers, attached=panel, case_id=case_id)


HANDLERS: list[Any] = [add, listed, describe, remove, restore]
