"""Saved views for programs: the shared ones, and their cases."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.conditions.api import read
from earful.desk.conditions.words import says
from earful.desk.inbox import service as inbox
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.desk.users.service import Session, TokenHolder
from earful.desk.views import service as views
from earful.desk.views.rules import Sort, View
from earful.model.desk import InboxFilter, InboxPage
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

READ = [needs(Permission.CASES_READ)]
SHARE = [needs(Permission.VIEWS_SHARE)]


class ViewBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A view to keep. `order`: priority, newest or oldest."""

    name: str
    condition: dict[str, Any]
    order: Sort = Sort.PRIORITY
    icon: str = ""


class Shown(Struct, frozen=True, kw_only=True):
    """A view as programs see it. `filled` is how much of it has been looked for, in percent."""

    id: str
    name: str
    icon: str
    condition: Any
    sentence: str
    order: Sort
    shared: bool
    count: int
    filled: int


def _reader(request: Ask) -> str:
    """Whose views and whose `me`; a token has neither."""
    return request.user.user.id if isinstance(request.user, Session) else ""


def _shown(tx: Tx, found: list[View], user_id: str) -> list[Shown]:
    counts = views.counts(tx, found, user_id)
    names = {user.id: user.name for user in users.colleagues(tx)}
    return [
        Shown(
            id=view.id,
            name=view.name,
            icon=view.icon,
            condition=msgspec.to_builtins(view.condition),
            sentence=says(view.condition, names),
            order=view.sort,
            shared=view.shared,
            count=counts[view.id],
            filled=view.percent,
        )
        for view in found
    ]


@get("/api/v1/views", guards=READ)
async def listed(request: Ask) -> list[Shown]:
    """The shared views in their order, each with its condition, its sentence and the count of its cases."""
    user_id = _reader(request)
    return await parts_of(request).store.read(lambda tx: _shown(tx, views.seen_by(tx, user_id), user_id))


@get("/api/v1/views/{view_id:str}/cases", guards=READ)
async def cases(request: Ask, view_id: FromPath[str], after: str = "") -> InboxPage:
    """A page of a view's cases in its order; `after` from `next`. A view with `me` in it has nobody's here."""
    user_id = _reader(request)

    def look(tx: Tx) -> InboxPage:
        if views.find(tx, view_id, user_id) is None:
            raise ProblemError(404, "There is no such view; it may be somebody's own, or deleted.")
        return inbox.page(tx, InboxFilter(view=view_id), user_id, after)

    try:
        return await parts_of(request).store.read(look)
    except ValueError as error:
        raise ProblemError(400, str(error)) from error


@post("/api/v1/views", status_code=201, guards=SHARE, exclude_from_csrf=True)
async def create(request: Ask, data: ViewBody) -> Shown:
    """Make a shared view; its cases are looked for in the background, and `filled` says how far that is."""
    wanted = _wanted(data)
    log, now = parts_of(request).log, parts_of(request).clock()
    shown: Shown = await _write(request, lambda tx, asker: views.create(tx, log, asker, wanted, now))
    return shown


@put("/api/v1/views/{view_id:str}", guards=SHARE, exclude_from_csrf=True)
async def change(request: Ask, view_id: FromPath[str], data: ViewBody) -> Shown:
    """Replace a shared view. With another condition or order its cases are looked for anew."""
    wanted = _wanted(data)
    log, now = parts_of(request).log, parts_of(request).clock()
    shown: Shown = await _write(request, lambda tx, asker: views.change(tx, log, asker, view_id, wanted, now))
    return shown


@delete("/api/v1/views/{view_id:str}", status_code=204, guards=SHARE, exclude_from_csrf=True)
async def remove(request: Ask, view_id: FromPath[str]) -> None:
    """Delete a shared view. Its cases stay where they are."""
    log, now = parts_of(request).log, parts_of(request).clock()

    def verb(tx: Tx, asker: views.Asker) -> None:
        views.remove(tx, log, asker, view_id, now)

    await _write(request, verb)


def _wanted(data: ViewBody) -> views.Wanted:
    return views.Wanted(
        name=data.name, condition=read(data.condition), sort=data.order, shared=True, icon=data.icon
    )


async def _write(request: Ask, verb: Callable[[Tx, views.Asker], View | None]) -> Any:
    """Run a verb of a program. People edit views under Settings, whose forms are safe from other sites."""
    if not isinstance(request.user, TokenHolder):
        words = "This is for programs with a token; people edit views under Settings. Nothing was changed."
        raise ProblemError(400, words)
    parts, asker = parts_of(request), views.Asker(who=who_asks(request), may_share=True)

    def run(tx: Tx) -> Shown | None:
        done = verb(tx, asker)
        return None if done is None else _shown(tx, [done], "")[0]

    try:
        shown = await parts.store.write(run)
    except views.NotFoundError as error:
        raise ProblemError(404, f"{error} Nothing was changed.") from error
    except views.RefusedError as error:
        raise ProblemError(422, f"{error} Nothing was kept.") from error
    return shown


HANDLERS: list[Any] = [listed, cases, create, change, remove]
