"""Backtests for programs: begin one, see how far it is, read what it found, stop it."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.automation.rules import Rule
from earful.desk.backtest import files
from earful.desk.backtest.jobs import Job
from earful.desk.backtest.pages import MAY, backtests_of, begin, job_of
from earful.desk.backtest.rules import WEEKS, Draft, Result
from earful.desk.backtest.service import InvalidDraftError, Wanted
from earful.desk.playbooks import files as playbook_files
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.sla.rules import Policy
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, program_only
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

READ = [needs(Permission.CASES_READ)]
PATH = "/api/v1/backtests"


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be tested: exactly one of the four."""

    playbook: dict[str, Any] | None = None
    rules: list[dict[str, Any]] | None = None
    """All automation rules, in their order."""
    policies: list[dict[str, Any]] | None = None
    """All SLA policies, in their order."""
    toml: str | None = None
    """A file that `earful playbooks`, `rules` or `sla` takes; its rules and policies join those in force."""
    weeks: int = WEEKS
    """1 to 26: cases that opened within so many weeks are looked at."""
    imported: bool = False
    """Cases that an import brought count as if they had come while the desk ran."""


class Shown(Struct, frozen=True, kw_only=True):
    """A backtest and how it stands: `waiting`, `running`, `finished`, `stopped` or `failed`."""

    id: str
    subject: str
    state: str
    at: int
    done: int
    """Cases looked at, of `total`."""
    total: int
    problem: str
    result: Result | None


def _shown(job: Job) -> Shown:
    return Shown(
        id=job.id,
        subject=job.wanted.draft.subject.value,
        state=job.state.value,
        at=job.at,
        done=job.done,
        total=job.total,
        problem=job.problem,
        result=job.result,
    )


@post(PATH, guards=READ, status_code=202, exclude_from_csrf=True)
async def start(request: Ask, data: Body) -> Response[Shown]:
    """Begin a backtest; `Location` says where to read how far it is and what it found.

    It needs the permission to change what is tested. A draft that could not be put in force is refused with 422, and
    `detail` names every place and reason; 429 when too many wait. Results are kept until Earful starts again.
    """
    program_only(request)
    parts = parts_of(request)
    try:
        draft = await parts.store.read(lambda tx: _draft(tx, data, parts.clock()))
        needed = MAY[draft.subject]
        if needed not in request.user.permissions:
            raise PermissionDeniedException(f"This needs the permission {needed}; nothing was tested.")
        job = await begin(request, Wanted(draft=draft, weeks=data.weeks, imported=data.imported))
    except InvalidDraftError as error:
        raise ProblemError(422, f"{error}. Nothing was tested.") from error
    return Response(_shown(job), status_code=202, headers={"location": f"{PATH}/{job.id}"})


def _draft(tx: Tx, data: Body, now: Any) -> Draft:
    given = [one for one in (data.playbook, data.rules, data.policies, data.toml) if one is not None]
    if len(given) != 1:
        raise InvalidDraftError(["give one of playbook, rules, policies and toml"])
    try:
        if data.toml is not None:
            return files.read(tx, data.toml, now)
        if data.playbook is not None:
            return Draft(playbook=playbook_files.from_data(data.playbook))
        if data.rules is not None:
            return Draft(rules=tuple(msgspec.convert(data.rules, list[Rule])))
        return Draft(policies=tuple(msgspec.convert(data.policies, list[Policy])))
    except InvalidPlaybookError as error:
        raise InvalidDraftError(error.lines) from error
    except msgspec.ValidationError as error:
        raise InvalidDraftError([str(error)]) from error


@get(f"{PATH}/{{job_id:str}}", guards=READ)
async def read(request: Ask, job_id: FromPath[str]) -> Shown:
    """A backtest: how far it is, and what it found when it is over."""
    return _shown(job_of(request, job_id))


@post(f"{PATH}/{{job_id:str}}/stop", guards=READ, status_code=202, exclude_from_csrf=True)
async def stop(request: Ask, job_id: FromPath[str]) -> Shown:
    """End a backtest; what it found so far becomes its result."""
    program_only(request)
    job = job_of(request, job_id)
    backtests_of(request).stop(job)
    return _shown(job)


HANDLERS: list[Any] = [start, read, stop]
