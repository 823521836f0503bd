"""Sending from a case's page, taking back, trying again."""

from collections.abc import Callable
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from earful.channels.kit import text as counting
from earful.desk.cases import service as cases
from earful.desk.cases.pages import act
from earful.desk.inbox.service import sign_off_for
from earful.desk.users.rules import Permission
from earful.model.desk import Outcome, Status
from earful.model.ids import new_id
from earful.model.message import Network, Visibility
from earful.outbox import service as outbox
from earful.outbox.rules import UNDO
from earful.store.tx import Tx
from earful.triage import pii
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, parts_of, session_of, told

SEND = [needs(Permission.REPLIES_SEND)]
FORBIDDEN_IN_PUBLIC = frozenset({"card", "iban", "id_number"})
"""Private data that a public reply may not carry, whoever wrote it first."""


@post("/cases/{case_id:str}/reply", guards=SEND, status_code=200, include_in_schema=False)
async def reply(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Queue a reply: `text`, `audience`, `in_reply_to`, `version` as the writer saw it, and `then`."""
    data, who, parts, session = await form(request), who_asks(request), parts_of(request), session_of(request)
    audience = data.get("audience", "")
    if audience not in set(Visibility) or audience == Visibility.INTERNAL:
        raise ProblemError(422, "Choose who will see the reply; a note is added with its own button.")
    now = parts.clock()
    reply_id = data.get("client_id") or new_id(now)

    def verb(tx: Tx) -> dict[str, str]:
        channel_id, network = outbox.place_of(tx, data.get("in_reply_to", ""))
        can = parts.capabilities(channel_id)
        text = signed(data.get("text", ""), network, sign_off_for(network, session.user, session.sign_off))
        _check_private(text, audience)
        draft = outbox.Draft(
            id=reply_id,
            in_reply_to=data.get("in_reply_to", ""),
            audience=Visibility(audience),
            text=text,
            seen_version=int(data["version"]) if data.get("version", "").isdigit() else None,
        )
        outbox.queue(tx, parts.log, who, draft, can, lambda said: counting.count(said, can.counter), now)
        cases.save_draft(tx, session.user.id, case_id, "", None, "", now)
        if data.get("then") == "wait":
            cases.set_status(tx, parts.log, who, case_id, Status.WAITING, now)
        if data.get("then") == "claim":
            cases.close(tx, parts.log, who, case_id, Outcome.CLAIMED, now)
        return told("Sending…", f"/outbox/{reply_id}/cancel", undo_for=UNDO)

    return await _act(request, case_id, verb)


def signed(text: str, network: Network, sign_off: str) -> str:
    """The text with its writer's sign-off, once."""
    text = text.rstrip()
    if not sign_off or not text or text.endswith(sign_off):
        return text
    return f"{text}\n\n{sign_off}" if network is Network.EMAIL else f"{text} {sign_off}"


def _check_private(text: str, audience: str) -> None:
    """A card or account number never goes out in public. Raises ProblemError with what to do instead."""
    if audience not in (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS):
        return
    found = [one for one in pii.find(text, "en") if one.type in FORBIDDEN_IN_PUBLIC]
    if found:
        raise ProblemError(
            422, "This has private data in it that everybody could read. Take it out, or answer in private."
        )


@post("/outbox/{reply_id:str}/cancel", guards=SEND, status_code=200, include_in_schema=False)
async def cancel(request: Ask, reply_id: FromPath[str]) -> Response[Any]:
    """Take a reply back before it goes out; its text becomes the draft again."""
    who, parts, user = who_asks(request), parts_of(request), session_of(request).user
    case_id = await _case_of(request, reply_id)

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        text, audience, in_reply_to = outbox.cancel(tx, parts.log, who, reply_id, now)
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


async def _case_of(request: Ask, reply_id: str) -> str:
    try:
        return await parts_of(request).store.read(lambda tx: outbox.case_of(tx, reply_id))
    except outbox.RefusedReplyError as error:
        raise ProblemError(404, str(error)) from error


async def _act(request: Ask, case_id: str, verb: Callable[[Tx], dict[str, str]]) -> Response[Any]:
    try:
        return await act(request, case_id, verb)
    except outbox.RefusedReplyError as error:
        raise ProblemError(422, str(error)) from error


HANDLERS: list[Any] = [reply, cancel, retry]
