"""Saying what became of a case, from its page: claim, verify, point to a message, ask, and take it back."""

from collections.abc import Callable
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from earful.desk import settings as kept
from earful.desk.cases.pages import act
from earful.desk.inbox import pages as inbox_pages
from earful.desk.inbox import service as inbox
from earful.desk.outcomes import service as outcomes
from earful.desk.outcomes import texts
from earful.desk.outcomes.settings import KIND, Outcomes
from earful.desk.users.rules import Permission
from earful.model.ids import new_id
from earful.outbox import service as outbox
from earful.outbox.preview import signed
from earful.outbox.rules import UNDO
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, parts_of, session_of, told

WRITE = [needs(Permission.CASES_WRITE)]


async def _act(request: Ask, case_id: str, verb: Callable[[Tx], dict[str, str]]) -> Response[Any]:
    try:
        return await act(request, case_id, verb)
    except (outcomes.RefusedError, outbox.RefusedReplyError) as error:
        raise ProblemError(422, str(error)) from error


def _taken_back(case_id: str, made: str, words: str) -> dict[str, str]:
    return told(words, f"/cases/{case_id}/outcome/withdraw", {"act": made})


@post("/cases/{case_id:str}/outcome/claim", guards=WRITE, status_code=200, include_in_schema=False)
async def claim(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Say that it is fixed, and leave the case open."""
    who, parts = who_asks(request), parts_of(request)
    return await _act(
        request,
        case_id,
        lambda tx: _taken_back(
            case_id, outcomes.claim(tx, parts.log, who, case_id, parts.clock()), "Claimed fixed"
        ),
    )


@post(
    "/cases/{case_id:str}/outcome/verify",
    guards=[needs(Permission.OUTCOMES_VERIFY)],
    status_code=200,
    include_in_schema=False,
)
async def verify(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Say that it was checked, and how: `reason`."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    return await _act(
        request,
        case_id,
        lambda tx: _taken_back(
            case_id,
            outcomes.verify(tx, parts.log, who, case_id, data.get("reason", ""), parts.clock()),
            "Verified",
        ),
    )


@post("/cases/{case_id:str}/outcome/read", guards=WRITE, status_code=200, include_in_schema=False)
async def read(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Say what a `message` really says: `reading`."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        message_id, reading = data.get("message", ""), data.get("reading", "")
        found, made = outcomes.dispute(tx, parts.log, who, message_id, reading, parts.clock())
        if found != case_id:
            raise outcomes.RefusedError("This message belongs to another case now; nothing was changed.")
        return _taken_back(case_id, made, "Reading corrected")

    return await _act(request, case_id, verb)


@post("/cases/{case_id:str}/outcome/withdraw", guards=WRITE, status_code=200, include_in_schema=False)
async def withdraw(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Undo: take back what was said (`act`)."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        outcomes.withdraw(tx, parts.log, who, case_id, data.get("act", ""), parts.clock())
        return {}

    return await _act(request, case_id, verb)


@post(
    "/cases/{case_id:str}/outcome/ask",
    guards=[needs(Permission.REPLIES_SEND)],
    status_code=200,
    include_in_schema=False,
)
async def ask(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Ask the customer, where they wrote last and in their language, whether it is fixed."""
    who, parts, session = who_asks(request), parts_of(request), session_of(request)
    now = parts.clock()
    reply_id = new_id(now)

    def verb(tx: Tx) -> dict[str, str]:
        if not outcomes.may_ask(tx, case_id, now, outbox.cancelled_of(tx, case_id)):
            raise outcomes.RefusedError(
                "The customer can be asked once after each claim that it is fixed. Nothing was sent."
            )
        row = inbox.one(tx, case_id, session.user.id)
        rendering = inbox_pages.rendering(parts)
        detail = inbox.detail(tx, row.number, session.user, session.sign_off, rendering) if row else None
        target = detail.answered if detail is not None else None
        if detail is None or target is None or not detail.reply_audiences:
            raise outcomes.RefusedError(
                "No message of this case can be answered from here. Nothing was sent."
            )
        own = kept.in_force(tx, KIND, Outcomes).ask
        pattern = texts.text_for(own, texts.ASK, target.rating.language if target.rating else "")
        words = texts.fill(pattern, {"name": detail.row.person_name, "brand": parts.workspace})
        can = parts.capabilities(target.channel_id)
        draft = outbox.Draft(
            id=reply_id,
            in_reply_to=target.id,
            audience=detail.reply_audiences[0],
            text=signed(words, target.network, detail.sign_off),
            seen_version=None,
        )
        outbox.queue(tx, parts.log, who, draft, can, now)
        outcomes.note_asked(tx, parts.log, who, case_id, reply_id, now)
        return told("Asking whether it is fixed…", f"/outbox/{reply_id}/cancel", undo_for=UNDO)

    return await _act(request, case_id, verb)


HANDLERS: list[Any] = [claim, verify, read, withdraw, ask]
