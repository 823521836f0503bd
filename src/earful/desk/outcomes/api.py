"""Outcomes for programs: the history of a case, and what a check or a program may say."""

from collections.abc import Callable
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.cases import service as cases
from earful.desk.outcomes import service as outcomes
from earful.desk.users.rules import Permission
from earful.desk.users.service import TokenHolder
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


class VerifyBody(Struct, forbid_unknown_fields=True):
    """How it was checked."""

    reason: str


class ClaimBody(Struct, forbid_unknown_fields=True):
    """Why it should be fixed; may be empty."""

    reason: str = ""


class DisputeBody(Struct, forbid_unknown_fields=True):
    """What a message really says: `confirmed`, `denied` or `unclear`; of a reply of ours `points` or `answers`."""

    message: str
    reading: str


@get("/api/v1/cases/{case_id:str}/outcomes", guards=[needs(Permission.CASES_READ)])
async def history(request: Ask, case_id: FromPath[str]) -> list[outcomes.Change]:
    """Every outcome that a case has had, oldest first, each with the version of the rules and its evidence.

    Empty while nothing has happened but that somebody wrote: the case is unanswered. `case_id` is the case's `id`.
    """
    return await parts_of(request).store.read(lambda tx: _history(tx, case_id))


def _history(tx: Tx, case_id: str) -> list[outcomes.Change]:
    try:
        cases.number_of(tx, case_id)
    except cases.NotFoundError as error:
        raise ProblemError(404, str(error)) from error
    return outcomes.of(tx, case_id)


async def _say(request: Ask, case_id: str, verb: Callable[[Tx], Any]) -> list[outcomes.Change]:
    """Run a verb of a program. People say it in the inbox, whose forms are safe from other sites."""
    if not isinstance(request.user, TokenHolder):
        raise ProblemError(
            400, "This is for programs with a token; people use the inbox. Nothing was changed."
        )
    parts = parts_of(request)

    def run(tx: Tx) -> list[outcomes.Change]:
        cases.number_of(tx, case_id)
        verb(tx)
        return outcomes.of(tx, case_id)

    try:
        found = await parts.store.write(run)
    except cases.NotFoundError as error:
        raise ProblemError(404, str(error)) from error
    except outcomes.RefusedError as error:
        raise ProblemError(409, str(error)) from error
    return found


@post(
    "/api/v1/cases/{case_id:str}/outcomes/verify",
    guards=[needs(Permission.OUTCOMES_VERIFY)],
    status_code=200,
    exclude_from_csrf=True,
)
async def verify(request: Ask, case_id: FromPath[str], data: VerifyBody) -> list[outcomes.Change]:
    """Say that somebody or something checked that it is fixed, with the `reason`; answers with the history."""
    parts, who = parts_of(request), who_asks(request)
    return await _say(
        request,
        case_id,
        lambda tx: outcomes.verify(tx, parts.log, who, case_id, data.reason, parts.clock()),
    )


@post(
    "/api/v1/cases/{case_id:str}/outcomes/claim",
    guards=[needs(Permission.CASES_WRITE)],
    status_code=200,
    exclude_from_csrf=True,
)
async def claim(request: Ask, case_id: FromPath[str], data: ClaimBody) -> list[outcomes.Change]:
    """Say that it is fixed, until the customer says so or otherwise; answers with the history."""
    parts, who = parts_of(request), who_asks(request)
    return await _say(
        request, case_id, lambda tx: outcomes.claim(tx, parts.log, who, case_id, parts.clock(), data.reason)
    )


@post(
    "/api/v1/cases/{case_id:str}/outcomes/dispute",
    guards=[needs(Permission.CASES_WRITE)],
    status_code=200,
    exclude_from_csrf=True,
)
async def dispute(request: Ask, case_id: FromPath[str], data: DisputeBody) -> list[outcomes.Change]:
    """Say what a `message` of the case really says; answers with the history as it then is."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> None:
        found, _ = outcomes.dispute(tx, parts.log, who, data.message, data.reading, parts.clock())
        if found != case_id:
            raise outcomes.RefusedError("This message belongs to another case; nothing was changed.")

    return await _say(request, case_id, verb)


HANDLERS: list[Any] = [history, verify, claim, dispute]
