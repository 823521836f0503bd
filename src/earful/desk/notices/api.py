"""Notes, notices and who is away, for programs."""

from typing import Any

from litestar import Response, get, post, put
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.cases import service as cases
from earful.desk.notices import mentions, service
from earful.desk.notices.service import Notice
from earful.desk.routing import settings as routing
from earful.desk.routing.rules import InvalidPlanError
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.model.desk import NoteMention
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.once import Key, once
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

READ = [needs(Permission.CASES_READ)]
WRITE = [needs(Permission.CASES_WRITE)]


class NoteBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note for colleagues, and in whose name. `@` and a name in it tell that colleague or team."""

    user_id: str
    text: str


class Noted(Struct, frozen=True, kw_only=True):
    """A note that was left, and whom it names."""

    id: str
    mentions: list[NoteMention]


class Notices(Struct, frozen=True, kw_only=True):
    """A page of somebody's notices, the newest first. `next`: the marker of older ones, empty at the end."""

    unread: int
    notices: list[Notice]
    next: str


class ReadBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is read: a notice, those of a case, or everything when both are empty."""

    notice_id: str = ""
    case_id: str = ""


class AwayBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether somebody is away, and until when (an instant in milliseconds) if that is known."""

    away: bool
    until: int | None = None


class Presence(Struct, frozen=True, kw_only=True):
    """A colleague, and whether they said that they are away."""

    user_id: str
    name: str
    away: bool
    until: int | None


@post("/api/v1/cases/{case_id:str}/notes", guards=WRITE, status_code=201, exclude_from_csrf=True)
async def note(
    request: Ask, case_id: FromPath[str], data: NoteBody, idempotency_key: Key = None
) -> Response[bytes]:
    """Leave a note for colleagues; answers with whom it names. The same Idempotency-Key leaves it once."""
    program_only(request)
    parts, token = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> Noted:
        now = parts.clock()
        made = new_id(now)
        try:
            who = users.acting(tx, token, data.user_id, Permission.CASES_WRITE, now)
            cases.note(tx, parts.log, who, case_id, made, data.text, now)
        except cases.NotFoundError as error:
            raise ProblemError(404, str(error)) from error
        except (cases.RefusedError, users.InvalidError) as error:
            raise ProblemError(422, str(error)) from error
        return Noted(id=made, mentions=mentions.of_case(tx, case_id).get(made, []))

    return await once(request, idempotency_key, data, verb)


def _known(tx: Tx, user_id: str) -> None:
    if user_id not in {one.id for one in users.colleagues(tx)}:
        raise ProblemError(404, "There is no such active colleague; nothing was changed.")


@get("/api/v1/users/{user_id:str}/notices", guards=READ)
async def notices(request: Ask, user_id: FromPath[str], after: str = "", unread: bool = False) -> Notices:
    """What a colleague was told; with `unread`, only what they have not read."""

    def read(tx: Tx) -> Notices:
        _known(tx, user_id)
        found, more = service.listed(tx, user_id, after, unread=unread)
        return Notices(unread=service.unread(tx, user_id), notices=found, next=more)

    try:
        return await parts_of(request).store.read(read)
    except ValueError as error:
        raise ProblemError(400, "This page marker is not one of ours; start from the first page.") from error


@post("/api/v1/users/{user_id:str}/notices/read", guards=WRITE, status_code=200, exclude_from_csrf=True)
async def mark_read(request: Ask, user_id: FromPath[str], data: ReadBody) -> Notices:
    """Mark notices of a colleague as read; twice is once. Answers with the newest."""
    program_only(request)
    parts = parts_of(request)

    def verb(tx: Tx) -> Notices:
        _known(tx, user_id)
        what = {"notice_id": data.notice_id, "case_id": data.case_id}
        service.read(tx, parts.log, user_id, parts.clock(), **what)
        found, more = service.listed(tx, user_id)
        return Notices(unread=service.unread(tx, user_id), notices=found, next=more)

    return await parts.store.write(verb)


@get("/api/v1/away", guards=READ)
async def presences(request: Ask) -> list[Presence]:
    """Colleagues by name, and who of them is away."""
    parts = parts_of(request)

    def read(tx: Tx) -> list[Presence]:
        return [_presence(tx, one.id, one.name, parts.clock()) for one in users.colleagues(tx)]

    return await parts.store.read(read)


def _presence(tx: Tx, user_id: str, name: str, now: Instant) -> Presence:
    away = routing.is_away(tx, user_id, now)
    until = routing.profile(tx, user_id).away_until if away else None
    return Presence(user_id=user_id, name=name, away=away, until=until)


@put("/api/v1/away/{user_id:str}", guards=[needs(Permission.ROUTING_MANAGE)], exclude_from_csrf=True)
async def set_away(request: Ask, user_id: FromPath[str], data: AwayBody) -> Presence:
    """Say that a colleague is away or back: while they are away, no case is given to them."""
    program_only(request)
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> Presence:
        _known(tx, user_id)
        now = parts.clock()
        routing.set_away(tx, parts.log, who, user_id, away=data.away, until=data.until, now=now)
        name = next(one.name for one in users.colleagues(tx) if one.id == user_id)
        return _presence(tx, user_id, name, now)

    try:
        found = await parts.store.write(verb)
    except InvalidPlanError as error:
        raise ProblemError(422, str(error)) from error
    return found


HANDLERS: list[Any] = [note, notices, mark_read, presences, set_away]
