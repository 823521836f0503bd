"""Playbooks for programs: read and replace them, and the run of a case."""

from typing import Any

import msgspec
from litestar import get, put
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.conditions.words import says
from earful.desk.playbooks import files, runs, service
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.playbooks.rules import Fact
from earful.desk.playbooks.runs import StepDone
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


class Shown(Struct, frozen=True, kw_only=True):
    """A playbook in force. `playbook` is what a PUT takes; `toml` the same as a file has it."""

    playbook: Any
    version: int
    at: int
    sentence: str
    toml: str


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All the playbooks there shall be."""

    playbooks: list[dict[str, Any]]
    versions: dict[str, int] | None = None
    """Id -> the version that each was made from, where a change that came meanwhile shall be refused."""


class RunShown(Struct, frozen=True, kw_only=True):
    """The playbook of a case. `because`: the facts that matched, as pairs of field and value."""

    id: str
    round: int
    playbook: str
    version: int
    path: str
    because: list[Fact]
    chosen_by: str
    state: str
    step: str
    step_due_at: int | None
    started_at: int
    ended_at: int | None
    steps: list[StepDone]


def _listed(tx: Tx) -> list[Shown]:
    return [
        Shown(
            playbook=msgspec.to_builtins(kept.playbook),
            version=kept.version,
            at=kept.at,
            sentence=says(kept.playbook.when),
            toml=files.write(kept.playbook),
        )
        for kept in service.listed(tx)
    ]


@get("/api/v1/playbooks", guards=[needs(Permission.CASES_READ)])
async def listed(request: Ask) -> list[Shown]:
    """The playbooks in force as they are asked: the first whose condition holds is a case's own."""
    return await parts_of(request).store.read(_listed)


@put("/api/v1/playbooks", guards=[needs(Permission.PLAYBOOKS_MANAGE)], exclude_from_csrf=True)
async def put_all(request: Ask, data: Body) -> list[Shown]:
    """Put playbooks in force instead of all there were; each that changed becomes a new version, others stay.

    Cases that are in a playbook keep the version that they began with. What cannot be trusted is refused whole with
    422, and `detail` names every place and reason; with `versions`, a change that came meanwhile with 409.
    """
    program_only(request)
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> list[Shown]:
        now = parts.clock()
        wanted = [_read(one, at) for at, one in enumerate(data.playbooks)]
        if len({one.id for one in wanted}) < len(wanted):
            raise ProblemError(422, "Two playbooks have the same id. Nothing was saved.")
        for kept in service.listed(tx):
            if kept.playbook.id not in {one.id for one in wanted}:
                service.remove(tx, parts.log, who, kept.playbook.id, now)
        for one in wanted:
            seen = (data.versions or {}).get(one.id)
            try:
                service.save(tx, parts.log, who, one, now, seen=seen)
            except InvalidPlaybookError as error:
                raise ProblemError(422, f"{one.id}: {error}. Nothing was saved.") from error
        return _listed(tx)

    try:
        saved = await parts.store.write(verb)
    except service.StaleError as error:
        raise ProblemError(409, str(error)) from error
    return saved


def _read(data: dict[str, Any], at: int) -> Any:
    try:
        return files.from_data(data)
    except InvalidPlaybookError as error:
        raise ProblemError(422, f"playbooks[{at}]: {error}. Nothing was saved.") from error


@get("/api/v1/cases/{case_id:str}/run", guards=[needs(Permission.CASES_READ)])
async def run(request: Ask, case_id: FromPath[str]) -> RunShown | None:
    """The newest run of a case: its playbook and version, why, where it stands, and every step with what ended it.

    `null` where no playbook has begun. `case_id` is the case's `id`.
    """

    def read(tx: Tx) -> RunShown | None:
        found = runs.of_known_case(tx, case_id)
        if found is None:
            return None
        values = {name: getattr(found, name) for name in RunShown.__struct_fields__}
        return RunShown(**values | {"playbook": found.playbook.id, "because": list(found.because)})

    try:
        return await parts_of(request).store.read(read)
    except service.NotFoundError as error:
        raise ProblemError(404, str(error)) from error


HANDLERS: list[Any] = [listed, put_all, run]
