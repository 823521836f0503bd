"""The queue of replies that wait for a second pair of eyes, and what is decided about them."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from earful.desk.answering import service as answering
from earful.desk.approval import service
from earful.desk.cases.pages import act
from earful.desk.users.rules import Permission
from earful.model.message import Visibility
from earful.outbox import service as outbox
from earful.outbox.preview import divided
from earful.outbox.service import RefusedReplyError
from earful.outbox.waiting import Approved
from earful.parts import Parts
from earful.store.audit import Who
from earful.store.errors import ConflictError
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, page, parts_of, session_of, shell, told

APPROVE = [needs(Permission.REPLIES_APPROVE)]
PATH = "/approvals"


@get(PATH, guards=APPROVE, include_in_schema=False)
async def queue_page(request: Ask) -> Response[str]:
    """What waits, oldest first."""
    return await _show(request)


async def _show(request: Ask, problem: str = "") -> Response[str]:
    found = await parts_of(request).store.read(service.waits)
    return page(
        request,
        "approval/queue.html",
        status=422 if problem else 200,
        shell=await shell(request, "approvals", request.query_params.get("notice", "")[:200]),
        waits=found,
        me=session_of(request).user.id,
        problem=problem,
    )


def wish_of(
    tx: Tx, parts: Parts, who: Who, reply_id: str, text: str, private_reason: str, seen: str
) -> Approved:
    """What an approver lets go, divided as its network counts. Raises RefusedReplyError when it is too long."""
    channel_id, in_reply_to = outbox.answered_by(tx, reply_id)
    audience = Visibility(outbox.known(tx, reply_id)["audience"])
    can, text = parts.capabilities(channel_id).within(audience), text.strip()
    wish = Approved(
        text=text,
        parts=divided(tx, text, in_reply_to, can),
        private_reason=private_reason.strip()[:300],
        seen=seen,
        delay=answering.delay(tx, who.id),
    )
    outbox.check_length(text, wish.parts, can)
    return wish


@post("/outbox/{reply_id:str}/approve", guards=APPROVE, status_code=200, include_in_schema=False)
async def approve(request: Ask, reply_id: FromPath[str]) -> Response[Any]:
    """Let a reply go: `text` as the approver leaves it, `note`, `private_reason`, `seen` (what was said since), and
    `alone` to give the other replies that wait in the case back to their writers."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        reason, seen = data.get("private_reason", ""), data.get("seen", "")
        wish = wish_of(tx, parts, who, reply_id, data.get("text", ""), reason, seen)
        note, alone = data.get("note", ""), bool(data.get("alone"))
        service.approve(tx, parts.log, who, reply_id, wish, note, now, alone=alone)
        return told("Approved", f"/outbox/{reply_id}/cancel", undo_for=wish.delay or None)

    return await _decide(request, reply_id, verb)


@post("/outbox/{reply_id:str}/send-back", guards=APPROVE, status_code=200, include_in_schema=False)
async def send_back(request: Ask, reply_id: FromPath[str]) -> Response[Any]:
    """Give a reply back to its writer with a `note`."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)

    def verb(tx: Tx) -> dict[str, str]:
        service.send_back(tx, parts.log, who, reply_id, data.get("note", ""), parts.clock())
        return told("Sent back to its writer")

    return await _decide(request, reply_id, verb)


async def _decide(request: Ask, reply_id: str, verb: Callable[[Tx], dict[str, str]]) -> Response[Any]:
    """Decide from the case (a fragment comes back) or from the queue (back to it)."""
    parts = parts_of(request)
    queue = (await form(request)).get("from") == "queue"
    try:
        case_id = await parts.store.read(lambda tx: outbox.case_of(tx, reply_id))
        if not queue:
            return await act(request, case_id, verb)
        await parts.store.write(verb)
    except (service.RefusedError, RefusedReplyError, ConflictError) as error:
        if queue:
            return await _show(request, str(error))
        raise ProblemError(409 if isinstance(error, ConflictError) else 422, str(error)) from error
    return go(f"{PATH}?notice=Decided.")


HANDLERS: list[Any] = [queue_page, approve, send_back]
