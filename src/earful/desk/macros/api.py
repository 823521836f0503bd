"""Macros for programs: those of a role or of everybody, and what one says in a case."""

from collections.abc import Callable
from typing import Any, TypeVar

from litestar import Response, delete, get, post, put
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.macros import service
from earful.desk.macros.pages import case_of, words_in
from earful.desk.macros.rules import InvalidMacroError, Macro, Visibility
from earful.desk.macros.service import Asker, Kept
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.store.audit import Who
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.once import Key, once
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

READ = [needs(Permission.CASES_READ)]
MANAGE = [needs(Permission.MACROS_MANAGE)]
PATH = "/api/v1/macros"
T = TypeVar("T")


class MacroBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A macro to keep, and the lead or admin in whose name. A macro that is somebody's own is made in the pages."""

    macro: Macro
    user_id: str


class Shown(Struct, frozen=True, kw_only=True):
    """A macro with how often it was used."""

    id: str
    macro: Macro
    owner: str
    used: int
    used_at: int | None


class Expanded(Struct, frozen=True, kw_only=True):
    """What a macro says in a case; gaps that have to be filled stand in double brackets."""

    text: str


def _asker(who: Who) -> Asker:
    """A program sees and changes what is shared, whatever the role."""
    return Asker(who=who, role=Role.ADMIN, may_share=True)


def _shown(one: Kept) -> Shown:
    return Shown(id=one.id, macro=one.macro, owner=one.owner, used=one.used, used_at=one.used_at)


def _shared(macro: Macro) -> Macro:
    if macro.visibility is Visibility.MINE:
        raise InvalidMacroError("`visibility`: role or all; a macro of one's own is made in the pages.")
    return macro


def _told(verb: Callable[[Tx], T]) -> Callable[[Tx], T]:
    """The verb, with what it refuses as problem details."""

    def run(tx: Tx) -> T:
        try:
            return verb(tx)
        except (service.NotFoundError, NotFoundException) as error:
            raise ProblemError(404, str(error)) from error
        except (InvalidMacroError, service.RefusedError, users.InvalidError) as error:
            raise ProblemError(422, str(error)) from error

    return run


@get(PATH, guards=READ)
async def listed(request: Ask) -> list[Shown]:
    """The macros of roles and of everybody, by title."""
    asker = _asker(who_asks(request))
    found = await parts_of(request).store.read(lambda tx: service.seen_by(tx, asker))
    return [_shown(one) for one in found if one.macro.visibility is not Visibility.MINE]


@post(PATH, guards=MANAGE, status_code=201, exclude_from_csrf=True)
async def make(request: Ask, data: MacroBody, idempotency_key: Key = None) -> Response[bytes]:
    """Keep a new macro; answers with it. The same Idempotency-Key makes it once."""
    program_only(request)
    who, now = who_asks(request), parts_of(request).clock()

    def verb(tx: Tx) -> Shown:
        asker = _asker(users.acting(tx, who, data.user_id, Permission.MACROS_MANAGE, now))
        return _shown(service.find(tx, asker, service.create(tx, asker, _shared(data.macro), now)))

    return await once(request, idempotency_key, data, _told(verb))


@put(f"{PATH}/{{macro_id:str}}", guards=MANAGE, exclude_from_csrf=True)
async def change(request: Ask, macro_id: FromPath[str], data: MacroBody) -> Shown:
    """Change a macro; answers with it."""
    program_only(request)
    parts, who = parts_of(request), who_asks(request)
    now = parts.clock()

    def verb(tx: Tx) -> Shown:
        asker = _asker(users.acting(tx, who, data.user_id, Permission.MACROS_MANAGE, now))
        service.change(tx, asker, macro_id, _shared(data.macro), now)
        return _shown(service.find(tx, asker, macro_id))

    return await parts.store.write(_told(verb))


@delete(f"{PATH}/{{macro_id:str}}", guards=MANAGE, status_code=204, exclude_from_csrf=True)
async def remove(request: Ask, macro_id: FromPath[str]) -> None:
    """Delete a macro; the pages can bring it back."""
    program_only(request)
    parts, asker = parts_of(request), _asker(who_asks(request))
    await parts.store.write(_told(lambda tx: service.remove(tx, asker, macro_id, parts.clock())))


@get("/api/v1/cases/{case_id:str}/macros/{macro_id:str}", guards=READ)
async def expand(request: Ask, case_id: FromPath[str], macro_id: FromPath[str]) -> Expanded:
    """What a macro says in a case, in the customer's language where it has it. Nothing is done or sent."""
    parts, asker = parts_of(request), _asker(who_asks(request))

    def verb(tx: Tx) -> Expanded:
        kept = service.find(tx, asker, macro_id)
        return Expanded(text=words_in(tx, kept, case_of(tx, case_id, asker), asker, parts.workspace))

    return await parts.store.read(_told(verb))


HANDLERS: list[Any] = [listed, make, change, remove, expand]
