"""Automation rules for programs: read and replace them, and what they did."""

from typing import Any

import msgspec
from litestar import get, put
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.automation import checking, files, service
from earful.desk.automation.rules import Rule
from earful.desk.conditions.words import says
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

MANAGE = [needs(Permission.AUTOMATION_MANAGE)]


class Shown(Struct, frozen=True, kw_only=True):
    """A rule in force, with what it did in the last seven days."""

    rule: Rule
    version: int
    sentence: str
    runs: int
    acts: int
    refused: int
    paused_at: int | None
    """Since when it waits because it acted too often; null when it does not."""


class Rules(Struct, frozen=True, kw_only=True):
    """The rules in force, in their order."""

    seq: int
    """Their version; 0 before there were any."""
    hourly: int
    rules: list[Shown]
    toml: str


class RulesBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules to put in force, all of them, in their order."""

    rules: list[dict[str, Any]]
    hourly: int = 0
    """Acts of one rule within an hour before it is paused; 0 leaves it as it is."""
    seq: int | None = None
    """The version that they were made from: refused with 409 when another came meanwhile."""


def _shown(tx: Tx, now: Any) -> Rules:
    book = service.in_force(tx)
    return Rules(
        seq=service.place(tx),
        hourly=book.hourly,
        rules=[
            Shown(
                rule=one.rule,
                version=one.version,
                sentence=says(service.condition_of(one.rule)),
                runs=one.runs,
                acts=one.acts,
                refused=one.refused,
                paused_at=one.paused_at,
            )
            for one in service.listed(tx, now)
        ],
        toml=files.write(book.rules),
    )


@get("/api/v1/automation/rules", guards=MANAGE)
async def rules(request: Ask) -> Rules:
    """The automation rules in the order in which they are asked."""
    parts = parts_of(request)
    return await parts.store.read(lambda tx: _shown(tx, parts.clock()))


@put("/api/v1/automation/rules", guards=MANAGE, exclude_from_csrf=True)
async def put_rules(request: Ask, data: RulesBody) -> Rules:
    """Put rules in force instead of all there were; each that changed gets a version of its own.

    What cannot be used, such as rules that start each other without end, is refused whole with 422, and `detail` names
    every place and reason; with `seq`, a change that came meanwhile with 409.
    """
    program_only(request)
    parts, who = parts_of(request), who_asks(request)
    if not 0 <= data.hourly <= checking.HOURLY_MOST:
        raise ProblemError(422, f"hourly: write a number up to {checking.HOURLY_MOST:,}. Nothing was saved.")
    try:
        wanted = msgspec.convert(data.rules, list[Rule])
    except msgspec.ValidationError as error:
        raise ProblemError(422, f"rules: {error}. Nothing was saved.") from error

    def verb(tx: Tx) -> Rules:
        service.save(tx, parts.log, who, wanted, parts.clock(), seen=data.seq, hourly=data.hourly)
        return _shown(tx, parts.clock())

    try:
        saved = await parts.store.write(verb)
    except service.StaleError as error:
        raise ProblemError(409, str(error)) from error
    except service.InvalidRulesError as error:
        raise ProblemError(422, f"{error}. Nothing was saved.") from error
    return saved


@get("/api/v1/automation/rules/{rule_id:str}/runs", guards=MANAGE)
async def runs(request: Ask, rule_id: FromPath[str]) -> list[service.Run]:
    """The last fifty things that a rule did, newest first: on which case, why, and what could not be done."""
    return await parts_of(request).store.read(lambda tx: service.runs(tx, rule_id))


HANDLERS: list[Any] = [rules, put_rules, runs]
