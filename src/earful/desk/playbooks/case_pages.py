"""The playbook of a case, on its page: tick, skip, leave, move on; each with an undo."""

from collections.abc import Callable
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from earful.desk.cases import service as cases
from earful.desk.cases.pages import act
from earful.desk.inbox import pages as inbox
from earful.desk.inbox import service as reading
from earful.desk.playbooks import panel, runs, service
from earful.desk.users.rules import Permission
from earful.store.audit import Who
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, parts_of, session_of, told

WRITE = [needs(Permission.CASES_WRITE)]
SEND = [needs(Permission.REPLIES_SEND)]


async def _act(
    request: Ask, case_id: str, verb: Callable[[Tx, Who, dict[str, str]], str], words: str
) -> Response[Any]:
    """Run a verb that returns its act, and offer to take it back."""
    data, who = await form(request), who_asks(request)

    def run(tx: Tx) -> dict[str, str]:
        made = verb(tx, who, data)
        return told(words, f"/cases/{case_id}/playbook/take-back", {"act": made}) if made else told(words)

    try:
        return await act(request, case_id, run)
    except (runs.RefusedError, service.NotFoundError) as error:
        raise ProblemError(422, str(error)) from error


@post("/cases/{case_id:str}/playbook/tick", guards=WRITE, status_code=200, include_in_schema=False)
async def tick(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`step` is done."""
    parts = parts_of(request)

    def verb(tx: Tx, who: Who, data: dict[str, str]) -> str:
        return runs.tick(tx, parts.log, who, case_id, data.get("step", ""), parts.clock())

    return await _act(request, case_id, verb, "Step done")


@post("/cases/{case_id:str}/playbook/skip", guards=WRITE, status_code=200, include_in_schema=False)
async def skip(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`step` is not needed, with a `reason`."""
    parts = parts_of(request)

    def verb(tx: Tx, who: Who, data: dict[str, str]) -> str:
        return runs.skip(
            tx, parts.log, who, case_id, data.get("step", ""), data.get("reason", ""), parts.clock()
        )

    return await _act(request, case_id, verb, "Step skipped")


@post("/cases/{case_id:str}/playbook/leave", guards=WRITE, status_code=200, include_in_schema=False)
async def leave(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Take the case out of its playbook, with a `reason` if there is one to say."""
    parts = parts_of(request)

    def verb(tx: Tx, who: Who, data: dict[str, str]) -> str:
        return runs.leave(tx, parts.log, who, case_id, data.get("reason", ""), parts.clock())

    return await _act(request, case_id, verb, "Left the playbook")


@post("/cases/{case_id:str}/playbook/move", guards=WRITE, status_code=200, include_in_schema=False)
async def move(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Put the case into another `playbook`, by the path of its severity."""
    parts = parts_of(request)

    def verb(tx: Tx, who: Who, data: dict[str, str]) -> str:
        return runs.move(tx, parts.log, who, case_id, data.get("playbook", ""), "", parts.clock())

    return await _act(request, case_id, verb, "In another playbook now")


@post("/cases/{case_id:str}/playbook/take-back", guards=WRITE, status_code=200, include_in_schema=False)
async def take_back(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Undo an `act`."""
    parts = parts_of(request)

    def verb(tx: Tx, who: Who, data: dict[str, str]) -> str:
        runs.withdraw(tx, parts.log, who, case_id, data.get("act", ""), parts.clock())
        return ""

    return await _act(request, case_id, verb, "Taken back")


@post("/cases/{case_id:str}/playbook/text", guards=SEND, status_code=200, include_in_schema=False)
async def text(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Put the text of the present step into the composer; whoever asked sends it."""
    parts, session = parts_of(request), session_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        number = cases.number_of(tx, case_id)
        detail = reading.detail(tx, number, session.user, session.sign_off, inbox.rendering(parts))
        words = panel.panel(tx, detail, session.user, parts.workspace).text if detail is not None else ""
        if not words:
            raise cases.RefusedError("This step has no text to offer; write in your own words.")
        return told("The text is in your reply; read it, then send it.", insert=words)

    return await act(request, case_id, verb)


HANDLERS: list[Any] = [tick, skip, leave, move, take_back, text]
