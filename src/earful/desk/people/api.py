"""People for programs: who they are, what was said, links and suggestions, flags; and cases put together and apart."""

from collections.abc import Callable
from typing import Any, TypeVar

from litestar import get, post
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.cases import merging
from earful.desk.cases import service as cases
from earful.desk.people import flags, linking, reading, suggesting
from earful.desk.people import service as people
from earful.desk.people.linking import Proof
from earful.desk.people.reading import Page, Person, Timeline
from earful.desk.people.rules import Flag, Origin
from earful.desk.people.suggesting import Hint
from earful.desk.users.rules import Permission
from earful.model.time import Instant
from earful.store.audit import record
from earful.store.errors import ConflictError
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

READ, WRITE = [needs(Permission.CASES_READ)], [needs(Permission.CASES_WRITE)]
T = TypeVar("T")


class LinkBody(Struct, forbid_unknown_fields=True):
    """`other`: id of the person who is the same."""

    other: str
    reason: str


class FlagBody(Struct, forbid_unknown_fields=True):
    """`ends_at`: milliseconds UTC; none for no end."""

    flag: Flag
    reason: str
    ends_at: int | None = None


class MergeBody(Struct, forbid_unknown_fields=True):
    """`number`: the case that comes into this one. `version`: as it was read; another one is refused."""

    number: int
    reason: str = ""
    version: int | None = None


class SplitBody(Struct, forbid_unknown_fields=True):
    """`messages`: ids of those that become a case of their own."""

    messages: list[str]
    reason: str = ""
    version: int | None = None


class Made(Struct, frozen=True):
    """`id` of what was made: by it, it can be taken back."""

    id: str


async def _read(request: Ask, verb: Callable[[Tx], T]) -> T:
    try:
        return await parts_of(request).store.read(verb)
    except linking.NotFoundError as error:
        raise ProblemError(404, str(error)) from error
    except ValueError as error:
        raise ProblemError(400, str(error)) from error


async def _write(request: Ask, verb: Callable[[Tx, Instant], T]) -> T:
    program_only(request)
    parts = parts_of(request)
    try:
        found = await parts.store.write(lambda tx: verb(tx, parts.clock()))
    except (linking.NotFoundError, cases.NotFoundError) as error:
        raise ProblemError(404, str(error)) from error
    except (linking.RefusedError, cases.RefusedError, ConflictError) as error:
        raise ProblemError(409, str(error)) from error
    return found


@get("/api/v1/people", guards=READ)
async def listed(request: Ask, q: str = "", after: str = "") -> Page:
    """A page of persons, who was met last first; `q` searches names, handles and addresses, `after` is `next`."""
    return await _read(request, lambda tx: reading.page(tx, q, after[:40], parts_of(request).clock()))


@get("/api/v1/people/suggestions", guards=READ)
async def suggestions(request: Ask) -> list[Hint]:
    """The strongest 100 open suggestions of who may be the same person, each with its evidence."""
    return await _read(request, suggesting.queue)


@get("/api/v1/people/{person_id:str}", guards=READ)
async def person(request: Ask, person_id: FromPath[str]) -> Person:
    """One person with accounts, cases, flags, suggestions, and every link with its evidence. An id that was linked to
    another leads to who they now are. That it was read is written into the audit log."""
    parts, who = parts_of(request), who_asks(request)
    now = parts.clock()
    found = await _read(request, lambda tx: reading.person(tx, reading.who_is(tx, person_id), now))
    await parts.store.write(lambda tx: record(tx, who, "person.seen", found.card.id, now))
    return found


@get("/api/v1/people/{person_id:str}/timeline", guards=READ)
async def timeline(request: Ask, person_id: FromPath[str], before: str = "") -> Timeline:
    """What was said with a person over all channels, newest first; `before` is `next` of the page before."""
    parts, who = parts_of(request), who_asks(request)

    def look(tx: Tx) -> tuple[str, Timeline]:
        now_is = reading.who_is(tx, person_id)
        return now_is, reading.timeline(tx, now_is, before)

    now_is, found = await _read(request, look)
    await parts.store.write(lambda tx: record(tx, who, "person.seen", now_is, parts.clock()))
    return found


@post("/api/v1/people/{person_id:str}/links", guards=WRITE, status_code=201, exclude_from_csrf=True)
async def link(request: Ask, person_id: FromPath[str], data: LinkBody) -> Made:
    """Say that two persons are one, with the `reason`."""
    parts, who = parts_of(request), who_asks(request)
    proof = Proof(Origin.HAND, reason=data.reason)
    return await _write(
        request, lambda tx, now: Made(linking.tie(tx, parts.log, who, proof, person_id, data.other, now))
    )


@post("/api/v1/people/links/{tie_id:str}/undo", guards=WRITE, status_code=204, exclude_from_csrf=True)
async def unlink(request: Ask, tie_id: FromPath[str]) -> None:
    """Take a link back, whenever it was made: every account and case goes to where it is without it."""
    parts, who = parts_of(request), who_asks(request)
    await _write(request, lambda tx, now: suggesting.take_back(tx, parts.log, who, tie_id, now))


@post(
    "/api/v1/people/suggestions/{hint_id:str}/accept", guards=WRITE, status_code=201, exclude_from_csrf=True
)
async def accept(request: Ask, hint_id: FromPath[str]) -> Made:
    """The two are one person; answers with the link."""
    parts, who = parts_of(request), who_asks(request)
    return await _write(request, lambda tx, now: Made(suggesting.accept(tx, parts.log, who, hint_id, now)))


@post(
    "/api/v1/people/suggestions/{hint_id:str}/refuse", guards=WRITE, status_code=204, exclude_from_csrf=True
)
async def refuse(request: Ask, hint_id: FromPath[str]) -> None:
    """The two are not one person: never suggested again on the same evidence."""
    who = who_asks(request)
    await _write(request, lambda tx, now: suggesting.refuse(tx, who, hint_id, now))


@post(
    "/api/v1/people/suggestions/{hint_id:str}/reopen", guards=WRITE, status_code=204, exclude_from_csrf=True
)
async def reopen(request: Ask, hint_id: FromPath[str]) -> None:
    """Undo a refusal."""
    who = who_asks(request)
    await _write(request, lambda tx, now: suggesting.reopen(tx, who, hint_id, now))


@post("/api/v1/people/{person_id:str}/flags", guards=WRITE, status_code=201, exclude_from_csrf=True)
async def flag(request: Ask, person_id: FromPath[str], data: FlagBody) -> Made:
    """Flag a person as `vip` or `vulnerable`, with the `reason` and perhaps an end."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx, now: Instant) -> Made:
        return Made(flags.put(tx, parts.log, who, person_id, data.flag, data.reason, data.ends_at, now))

    return await _write(request, verb)


@post("/api/v1/people/flags/{flag_id:str}/clear", guards=WRITE, status_code=204, exclude_from_csrf=True)
async def clear(request: Ask, flag_id: FromPath[str]) -> None:
    """Take a flag off; it stays in the history."""
    parts, who = parts_of(request), who_asks(request)
    await _write(request, lambda tx, now: flags.clear(tx, parts.log, who, flag_id, now))


def _case(tx: Tx, number: int) -> people.Numbered:
    found = people.case_numbered(tx, number)
    if found is None:
        raise cases.NotFoundError(f"There is no case #{number}; it may have been merged into another.")
    return found


@post("/api/v1/cases/{number:int}/merge", guards=WRITE, status_code=201, exclude_from_csrf=True)
async def merge(request: Ask, number: FromPath[int], data: MergeBody) -> Made:
    """Put everything of another case of the same person into this one."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx, now: Instant) -> Made:
        kept, other = _case(tx, number), _case(tx, data.number)
        return Made(merging.merge(tx, parts.log, who, kept.id, other.id, data.reason, data.version, now))

    return await _write(request, verb)


@post("/api/v1/cases/{number:int}/split", guards=WRITE, status_code=201, exclude_from_csrf=True)
async def split(request: Ask, number: FromPath[int], data: SplitBody) -> Made:
    """Make a case of its own of some messages; our answers to them go along."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx, now: Instant) -> Made:
        case_id = _case(tx, number).id
        return Made(merging.split(tx, parts.log, who, case_id, data.messages, data.reason, data.version, now))

    return await _write(request, verb)


@post("/api/v1/cases/merges/{merge_id:str}/undo", guards=WRITE, status_code=204, exclude_from_csrf=True)
async def undo(request: Ask, merge_id: FromPath[str]) -> None:
    """Take a merge or a split back, without loss; what came since goes with its conversation."""
    parts, who = parts_of(request), who_asks(request)
    await _write(request, lambda tx, now: merging.undo(tx, parts.log, who, merge_id, now))


HANDLERS: list[Any] = [
    listed, suggestions, person, timeline, link, unlink, accept, refuse, reopen, flag, clear, merge, split, undo,
]  # fmt: skip
