"""Sending from a case's page, taking back, trying again."""

from collections.abc import Callable
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from earful.desk.answering import service as answering
from earful.desk.answering.rules import send_time
from earful.desk.approval import service as approval
from earful.desk.attaching import service as attaching
from earful.desk.attaching.pages import describe_all
from earful.desk.cases import service as cases
from earful.desk.cases.pages import act
from earful.desk.users.rules import Permission
from earful.model.desk import Outcome, Status
from earful.model.ids import new_id
from earful.model.message import Visibility
from earful.model.time import Instant
from earful.outbox import service as outbox
from earful.outbox import waiting
from earful.outbox.preview import preview
from earful.outbox.rules import OnNews
from earful.store.audit import record
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, parts_of, repeated, session_of, told

SEND = [needs(Permission.REPLIES_SEND)]
REASON = 300


@post("/cases/{case_id:str}/reply", guards=SEND, status_code=200, include_in_schema=False)
async def reply(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Queue a reply: `text`, `audience`, `in_reply_to`, `version` as the writer saw it, and `then`.

    `send_at` (with `zone`, `on_news`) sends it at a time, `ask` lets somebody read it first, `parts` is how many
    parts the writer was shown, and `private_reason` lets private data through where the writer may. `file` (repeated)
    are ids of files of the writer's draft, `alt_ID` what their pictures show.
    """
    data, who, parts, session = await form(request), who_asks(request), parts_of(request), session_of(request)
    audience = data.get("audience", "")
    if audience not in set(Visibility) or audience == Visibility.INTERNAL:
        raise ProblemError(422, "Choose who will see the reply; a note is added with its own button.")
    now = parts.clock()
    reply_id = data.get("client_id") or new_id(now)
    may_approve = Permission.REPLIES_APPROVE in session.permissions
    reason = data.get("private_reason", "").strip()[:REASON] if may_approve else ""
    files = await repeated(request, "file")
    if data.get("upload"):
        raise ProblemError(
            422, "The file that you chose is not added yet: press Add first. Nothing was sent."
        )
    on_news = OnNews.CANCEL if data.get("on_news") == OnNews.CANCEL else OnNews.HOLD

    def verb(tx: Tx) -> dict[str, str]:
        wanted, to = Visibility(audience), data.get("in_reply_to", "")
        attaching.named(tx, who.id, case_id, files)
        describe_all(tx, who, data, now)
        look = preview(
            tx, session.user, session.sign_off, data.get("text", ""), to, wanted, parts.capabilities
        )
        if look.parts and data.get("parts", "") != str(len(look.parts)):
            raise ProblemError(
                422, f"This is too long for one post: it becomes {len(look.parts)}. Look at them, then send."
            )
        can = parts.capabilities(look.channel_id)
        private = bool(look.private or look.in_alts)
        why = approval.because(tx, who.id, case_id, wanted, now, may_approve=may_approve)
        if data.get("ask"):
            why = why or (approval.PRIVATE if private else "asked for")
        draft = outbox.Draft(
            id=reply_id,
            in_reply_to=to,
            audience=wanted,
            text=look.text,
            seen_version=int(data["version"]) if data.get("version", "").isdecimal() else None,
            delay=answering.delay(tx, who.id),
            send_at=_send_at(data, now),
            on_news=on_news,
            parts=look.parts,
            private_reason=reason if private else "",
            files=files,
        )
        approval.hand_in(tx, parts.log, who, draft, can, why, now)
        if draft.private_reason:
            record(tx, who, "reply.private_allowed", reply_id, now, reason)
        cases.save_draft(tx, session.user.id, case_id, "", None, "", now)
        if data.get("then") == "wait":
            cases.set_status(tx, parts.log, who, case_id, Status.WAITING, now)
        if data.get("then") == "claim":
            cases.close(tx, parts.log, who, case_id, Outcome.CLAIMED, now)
        undo = f"/outbox/{reply_id}/cancel"
        if why:
            return told("Waits for approval; a lead sees it now", undo)
        if draft.send_at is not None:
            return told("Scheduled", undo)
        return told("Sending…", undo, undo_for=draft.delay) if draft.delay else told("Sending…")

    return await _act(request, case_id, verb)


def _send_at(data: dict[str, str], now: Instant) -> int | None:
    if not data.get("send_at"):
        return None
    at = send_time(data["send_at"], data.get("zone", "UTC"), now)
    if at is None:
        raise ProblemError(422, "Choose a time from now on, within three months. Nothing was sent.")
    return at


@post("/outbox/{reply_id:str}/cancel", guards=SEND, status_code=200, include_in_schema=False)
async def cancel(request: Ask, reply_id: FromPath[str]) -> Response[Any]:
    """Take a reply back before it goes out; its text becomes the draft again."""
    who, parts, user = who_asks(request), parts_of(request), session_of(request).user
    case_id = await _case_of(request, reply_id)

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        text, audience, in_reply_to = outbox.cancel(tx, parts.log, who, reply_id, now)
        if not text:
            return told("Taken back")
        cases.save_draft(tx, user.id, case_id, text, audience, in_reply_to, now)
        return told("Taken back; it is your draft again")

    return await _act(request, case_id, verb)


@post("/outbox/{reply_id:str}/retry", guards=SEND, status_code=200, include_in_schema=False)
async def retry(request: Ask, reply_id: FromPath[str]) -> Response[Any]:
    """Try a failed reply again, or look again for one of unknown fate."""
    who, parts = who_asks(request), parts_of(request)
    case_id = await _case_of(request, reply_id)

    def verb(tx: Tx) -> dict[str, str]:
        outbox.retry(tx, parts.log, who, reply_id, parts.clock())
        return told("Trying again")

    return await _act(request, case_id, verb)


@post("/outbox/{reply_id:str}/send-now", guards=SEND, status_code=200, include_in_schema=False)
async def send_now(request: Ask, reply_id: FromPath[str]) -> Response[Any]:
    """Send a scheduled or held reply now; `seen` names what was said since it was written."""
    who, parts, data = who_asks(request), parts_of(request), await form(request)
    case_id = await _case_of(request, reply_id)

    def verb(tx: Tx) -> dict[str, str]:
        delay = answering.delay(tx, who.id)
        waiting.send_now(tx, parts.log, who, reply_id, data.get("seen", ""), delay, parts.clock())
        return told("Sending…", f"/outbox/{reply_id}/cancel", undo_for=delay or None)

    return await _act(request, case_id, verb)


@post("/outbox/{reply_id:str}/schedule", guards=SEND, status_code=200, include_in_schema=False)
async def schedule(request: Ask, reply_id: FromPath[str]) -> Response[Any]:
    """Give a waiting reply another time: `send_at`, `zone`, and `seen` as in `send_now`."""
    who, parts, data = who_asks(request), parts_of(request), await form(request)
    case_id = await _case_of(request, reply_id)

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        at = _send_at(data, now)
        if at is None:
            raise ProblemError(422, "Choose a time.")
        waiting.reschedule(tx, parts.log, who, reply_id, at, data.get("seen", ""), now)
        return told("Scheduled", f"/outbox/{reply_id}/cancel")

    return await _act(request, case_id, verb)


async def _case_of(request: Ask, reply_id: str) -> str:
    try:
        return await parts_of(request).store.read(lambda tx: outbox.case_of(tx, reply_id))
    except outbox.RefusedReplyError as error:
        raise ProblemError(404, str(error)) from error


async def _act(request: Ask, case_id: str, verb: Callable[[Tx], dict[str, str]]) -> Response[Any]:
    try:
        return await act(request, case_id, verb)
    except (outbox.RefusedReplyError, attaching.RefusedError) as error:
        raise ProblemError(422, str(error)) from error


HANDLERS: list[Any] = [reply, cancel, retry, send_now, schedule]
