"""Correcting a rating from the inbox: the panel, and its choices, each saved at once."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.inbox.timeline import near_duplicates
from earful.desk.triage import panel, topics
from earful.desk.triage import service as triage
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.triage.corrections import SETS
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, page, parts_of, session_of, told
from earful.web.words import WORDS

READ = [needs(Permission.CASES_READ)]
WRITE = [needs(Permission.CASES_WRITE)]
FIELD_WORDS = WORDS["field"]


class View(Struct, frozen=True, kw_only=True):
    """What the panel shows."""

    message_id: str
    rated: triage.Rated
    groups: list[panel.Group]
    can_write: bool
    alike: int = 0
    """How many near duplicates there are of it, itself among them; 0 for none."""
    alike_to: str = ""


def _view(tx: Tx, message_id: str, *, can_write: bool) -> View:
    rated = triage.rated(tx, message_id)
    groups = panel.groups(rated, topics.titles(tx))
    head, alike = near_duplicates(tx, {message_id: rated.group}).get(message_id, ("", 0))
    return View(
        message_id=message_id, rated=rated, groups=groups, can_write=can_write, alike=alike, alike_to=head
    )


@get("/messages/{message_id:str}/rating", guards=READ, include_in_schema=False)
async def rating(request: Ask, message_id: FromPath[str]) -> Response[str]:
    """The panel's inside."""
    can_write = Permission.CASES_WRITE in session_of(request).permissions
    try:
        view = await parts_of(request).store.read(lambda tx: _view(tx, message_id, can_write=can_write))
    except triage.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return page(request, "inbox/rating.html", view=view)


async def _act(request: Ask, verb: Callable[[Tx], tuple[str, dict[str, str]]]) -> Response[str]:
    """Run a verb that returns the message and the page's headers; answer with the fresh panel."""
    parts = parts_of(request)
    session_of(request)

    def run(tx: Tx) -> tuple[View, dict[str, str]]:
        message_id, headers = verb(tx)
        return _view(tx, message_id, can_write=True), headers

    try:
        view, headers = await parts.store.write(run)
    except triage.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    except (triage.RefusedError, triage.InvalidCorrectionError) as error:
        raise ProblemError(422, str(error)) from error
    return page(request, "inbox/rating_update.html", headers=headers, view=view)


@post("/messages/{message_id:str}/corrections", guards=WRITE, status_code=200, include_in_schema=False)
async def correct(request: Ask, message_id: FromPath[str]) -> Response[str]:
    """`field` and its `value`; for a list as many values as it has."""
    parts, who = parts_of(request), who_asks(request)
    data = await request.form()
    field = str(data.get("field", ""))
    given = [one for one in data.getall("value", []) if isinstance(one, str) and one]
    value: str | list[str] = given if field in SETS else (given[-1] if given else "")

    def verb(tx: Tx) -> tuple[str, dict[str, str]]:
        done = triage.correct(tx, parts.log, who, message_id, field, value, parts.clock())
        words = f"{FIELD_WORDS[field]}: {said(field, done.value)}"
        return message_id, told(words, f"/corrections/{done.id}/undo")

    return await _act(request, verb)


@post("/corrections/{correction_id:str}/undo", guards=WRITE, status_code=200, include_in_schema=False)
async def undo(request: Ask, correction_id: FromPath[str]) -> Response[str]:
    """Take a correction back."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> tuple[str, dict[str, str]]:
        done = triage.undo_correction(tx, parts.log, who, correction_id, parts.clock())
        return done.message_id, {}

    return await _act(request, verb)


def said(field: str, value: object) -> str:
    """A value in words."""
    words = WORDS.get({"tried_before": "tried"}.get(field, field), {})
    if isinstance(value, list):
        return ", ".join(words.get(one, one) for one in value) or "none"
    return words.get(str(value)) or str(value).replace("_", " ")


HANDLERS: list[Any] = [rating, correct, undo]
