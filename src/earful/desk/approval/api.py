"""Replies that wait for a second pair of eyes, for programs."""

from typing import Any, Literal

from litestar import get, post
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.approval import service
from earful.desk.approval.pages import wish_of
from earful.desk.approval.service import Asked
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.outbox.service import RefusedReplyError
from earful.store.errors import ConflictError
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

APPROVE = [needs(Permission.REPLIES_APPROVE)]


class DecisionBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an approver decides. `user_id`: the approver, never the writer. `seen`: as the list gave it. `text`: the
    reply as it goes out, empty for as it is. `alone`: other replies that wait in the case go back."""

    user_id: str
    decision: Literal["approve", "send_back"]
    seen: str = ""
    text: str = ""
    note: str = ""
    private_reason: str = ""
    alone: bool = False


@get("/api/v1/approvals", guards=APPROVE)
async def waiting(request: Ask) -> list[Asked]:
    """Replies that wait, oldest first, with what was said since they were written."""
    return await parts_of(request).store.read(service.waits)


@post("/api/v1/approvals/{reply_id:str}", guards=APPROVE, status_code=200, exclude_from_csrf=True)
async def decide(request: Ask, reply_id: FromPath[str], data: DecisionBody) -> list[Asked]:
    """Let a reply go or send it back, in the name of an approver; answers with what still waits.

    409 when something was said that `seen` does not know.
    """
    program_only(request)
    parts, token = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> list[Asked]:
        now = parts.clock()
        who = users.acting(tx, token, data.user_id, Permission.REPLIES_APPROVE, now)
        asked = next((one for one in service.waits(tx) if one.reply_id == reply_id), None)
        if asked is None:
            raise ProblemError(404, "This reply does not wait for approval (any more); nothing was changed.")
        if data.decision == "send_back":
            service.send_back(tx, parts.log, who, reply_id, data.note, now)
        else:
            text = data.text or asked.text
            wish = wish_of(tx, parts, who, reply_id, text, data.private_reason, data.seen)
            service.approve(tx, parts.log, who, reply_id, wish, data.note, now, alone=data.alone)
        return service.waits(tx)

    try:
        found = await parts.store.write(verb)
    except ConflictError as error:
        raise ProblemError(409, str(error)) from error
    except (service.RefusedError, RefusedReplyError, users.InvalidError) as error:
        raise ProblemError(422, str(error)) from error
    return found


HANDLERS: list[Any] = [waiting, decide]
