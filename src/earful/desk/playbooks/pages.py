"""The screen Playbooks: the list, the editor, versions, and TOML in and out."""

from collections.abc import Callable
from typing import Any, TypeVar

from litestar import Response, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.conditions import service as conditions
from earful.desk.conditions.reading import InvalidConditionError
from earful.desk.conditions.words import says, value_label
from earful.desk.playbooks import files, form, service, words
from earful.desk.playbooks.checking import Problem
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.playbooks.form import Draft
from earful.desk.playbooks.rules import CLOCKS, ROLES, End, Kind, Playbook
from earful.desk.playbooks.service import Kept, Version
from earful.desk.playbooks.texts import VARIABLES
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.desk.views import form as forms
from earful.desk.views.pages import Offered, offered, sent
from earful.model.conditions import ALWAYS, All, Check, Condition
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, go, is_htmx, page, parts_of, session_of, shell
from earful.web.site import form as sent_form

READ = [needs(Permission.CASES_READ)]
MANAGE = [needs(Permission.PLAYBOOKS_MANAGE)]
PATH = "/playbooks"
WEEK = "7d"
T = TypeVar("T")


class Listed(Struct, frozen=True, kw_only=True):
    """A playbook in the list."""

    kept: Kept
    sentence: str
    running: int
    week: conditions.Matches


class Editor(Struct, frozen=True, kw_only=True):
    """The editor of one playbook. `week`: cases of the last week that the condition holds of."""

    draft: Draft
    root: forms.Group
    offered: Offered
    problems: list[Problem]
    sentence: str = ""
    week: conditions.Matches | None = None
    problem: str = ""

    def wrong(self, place: str) -> str:
        """What is wrong at a place."""
        return "; ".join(one.text for one in self.problems if one.place == place)


class Change(Struct, frozen=True, kw_only=True):
    """A version with what it changed."""

    version: Version
    differences: list[str]


def last_week(condition: Condition) -> Condition:
    """The condition, of cases that opened in the last week."""
    return All((Check(field="case.opened_at", op="newer_than", value=WEEK), condition))


async def _write(request: Ask, verb: Callable[[Tx], T]) -> T:
    try:
        return await parts_of(request).store.write(verb)
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    except (InvalidPlaybookError, service.StaleError) as error:
        raise HTTPException(f"{error}. Nothing was changed.", status_code=422) from error


@get(PATH, guards=READ, include_in_schema=False)
async def list_page(request: Ask) -> Response[str]:
    """Every playbook as they are asked. `saved` and `before`, or `deleted`: what was just done, with its undo."""
    query, told = request.query_params, None
    saved, before, gone = query.get("saved", "")[:40], query.get("before", ""), query.get("deleted", "")[:40]
    if saved and before.isdecimal() and len(before) < 10:
        told = {"text": "Saved", "undo": {"url": f"{PATH}/{saved}/versions/{before}/restore"}}
    elif gone:
        told = {"text": "Playbook deleted", "undo": {"url": f"{PATH}/{gone}/bring-back"}}
    return await _list(request, told=told)


async def _list(
    request: Ask, *, told: Any = None, problems: tuple[str, ...] = (), toml: str = ""
) -> Response[str]:
    parts, session = parts_of(request), session_of(request)

    def read(tx: Tx) -> list[Listed]:
        running, now = service.running(tx), parts.clock()
        return [
            Listed(
                kept=kept,
                sentence=says(kept.playbook.when),
                running=running.get(kept.playbook.id, 0),
                week=conditions.matches(tx, last_week(kept.playbook.when), now),
            )
            for kept in service.listed(tx)
        ]

    found = await parts.store.read(read)
    there = {one.kept.playbook.id for one in found}
    return page(
        request,
        "playbooks/page.html",
        status=422 if problems else 200,
        shell=await shell(request, "playbooks"),
        playbooks=found,
        ready=[one for one in service.ready() if one.id not in there],
        says=says,
        may_manage=Permission.PLAYBOOKS_MANAGE in session.permissions,
        told=told,
        problems=problems,
        toml=toml,
    )


@get(f"{PATH}/new", guards=MANAGE, include_in_schema=False)
async def new_page(request: Ask) -> Response[str]:
    """A new playbook."""
    root = forms.of_condition(All((Check(field="case.topic", op="is", value="delivery"),)))
    return await show(request, form.fresh(), root)


@get(f"{PATH}/{{playbook_id:str}}", guards=READ, include_in_schema=False)
async def edit_page(request: Ask, playbook_id: FromPath[str]) -> Response[str]:
    """The editor of a playbook; those who may not change it read it."""
    try:
        kept = await parts_of(request).store.read(lambda tx: service.find(tx, playbook_id))
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return await show(
        request, form.of_playbook(kept.playbook, kept.version), forms.of_condition(kept.playbook.when)
    )


async def show(
    request: Ask,
    draft: Draft,
    root: forms.Group,
    *,
    template: str = "edit",
    status: int = 200,
    problem: str = "",
) -> Response[str]:
    """The editor with what its form says, a part of it, or with what keeps it from being used."""
    parts, session = parts_of(request), session_of(request)
    editor = await parts.store.read(lambda tx: _editor(tx, draft, root, parts.clock(), problem))
    return page(
        request,
        f"playbooks/{template}.html",
        status=status,
        shell=await shell(request, "playbooks"),
        editor=editor,
        draft_at=f"{PATH}/draft",
        whole_form="#playbook-form",
        value_label=value_label,
        kinds=list(Kind),
        ends=list(End),
        clocks=CLOCKS,
        roles=ROLES,
        variables=VARIABLES,
        may_manage=Permission.PLAYBOOKS_MANAGE in session.permissions,
        with_check=template != "edit",
    )


def _editor(tx: Tx, draft: Draft, root: forms.Group, now: Any, problem: str) -> Editor:
    """The editor with everything that is wrong, what its condition says, and how many cases it would have had."""
    found: list[Problem] = []
    sentence, week = "", None
    when: Condition = ALWAYS
    try:
        when = forms.condition_of(root)
        sentence = says(when)
        week = conditions.matches(tx, last_week(when), now)
    except InvalidConditionError as error:
        found.append(Problem(place="when", text=error.problem))
    named = bool(draft.id or draft.name.strip())
    found += service.check(tx, form.playbook_of(draft, when), now) if named else []
    colleagues = [(user.email, user.name) for user in users.colleagues(tx)]
    return Editor(
        draft=draft, root=root, offered=offered(tx, colleagues), problems=found, sentence=sentence, week=week,
        problem=problem,
    )  # fmt: skip


@post([f"{PATH}/draft", f"{PATH}/check"], guards=MANAGE, status_code=200, include_in_schema=False)
async def draft(request: Ask) -> Response[str]:
    """The form after a step of editing (`act`), or only what it says and finds; nothing is kept."""
    given, _ = await sent(request)
    act = request.query_params.get("act", "")
    root = forms.edited(forms.of_form(given), act)
    made = form.edited(form.of_form(given), act)
    template = "edit"
    if is_htmx(request):
        target = request.headers.get("hx-target", "")
        template = (
            "check"
            if request.url.path.endswith("/check")
            else "condition"
            if "condition" in target
            else "paths"
        )
    return await show(request, made, root, template=template)


@post(f"{PATH}/save", guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """Keep the playbook that the form says as a new version; what cannot be kept comes back in the form."""
    parts, who = parts_of(request), who_asks(request)
    given, _ = await sent(request)
    root, made = forms.of_form(given), form.of_form(given)

    def verb(tx: Tx) -> tuple[str, service.Saved]:
        playbook = form.playbook_of(made, forms.condition_of(root))
        return playbook.id, service.save(tx, parts.log, who, playbook, parts.clock(), seen=made.seen)

    try:
        name, saved = await parts.store.write(verb)
    except (InvalidPlaybookError, InvalidConditionError):
        words = "It cannot be kept like this: the places are marked below."
        return await show(request, made, root, status=422, problem=words)
    except service.StaleError as error:
        return await show(request, made, root, status=422, problem=str(error))
    return go(f"{PATH}?saved={name}&before={saved.before}" if saved.changed else PATH)


@post(f"{PATH}/ready", guards=MANAGE, status_code=200, include_in_schema=False)
async def take_ready(request: Ask) -> Response[Any]:
    """Put a playbook that Earful comes with in force: `id`, or all of them."""
    parts, who, wanted = parts_of(request), who_asks(request), (await sent_form(request)).get("id", "")
    problems: list[str] = []

    def verb(tx: Tx) -> None:
        there = {kept.playbook.id for kept in service.listed(tx)}
        for one in service.ready():
            if one.id not in there and wanted in ("", one.id):
                try:
                    service.save(tx, parts.log, who, one, parts.clock())
                except InvalidPlaybookError as error:
                    problems.extend(f"{one.name}: {line}" for line in error.lines)

    await _write(request, verb)
    return await _list(request, problems=tuple(problems)) if problems else go(PATH)


@post(f"{PATH}/import", guards=MANAGE, status_code=200, include_in_schema=False)
async def take_in(request: Ask) -> Response[Any]:
    """Read a playbook from `toml`; one of the same id gets a new version."""
    parts, who = parts_of(request), who_asks(request)
    text = (await sent_form(request)).get("toml", "").replace("\r\n", "\n")

    def verb(tx: Tx) -> tuple[str, service.Saved]:
        playbook = files.read(text, service.around(tx, parts.clock()))
        return playbook.id, service.save(tx, parts.log, who, playbook, parts.clock())

    try:
        name, saved = await parts.store.write(verb)
    except InvalidPlaybookError as error:
        return await _list(request, problems=error.lines, toml=text)
    return go(f"{PATH}?saved={name}&before={saved.before}" if saved.changed else PATH)


@get(f"{PATH}/{{playbook_id:str}}/toml", guards=READ, include_in_schema=False)
async def toml(request: Ask, playbook_id: FromPath[str]) -> Response[bytes]:
    """The playbook as a file."""
    try:
        kept = await parts_of(request).store.read(lambda tx: service.find(tx, playbook_id))
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    headers = {"content-disposition": f'attachment; filename="{kept.playbook.id}.toml"'}
    return Response(files.write(kept.playbook).encode(), media_type="application/toml", headers=headers)


@get(f"{PATH}/{{playbook_id:str}}/versions", guards=READ, include_in_schema=False)
async def versions_page(request: Ask, playbook_id: FromPath[str]) -> Response[str]:
    """Every version with what it changed, in words."""
    try:
        kept, found = await parts_of(request).store.read(
            lambda tx: (service.find(tx, playbook_id), service.versions(tx, playbook_id))
        )
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    before: list[Playbook | None] = [*(one.playbook for one in found[1:]), None]
    changes = [
        Change(version=one, differences=words.differences(old, one.playbook))
        for one, old in zip(found, before, strict=True)
    ]
    return page(
        request,
        "playbooks/versions.html",
        shell=await shell(request, "playbooks"),
        kept=kept,
        changes=changes,
        may_manage=Permission.PLAYBOOKS_MANAGE in session_of(request).permissions,
    )


@post(
    f"{PATH}/{{playbook_id:str}}/versions/{{version:int}}/restore", guards=MANAGE, status_code=200,
    include_in_schema=False,
)  # fmt: skip
async def restore(request: Ask, playbook_id: FromPath[str], version: FromPath[int]) -> Response[Any]:
    """Put an earlier version in force again; 0 takes a first save back."""
    parts, who = parts_of(request), who_asks(request)
    await _write(request, lambda tx: service.restore(tx, parts.log, who, playbook_id, version, parts.clock()))
    return _again(request)


@post(f"{PATH}/{{playbook_id:str}}/switch", guards=MANAGE, status_code=200, include_in_schema=False)
async def switch(request: Ask, playbook_id: FromPath[str]) -> Response[Any]:
    """Switch a playbook `on` or off for the cases that come."""
    parts, who, on = parts_of(request), who_asks(request), (await sent_form(request)).get("on") == "1"
    saved = await _write(
        request, lambda tx: service.switch(tx, parts.log, who, playbook_id, on, parts.clock())
    )
    return go(f"{PATH}?saved={playbook_id}&before={saved.before}")


@post(f"{PATH}/{{playbook_id:str}}/delete", guards=MANAGE, status_code=200, include_in_schema=False)
async def remove(request: Ask, playbook_id: FromPath[str]) -> Response[Any]:
    """Delete a playbook; the page then offers to undo it."""
    parts, who = parts_of(request), who_asks(request)
    await _write(request, lambda tx: service.remove(tx, parts.log, who, playbook_id, parts.clock()))
    return go(f"{PATH}?deleted={playbook_id}")


@post(f"{PATH}/{{playbook_id:str}}/bring-back", guards=MANAGE, status_code=200, include_in_schema=False)
async def bring_back(request: Ask, playbook_id: FromPath[str]) -> Response[Any]:
    """Undo a deletion."""
    parts, who = parts_of(request), who_asks(request)
    await _write(request, lambda tx: service.bring_back(tx, parts.log, who, playbook_id, parts.clock()))
    return _again(request)


def _again(request: Ask) -> Response[Any]:
    return Response(b"", status_code=200, headers={"HX-Refresh": "true"}) if is_htmx(request) else go(PATH)


HANDLERS: list[Any] = [
    list_page, new_page, edit_page, draft, save, take_ready, take_in, toml, versions_page, restore, switch, remove,
    bring_back,
]  # fmt: skip
