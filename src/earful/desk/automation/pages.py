"""Settings, Rules: the list with what each did, the editor with a try, TOML in and out, undo."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.automation import files, form, service
from earful.desk.automation.checking import Problem
from earful.desk.automation.files import InvalidFileError
from earful.desk.automation.form import Draft
from earful.desk.automation.rules import ASSIGNEE, LEADS, NOBODY, Do, On, Rule
from earful.desk.automation.service import InvalidRulesError, NotFoundError, StaleError, Standing
from earful.desk.conditions.reading import InvalidConditionError
from earful.desk.conditions.words import LABELS, says, value_label
from earful.desk.playbooks import service as playbooks
from earful.desk.routing import settings as routing
from earful.desk.routing.settings import free_id
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.desk.views import form as forms
from earful.desk.views.pages import Offered, offered, sent
from earful.model.conditions import All, Check
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, go, is_htmx, page, parts_of, session_of, shell, undo_note, version_in
from earful.web.site import form as sent_form

MANAGE = [needs(Permission.AUTOMATION_MANAGE)]
PATH = "/settings/rules"
NEW = "new"


class Listed(Struct, frozen=True, kw_only=True):
    """A rule in the list."""

    standing: Standing
    sentence: str


class Editor(Struct, frozen=True, kw_only=True):
    """The editor of one rule. `tried`: the newest cases that it would act on."""

    draft: Draft
    root: forms.Group
    offered: Offered
    values: dict[str, list[tuple[str, str]]]
    """Act -> what can be chosen for it, with its words."""
    problems: list[Problem]
    sentence: str = ""
    tried: list[service.Tried] = []
    problem: str = ""

    def wrong(self, place: str) -> str:
        """What is wrong at a place of the rule."""
        return "; ".join(one.text for one in self.problems if one.place == place)


@get(PATH, guards=MANAGE, include_in_schema=False)
async def list_page(request: Ask) -> Response[str]:
    """The rules in their order. `undo`: the version before a save, to be offered."""
    return await _list(request, told=undo_note(request, PATH))


async def _list(
    request: Ask, *, told: Any = None, lines: Sequence[str] = (), toml: str = ""
) -> Response[str]:
    parts = parts_of(request)

    def read(tx: Tx) -> dict[str, Any]:
        names = {user.id: user.name for user in users.colleagues(tx)}
        book = service.in_force(tx)
        return {
            "rules": [
                Listed(standing=one, sentence=says(service.condition_of(one.rule), names))
                for one in service.listed(tx, parts.clock())
            ],
            "hourly": book.hourly,
            "seq": service.place(tx),
        }

    return page(
        request,
        "settings/rules.html",
        status=422 if lines else 200,
        shell=await shell(request, "settings", request.query_params.get("notice", "")[:300]),
        told=told,
        lines=lines,
        toml=toml,
        **await parts.store.read(read),
    )


async def _save(
    request: Ask, change: Callable[[tuple[Rule, ...]], Sequence[Rule]], saved: str, *, seen: int | None = None,
    hourly: int = 0,
) -> Response[Any]:  # fmt: skip
    """Put the changed rules in force. Raises what `service.save` does."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> service.Saved:
        rules = change(service.in_force(tx).rules)
        return service.save(tx, parts.log, who, rules, parts.clock(), seen=seen, hourly=hourly)

    done = await parts.store.write(verb)
    if not done.changed:
        return go(f"{PATH}?notice=Nothing+was+different.")
    return go(f"{PATH}?saved={saved}&undo={done.before}")


async def _arrange(
    request: Ask, change: Callable[[tuple[Rule, ...]], Sequence[Rule]], saved: str, *, hourly: int = 0
) -> Response[Any]:
    try:
        return await _save(request, change, saved, hourly=hourly)
    except InvalidRulesError as error:
        raise HTTPException(f"{error}. Nothing was changed.", status_code=422) from error


@get(f"{PATH}/{{rule_id:str}}", guards=MANAGE, include_in_schema=False)
async def edit_page(request: Ask, rule_id: FromPath[str]) -> Response[str]:
    """The editor of a rule, or of a `new` one."""
    book, seq = await parts_of(request).store.read(lambda tx: (service.in_force(tx), service.place(tx)))
    if rule_id == NEW:
        root = forms.of_condition(All((Check(field="case.topic", op="is", value="delivery"),)))
        return await show(request, Draft(seq=seq), root)
    rule = book.rule(rule_id)
    if rule is None:
        raise NotFoundException("This rule does not exist; somebody may have deleted it.")
    return await show(request, form.of_rule(rule, seq), forms.of_condition(service.condition_of(rule)))


async def show(
    request: Ask, draft: Draft, root: forms.Group, *, template: str = "rule", problem: str = ""
) -> Response[str]:
    """The editor with what its form says, a part of it, or with what keeps it from being used."""
    parts = parts_of(request)

    def read(tx: Tx) -> tuple[Editor, list[service.Run]]:
        return _editor(tx, draft, root, parts.clock(), problem), service.runs(tx, draft.id)

    editor, runs = await parts.store.read(read)
    return page(
        request,
        f"settings/{template}.html",
        status=422 if problem else 200,
        shell=await shell(request, "settings"),
        editor=editor,
        runs=runs,
        draft_at=f"{PATH}/draft",
        whole_form="#rule-form",
        value_label=value_label,
        labels=LABELS,
        events=list(On),
        acts=list(Do),
        texts=form.TEXTS,
        tried_most=service.TRIED,
        with_check=template != "rule",
    )


def _editor(tx: Tx, draft: Draft, root: forms.Group, now: Any, problem: str) -> Editor:
    colleagues = users.colleagues(tx)
    found: list[Problem] = []
    sentence, tried = "", []
    try:
        when = forms.condition_of(root)
        sentence = says(when, {user.id: user.name for user in colleagues})
        rule = form.rule_of(draft, when, draft.id or "draft")
        tried = service.tried(tx, rule, now)
        if draft.id or draft.name.strip():
            found = service.problems_with(tx, rule)
    except InvalidConditionError as error:
        found.append(Problem(place="when", text=error.problem))
    return Editor(
        draft=draft,
        root=root,
        offered=offered(tx, [(user.id, user.name) for user in colleagues]),
        values=_values(tx, [(user.email, user.name) for user in colleagues]),
        problems=found,
        sentence=sentence,
        tried=tried,
        problem=problem,
    )


def _values(tx: Tx, people: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    plan = routing.in_force(tx)
    return {
        Do.ASSIGN.value: [*people, (NOBODY, "Nobody")],
        Do.NOTIFY.value: [(ASSIGNEE, "Whoever has the case"), (LEADS, "The leads"), *people],
        Do.QUEUE.value: [(one, plan.name_of(one)) for one in sorted(plan.queues - {""})],
        Do.PLAYBOOK.value: [(one.playbook.id, one.playbook.name) for one in playbooks.listed(tx)],
        Do.STATUS.value: [("open", "Open"), ("waiting", "Waiting on customer")],
    }


@post([f"{PATH}/draft", f"{PATH}/check"], guards=MANAGE, status_code=200, include_in_schema=False)
async def draft(request: Ask) -> Response[str]:
    """The form after a step of editing (`act`), or only what it says and would have done; nothing is kept."""
    given, _ = await sent(request)
    act = request.query_params.get("act", "")
    root, made = forms.edited(forms.of_form(given), act), form.edited(form.of_form(given), act)
    template = "rule"
    if is_htmx(request):
        target = request.headers.get("hx-target", "")
        if request.url.path.endswith("/check"):
            template = "rule_check"
        else:
            template = "rule_condition" if "condition" in target else "rule_acts"
    return await show(request, made, root, template=template)


@post(f"{PATH}/save", guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """Put the form's rule in force: a new one as the last, else where it stood."""
    given, _ = await sent(request)
    root, made = forms.of_form(given), form.of_form(given)
    try:
        when = forms.condition_of(root)

        def change(rules: tuple[Rule, ...]) -> Sequence[Rule]:
            rule_id = made.id or free_id([one.id for one in rules], made.name)
            return service.with_rule(rules, form.rule_of(made, when, rule_id))

        return await _save(request, change, "Rule+saved", seen=made.seq)
    except (InvalidRulesError, InvalidConditionError):
        return await show(
            request, made, root, problem="It cannot be kept like this: the places are marked below."
        )
    except StaleError as error:
        return await show(request, made, root, problem=str(error))


@post(
    [f"{PATH}/{{rule_id:str}}/{one}" for one in ("on", "off", "up", "down", "delete")],
    guards=MANAGE,
    status_code=200,
    include_in_schema=False,
)
async def arrange(request: Ask, rule_id: FromPath[str]) -> Response[Any]:
    """Switch a rule on or off, let it be asked sooner or later, or delete it."""
    act = request.url.path.rpartition("/")[2]

    def change(rules: tuple[Rule, ...]) -> Sequence[Rule]:
        rule = next((one for one in rules if one.id == rule_id), None)
        if rule is None:
            raise NotFoundException("This rule does not exist; somebody may have deleted it.")
        if act in ("on", "off"):
            return service.with_rule(rules, msgspec.structs.replace(rule, enabled=act == "on"))
        if act == "delete":
            return service.without_rule(rules, rule_id)
        return service.moved_rule(rules, rule_id, -1 if act == "up" else 1)

    said = {"on": "Switched+on", "off": "Switched+off", "delete": "Rule+deleted"}
    return await _arrange(request, change, said.get(act, "Moved"))


@post(f"{PATH}/{{rule_id:str}}/go-on", guards=MANAGE, status_code=200, include_in_schema=False)
async def go_on(request: Ask, rule_id: FromPath[str]) -> Response[Any]:
    """Let a rule that was paused act again."""
    parts, who = parts_of(request), who_asks(request)
    try:
        await parts.store.write(lambda tx: service.go_on(tx, parts.log, who, rule_id, parts.clock()))
    except NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return go(f"{PATH}?notice=It+goes+on+with+what+comes+now.")


@post(f"{PATH}/hourly", guards=MANAGE, status_code=200, include_in_schema=False)
async def hourly(request: Ask) -> Response[Any]:
    """How often one rule may act within an hour."""
    text = (await sent_form(request)).get("hourly", "").strip()
    most = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
    return await _arrange(request, lambda rules: rules, "Saved", hourly=most or -1)


@post(f"{PATH}/import", guards=MANAGE, status_code=200, include_in_schema=False)
async def take_in(request: Ask) -> Response[Any]:
    """Read rules from `toml`: those of the same id are changed, others are added as the last."""
    parts = parts_of(request)
    text = (await sent_form(request)).get("toml", "").replace("\r\n", "\n")
    try:
        found = await parts.store.read(lambda tx: files.read(text, service.around(tx)))

        def change(rules: tuple[Rule, ...]) -> Sequence[Rule]:
            for one in found:
                rules = service.with_rule(rules, one)
            return rules

        return await _save(request, change, "Rules+read+in")
    except InvalidFileError as error:
        return await _list(request, lines=error.lines, toml=text)
    except InvalidRulesError as error:
        return await _list(request, lines=[f"{one.place}: {one.text}" for one in error.problems], toml=text)


@get(f"{PATH}/toml", guards=MANAGE, include_in_schema=False)
async def toml(request: Ask) -> Response[bytes]:
    """All rules as a file."""
    session_of(request)
    book = await parts_of(request).store.read(service.in_force)
    headers = {"content-disposition": 'attachment; filename="rules.toml"'}
    return Response(files.write(book.rules).encode(), media_type="application/toml", headers=headers)


@post(f"{PATH}/restore", guards=MANAGE, status_code=200, include_in_schema=False)
async def restore(request: Ask) -> Response[Any]:
    """Undo: put earlier rules (`seq`) in force again."""
    parts, who = parts_of(request), who_asks(request)
    seq = version_in(await sent_form(request))
    try:
        done = await parts.store.write(lambda tx: service.restore(tx, parts.log, who, seq, parts.clock()))
    except (NotFoundError, InvalidRulesError) as error:
        raise HTTPException(f"{error}. Nothing was changed.", status_code=422) from error
    if is_htmx(request):
        return Response(b"", status_code=200, headers={"HX-Refresh": "true"})
    return go(f"{PATH}?saved=Earlier+rules+in+force&undo={done.before}")


HANDLERS: list[Any] = [
    list_page, edit_page, draft, save, arrange, go_on, hourly, take_in, toml, restore,
]  # fmt: skip
