"""Notices of one's own: the page behind the bell, what the browser shows, following, and whom a note can name."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.cases import service as cases
from earful.desk.cases.pages import act
from earful.desk.notices import mentions, service
from earful.desk.notices.mentions import Mentionable
from earful.desk.notices.service import Notice
from earful.desk.users.rules import Permission
from earful.model.time import SECOND
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell, told
from earful.web.words import word

READ = [needs(Permission.CASES_READ)]
WRITE = [needs(Permission.CASES_WRITE)]
PATH = "/notices"
LOOK_BACK = 30 * SECOND
"""A browser shows what is not older: after a broken connection nobody wants a dozen at once."""


class Shown(Struct, frozen=True, kw_only=True):
    """A notice for the browser's own notifications."""

    id: str
    at: int
    case_id: str
    title: str
    body: str
    href: str


class Fresh(Struct, frozen=True, kw_only=True):
    """How many are unread, and what the browser is to show."""

    unread: int
    show: list[Shown]


def _for_browser(notice: Notice) -> Shown:
    about = f"#{notice.number} {notice.title}" if notice.number else notice.detail
    return Shown(
        id=notice.id,
        at=notice.at,
        case_id=notice.case_id,
        title=word(notice.kind, "notice"),
        body=" · ".join(one for one in (notice.actor, about) if one),
        href=f"{PATH}/{notice.id}",
    )


@get(PATH, guards=READ, include_in_schema=False)
async def notices_page(request: Ask) -> Response[str]:
    """Notices, the newest first; `unread` for those only, `after` for older ones."""
    user = session_of(request).user
    only, after = bool(request.query_params.get("unread")), request.query_params.get("after", "")[:80]
    try:
        found, more = await parts_of(request).store.read(
            lambda tx: service.listed(tx, user.id, after, unread=only)
        )
    except ValueError as error:
        raise ProblemError(400, "This page marker is not one of ours; start from the first page.") from error
    around = await shell(request, "notices", request.query_params.get("notice", "")[:200])
    return page(request, "notices/page.html", shell=around, notices=found, more=more, only=only)


@get(f"{PATH}/fresh", guards=READ, include_in_schema=False)
async def fresh(request: Ask) -> Fresh:
    """The number at the bell, and what came in the last half minute for the browser to show."""
    parts, user = parts_of(request), session_of(request).user
    since = parts.clock() - LOOK_BACK
    count, some = await parts.store.read(
        lambda tx: (service.unread(tx, user.id), service.to_show(tx, user.id, since))
    )
    return Fresh(unread=count, show=[_for_browser(one) for one in some])


@get(f"{PATH}/{{notice_id:str}}", guards=READ, include_in_schema=False)
async def open_one(request: Ask, notice_id: FromPath[str]) -> Response[Any]:
    """Go to what a notice is about; it is read then."""
    parts, user = parts_of(request), session_of(request).user

    def verb(tx: Tx) -> Notice:
        found = service.find(tx, user.id, notice_id)
        service.read(tx, parts.log, user.id, parts.clock(), notice_id=notice_id)
        return found

    try:
        found = await parts.store.write(verb)
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    if found.number is None:
        return go("/settings/teams" if found.kind == "queue" else PATH)
    return go(f"/inbox/case/{found.number}?view=all" + (f"#{found.place}" if found.place else ""))


async def _after(request: Ask, headers: dict[str, str]) -> Response[Any]:
    if not is_htmx(request):
        return go(PATH)
    user = session_of(request).user
    found, more = await parts_of(request).store.read(lambda tx: service.listed(tx, user.id))
    around = await shell(request, "notices")
    return page(
        request, "notices/list.html", headers=headers, shell=around, notices=found, more=more, only=False
    )


@post(f"{PATH}/read", guards=READ, status_code=200, include_in_schema=False)
async def read_all(request: Ask) -> Response[Any]:
    """Everything is read; it can be taken back."""
    parts, user = parts_of(request), session_of(request).user
    now = parts.clock()
    count = await parts.store.write(lambda tx: service.read(tx, parts.log, user.id, now))
    words = f"{count} marked as read" if count else "All was read already"
    return await _after(request, told(words, f"{PATH}/unread" if count else "", {"at": str(now)}))


@post(f"{PATH}/unread", guards=READ, status_code=200, include_in_schema=False)
async def read_back(request: Ask) -> Response[Any]:
    """Undo: what was marked as read `at` an instant."""
    parts, user, data = parts_of(request), session_of(request).user, await form(request)
    at = data.get("at", "")
    if not at.isdecimal() or len(at) > 15:
        raise ProblemError(422, "Name the time at which they were marked as read; nothing was changed.")
    await parts.store.write(lambda tx: service.read_back(tx, parts.log, user.id, int(at), parts.clock()))
    return await _after(request, {})


@get("/mentionable", guards=READ, include_in_schema=False)
async def mentionable(request: Ask) -> list[Mentionable]:
    """Whom a note can name, and who of them is away."""
    parts, user = parts_of(request), session_of(request).user
    return await parts.store.read(lambda tx: mentions.mentionable(tx, user.id, parts.clock()))


@post("/cases/{case_id:str}/follow", guards=READ, status_code=200, include_in_schema=False)
async def follow(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`on`: be told of what happens in a case; empty: no more."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    session_of(request)
    on = bool(data.get("on"))

    def verb(tx: Tx) -> dict[str, str]:
        cases.number_of(tx, case_id)
        (service.follow if on else service.unfollow)(tx, who, case_id, parts.clock())
        words = "You follow this case" if on else "You follow this case no more"
        return told(words, f"/cases/{case_id}/follow", {"on": "" if on else "1"})

    return await act(request, case_id, verb)


HANDLERS: list[Any] = [notices_page, fresh, read_all, read_back, open_one, mentionable, follow]
