"""Calls and visits, for programs that write them down in a colleague's name."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from litestar import post
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.calls import service
from earful.desk.calls.rules import Entry
from earful.desk.calls.service import RefusedError
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.model.ids import new_id
from earful.model.time import instant
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

LOG = [needs(Permission.CALLS_LOG)]


class CallBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call or a visit. `id`: yours, the same one twice is one entry. `user_id`: who had it. `started_at`: with a
    zone; without one it is UTC, and left out it is now. `number` or `name` says who it was, `said` and `answer` what
    was said on either side."""

    user_id: str
    id: str = ""
    kind: Literal["call", "visit"] = "call"
    direction: Literal["inbound", "outbound"] = "inbound"
    number: str = ""
    name: str = ""
    started_at: datetime | None = None
    minutes: int = 0
    place: str = ""
    said: str = ""
    answer: str = ""
    outcome: Literal["answered", "missed", "voicemail"] = "answered"
    channel_id: str = ""


class LoggedBody(Struct, frozen=True, kw_only=True):
    """The message that it became. Its case is known a moment later."""

    message_id: str


@post("/api/v1/calls", guards=LOG, status_code=201, exclude_from_csrf=True)
async def write_down(request: Ask, data: CallBody) -> LoggedBody:
    """Write down a call or a visit in a colleague's name: rated, threaded and told like every message."""
    program_only(request)
    parts, token = parts_of(request), who_asks(request)
    now = parts.clock()
    values: dict[str, Any] = msgspec.structs.asdict(data)
    values["id"] = data.id or new_id(now)
    values["started_at"] = 0 if data.started_at is None else instant(data.started_at)
    del values["user_id"]

    def verb(tx: Tx) -> service.Logged:
        who = users.acting(tx, token, data.user_id, Permission.CALLS_LOG, now)
        return service.write_down(tx, parts.log, parts.vault, who, msgspec.convert(values, Entry), now)

    try:
        logged = await parts.store.write(verb)
    except RefusedError as error:
        raise ProblemError(422, f"`{error.field}`: {error} Nothing was kept.") from error
    except (msgspec.ValidationError, users.InvalidError) as error:
        raise ProblemError(422, f"{error} Nothing was kept.") from error
    if logged.new_channel:
        parts.reconnect()
    return LoggedBody(message_id=logged.message_id)


@post("/api/v1/calls/{message_id:str}/undo", guards=LOG, status_code=200, exclude_from_csrf=True)
async def undo(request: Ask, message_id: FromPath[str]) -> LoggedBody:
    """Take back what was written down."""
    program_only(request)
    parts, who = parts_of(request), who_asks(request)
    try:
        await parts.store.write(lambda tx: service.take_back(tx, parts.log, who, message_id, parts.clock()))
    except RefusedError as error:
        raise ProblemError(404, str(error)) from error
    return LoggedBody(message_id=message_id)


HANDLERS: list[Any] = [write_down, undo]
