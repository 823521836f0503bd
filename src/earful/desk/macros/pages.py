"""Macros in the composer, and under Settings: list, editor, import and export."""

from collections.abc import Callable
from typing import Any, TypeVar

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.cases import service as cases
from earful.desk.cases.pages import act
from earful.desk.cases.rules import Standing
from earful.desk.inbox import service as inbox
from earful.desk.macros import rules, service
from earful.desk.macros.rules import Actions, InvalidMacroError, Macro, Visibility
from earful.desk.macros.service import Asker, Kept
from earful.desk.outcomes.texts import LANGUAGES, VARIABLES
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.model.desk import CaseRow, Outcome, Role, Status
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell, told

READ = [needs(Permission.CASES_READ)]
WRITE = [needs(Permission.CASES_WRITE)]
PATH = "/settings/macros"
FOUND = 20
PREVIEW = 120
T = TypeVar("T")


class Hit(Struct, frozen=True, kw_only=True):
    """One line of the quick search."""

    id: str
    title: str
    preview: str
    does: list[str]


def asker_of(request: Ask) -> Asker:
    """Who asks, and whether they may share."""
    session = session_of(request)
    may = Permission.MACROS_MANAGE in session.permissions
    return Asker(who=who_asks(request), role=session.user.role, may_share=may)


@get("/cases/{case_id:str}/macros", guards=WRITE, include_in_schema=False)
async def search(request: Ask, case_id: FromPath[str]) -> list[Hit]:
    """Macros with the words of `q`, the most used first, as they would read in this case."""
    asker, parts = asker_of(request), parts_of(request)
    query = request.query_params.get("q", "")[:200]

    def read(tx: Tx) -> list[Hit]:
        case = case_of(tx, case_id, asker)
        names = {user.id: user.name for user in users.colleagues(tx)}
        return [
            Hit(
                id=one.id,
                title=one.macro.title,
                preview=" ".join(words_in(tx, one, case, asker, parts.workspace).split())[:PREVIEW],
                does=does(one.macro.actions, names),
            )
            for one in service.search(tx, asker, query, FOUND)
        ]

    return await parts.store.read(read)


def does(actions: Actions, names: dict[str, str]) -> list[str]:
    """What a macro does, in words."""
    found = [f"#{tag}" for tag in actions.tags]
    if actions.assign:
        found.append(f"→ {names.get(actions.assign, actions.assign)}")
    if actions.snooze_hours:
        found.append(f"{actions.snooze_hours} h")
    elif actions.status:
        found.append(actions.status)
    return found


def case_of(tx: Tx, case_id: str, asker: Asker) -> CaseRow:
    """The case that a macro is used in. Raises NotFoundException."""
    case = inbox.one(tx, case_id, asker.who.id)
    if case is None:
        raise NotFoundException("This case does not exist; it may have been merged into another.")
    return case


def words_in(tx: Tx, kept: Kept, case: CaseRow, asker: Asker, workspace: str) -> str:
    """The text of a macro as it reads in a case."""
    rating = inbox.leading_rating(tx, case.id) if len(kept.macro.texts) > 1 else None
    text = rules.text_for(kept.macro.texts, rating.language if rating else "")
    name = case.person_name if case.person_name != case.handle else ""
    return rules.fill(
        text,
        {
            "name": name,
            "first_name": name.split()[0] if name.split() else "",
            "handle": case.handle,
            "network": case.network.value,
            "case": f"#{case.number}",
            "agent": asker.who.name,
            "brand": workspace,
        },
    )


@post("/cases/{case_id:str}/macros/{macro_id:str}", guards=WRITE, status_code=200, include_in_schema=False)
async def use(request: Ask, case_id: FromPath[str], macro_id: FromPath[str]) -> Response[Any]:
    """Put a macro's words into the composer and do what it does; nothing is sent."""
    asker, parts = asker_of(request), parts_of(request)
    scripts = is_htmx(request)

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        kept = service.find(tx, asker, macro_id)
        case = case_of(tx, case_id, asker)
        words = words_in(tx, kept, case, asker, parts.workspace)
        undo = service.apply(tx, parts.log, asker, kept, case, now)
        if not scripts and words:
            cases.save_draft(tx, asker.who.id, case_id, words, None, "", now)
        if not undo:
            return told(kept.macro.title, insert=words)
        return told(kept.macro.title, f"/cases/{case_id}/macro-undo", undo, insert=words)

    return await _case_act(request, case_id, verb)


@post("/cases/{case_id:str}/macro-undo", guards=WRITE, status_code=200, include_in_schema=False)
async def take_back(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Undo what a macro did beside its text."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        for tag in data.get("tags", "").split("\n"):
            if tag:
                cases.untag(tx, parts.log, who, case_id, tag, now)
        if "assignee" in data:
            names = {user.id: user.name for user in users.colleagues(tx)}
            wanted = data["assignee"] if data["assignee"] in names else ""
            cases.assign(tx, parts.log, who, case_id, wanted or None, names.get(wanted, ""), now)
        if data.get("status") in set(Status) and data.get("outcome") in set(Outcome):
            cases.restore(
                tx,
                parts.log,
                who,
                case_id,
                Standing(
                    status=Status(data["status"]),
                    outcome=Outcome(data["outcome"]),
                    snoozed_until=_instant(data.get("snoozed_until", "")),
                    closed_at=_instant(data.get("closed_at", "")),
                ),
                now,
            )
        return {}

    return await _case_act(request, case_id, verb)


def _instant(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 16 else None


async def _case_act(request: Ask, case_id: str, verb: Callable[[Tx], dict[str, str]]) -> Response[Any]:
    try:
        return await act(request, case_id, verb)
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    except service.RefusedError as error:
        raise ProblemError(422, str(error)) from error


@get(PATH, guards=READ, include_in_schema=False)
async def list_page(request: Ask) -> Response[str]:
    """The macros that one sees. `deleted`: one that was just deleted."""
    return await _list(request)


async def _list(request: Ask, problem: str = "") -> Response[str]:
    asker = asker_of(request)
    gone, said = request.query_params.get("deleted", "")[:40], None
    if gone:
        said = {"text": "Macro deleted", "undo": {"url": f"{PATH}/{gone}/restore"}}

    def read(tx: Tx) -> tuple[list[Kept], dict[str, str]]:
        return service.seen_by(tx, asker), {user.id: user.name for user in users.colleagues(tx)}

    found, names = await parts_of(request).store.read(read)
    return page(
        request,
        "settings/macros.html",
        status=422 if problem else 200,
        shell=await shell(request, "settings", request.query_params.get("notice", "")[:200]),
        macros=found,
        names=names,
        does=does,
        may_share=asker.may_share,
        problem=problem,
        told=said,
    )


@get(f"{PATH}/new", guards=READ, include_in_schema=False)
async def new_page(request: Ask) -> Response[str]:
    """The editor of a new macro."""
    return await _edit(request, "", Macro(title=""))


@get(f"{PATH}/{{macro_id:str}}", guards=READ, include_in_schema=False)
async def edit_page(request: Ask, macro_id: FromPath[str]) -> Response[str]:
    """The editor of a macro."""
    asker = asker_of(request)
    try:
        kept = await parts_of(request).store.read(lambda tx: service.find(tx, asker, macro_id))
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return await _edit(request, macro_id, kept.macro)


async def _edit(request: Ask, macro_id: str, macro: Macro, problem: str = "") -> Response[str]:
    colleagues = await parts_of(request).store.read(users.colleagues)
    return page(
        request,
        "settings/macro_edit.html",
        status=422 if problem else 200,
        shell=await shell(request, "settings"),
        macro_id=macro_id,
        macro=macro,
        problem=problem,
        colleagues=colleagues,
        languages=LANGUAGES,
        variables=[(name, VARIABLES[name]) for name in VARIABLES if name in rules.USABLE],
        roles=list(Role),
        may_share=asker_of(request).may_share,
    )


def of_form(data: dict[str, str]) -> Macro:
    """The macro that the form says, before it is checked."""
    hours = data.get("snooze_hours", "").strip()
    return Macro(
        title=data.get("title", ""),
        texts={tongue: text for tongue in LANGUAGES if (text := data.get(f"text_{tongue}", "").strip())},
        visibility=Visibility(data["visibility"])
        if data.get("visibility") in set(Visibility)
        else Visibility.MINE,
        role=Role(data["role"]) if data.get("role") in set(Role) else Role.AGENT,
        actions=Actions(
            tags=[tag.strip() for tag in data.get("tags", "").split(",") if tag.strip()],
            assign=data.get("assign", ""),
            status=data.get("status", ""),
            snooze_hours=int(hours) if hours.isascii() and hours.isdecimal() and len(hours) < 6 else 0,
        ),
    )


@post(f"{PATH}/save", guards=READ, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """Keep the macro that the form says; what cannot be kept comes back in the form."""
    parts, asker, data = parts_of(request), asker_of(request), await form(request)
    macro, macro_id = of_form(data), data.get("id", "")[:40]

    def verb(tx: Tx) -> None:
        if macro_id:
            service.change(tx, asker, macro_id, macro, parts.clock())
        else:
            service.create(tx, asker, macro, parts.clock())

    try:
        await parts.store.write(verb)
    except (InvalidMacroError, service.RefusedError, service.NotFoundError) as error:
        return await _edit(request, macro_id, macro, str(error))
    return go(f"{PATH}?notice=Saved.")


@post(f"{PATH}/{{macro_id:str}}/delete", guards=READ, status_code=200, include_in_schema=False)
async def remove(request: Ask, macro_id: FromPath[str]) -> Response[Any]:
    """Delete a macro; the page then offers to undo it."""
    parts, asker = parts_of(request), asker_of(request)
    await _write(request, lambda tx: service.remove(tx, asker, macro_id, parts.clock()))
    return go(f"{PATH}?deleted={macro_id}")


@post(f"{PATH}/{{macro_id:str}}/restore", guards=READ, status_code=200, include_in_schema=False)
async def restore(request: Ask, macro_id: FromPath[str]) -> Response[Any]:
    """Undo: bring a deleted macro back."""
    parts, asker = parts_of(request), asker_of(request)
    await _write(request, lambda tx: service.restore(tx, asker, macro_id, parts.clock()))
    return Response(b"", status_code=200, headers={"HX-Refresh": "true"}) if is_htmx(request) else go(PATH)


@get(f"{PATH}/export", guards=READ, include_in_schema=False)
async def export(request: Ask) -> Response[str]:
    """Every macro that one sees, as TOML."""
    asker = asker_of(request)
    found = await parts_of(request).store.read(lambda tx: service.seen_by(tx, asker))
    headers = {"content-disposition": 'attachment; filename="macros.toml"'}
    return Response(
        rules.dump(one.macro for one in found), media_type="application/toml; charset=utf-8", headers=headers
    )


@post(f"{PATH}/import", guards=READ, status_code=200, include_in_schema=False)
async def take_in(request: Ask) -> Response[Any]:
    """Import `toml`, all or none: a macro of the same title and visibility is replaced."""
    parts, asker, data = parts_of(request), asker_of(request), await form(request)
    try:
        macros = rules.loads(data.get("toml", ""))
        count = await parts.store.write(lambda tx: service.take_in(tx, asker, macros, parts.clock()))
    except (InvalidMacroError, service.RefusedError) as error:
        return await _list(request, f"{error} Nothing was imported.")
    return go(f"{PATH}?notice={count} imported.")


async def _write(request: Ask, verb: Callable[[Tx], T]) -> T:
    try:
        return await parts_of(request).store.write(verb)
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    except service.RefusedError as error:
        raise ProblemError(422, str(error)) from error


HANDLERS: list[Any] = [
    search, use, take_back, list_page, new_page, edit_page, save, remove, restore, export, take_in,
]  # fmt: skip
