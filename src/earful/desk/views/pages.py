"""Settings, Views: the list of saved views, and the editor of one."""

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

from litestar import Response, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.channels import service as channels
from earful.desk.conditions import service as conditions
from earful.desk.conditions.fields import GROUPS, Field
from earful.desk.conditions.reading import InvalidConditionError
from earful.desk.conditions.words import GROUP_LABELS, LABELS, says, value_label
from earful.desk.inbox import pages as inbox
from earful.desk.inbox import service as cases
from earful.desk.routing import settings as routing
from earful.desk.triage import topics
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.desk.views import form as forms
from earful.desk.views import service as views
from earful.desk.views.rules import ICONS, Sort, View
from earful.model.conditions import All, Check, Condition
from earful.model.desk import InboxFilter
from earful.model.rating import TOPICS
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell

READ = [needs(Permission.CASES_READ)]
PATH = "/settings/views"
T = TypeVar("T")
FIELDS_MOST = 1_500
"""Fields of a form at most: a condition of the largest size has fewer."""


class Offered(Struct, frozen=True, kw_only=True):
    """What the editor lets people choose from."""

    groups: list[tuple[str, list[Field]]]
    labels: dict[str, str]
    colleagues: list[tuple[str, str]]
    words: dict[str, list[str]]
    """Field -> values that are in use, to be typed or picked."""


class Editor(Struct, frozen=True, kw_only=True):
    """The editor of one view."""

    id: str
    name: str
    icon: str
    sort: Sort
    shared: bool
    root: forms.Group
    offered: Offered
    may_share: bool
    sentence: str = ""
    matches: conditions.Matches | None = None
    problem: str = ""


class Listed(Struct, frozen=True, kw_only=True):
    """A view in the list."""

    view: View
    count: int
    sentence: str
    can_change: bool


def asker_of(request: Ask) -> views.Asker:
    session = session_of(request)
    return views.Asker(who=who_asks(request), may_share=Permission.VIEWS_SHARE in session.permissions)


async def _write(request: Ask, verb: Callable[[Tx], T]) -> T:
    """Run a verb and wake its consumer. Raises NotFoundException, or HTTPException with the reason."""
    parts = parts_of(request)
    try:
        done = await parts.store.write(verb)
    except views.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    except views.RefusedError as error:
        raise HTTPException(str(error), status_code=422) from error
    return done


def _listed(tx: Tx, asker: views.Asker) -> list[Listed]:
    seen = views.seen_by(tx, asker.who.id)
    counts = views.counts(tx, seen, asker.who.id)
    names = {user.id: user.name for user in users.colleagues(tx)}
    return [
        Listed(
            view=view,
            count=counts[view.id],
            sentence=says(view.condition, names),
            can_change=not view.shared or asker.may_share,
        )
        for view in seen
    ]


@get(PATH, guards=READ, include_in_schema=False)
async def list_page(request: Ask) -> Response[str]:
    """Every view that one sees. `deleted`: one that was just deleted."""
    gone, told = request.query_params.get("deleted", "")[:40], None
    if gone:
        told = {"text": "View deleted", "undo": {"url": f"{PATH}/{gone}/restore"}}
    return await _list(request, told)


async def _list(request: Ask, told: Any = None) -> Response[str]:
    asker = asker_of(request)
    found = await parts_of(request).store.read(lambda tx: _listed(tx, asker))
    update = is_htmx(request)
    return page(
        request,
        "settings/views_update.html" if update else "settings/views.html",
        shell=await shell(request, "settings", request.query_params.get("notice", "")[:300]),
        groups=[
            [one for one in found if one.view.shared],
            [one for one in found if not one.view.shared],
        ],
        filling=any(one.view.filling for one in found),
        told=told,
    )


def from_filter(wanted: InboxFilter) -> Condition:
    """What the inbox shows, as a condition."""
    pairs = [
        ("case.status", {"mine": "open", "unassigned": "open", "all": ""}.get(wanted.view, wanted.view)),
        ("case.assignee", "me" if wanted.view == "mine" else ""),
        ("case.network", wanted.network.value if wanted.network else ""),
        ("case.kind", wanted.kind),
        ("case.topic", wanted.topic),
    ]
    tests: list[Condition] = [Check(field=name, op="is", value=value) for name, value in pairs if value]
    if wanted.view == "unassigned":
        tests.append(Check(field="case.assignee", op="is_set", value=False))
    if wanted.tag:
        tests.append(Check(field="case.tags", op="has", value=wanted.tag))
    if wanted.search.strip():
        tests.append(Check(field="message.text", op="contains", value=wanted.search.strip()))
    return All(tuple(tests))


@get(f"{PATH}/new", guards=READ, include_in_schema=False)
async def new_page(request: Ask) -> Response[str]:
    """A new view: what the inbox shows, where the address says so, else the open cases."""
    wanted = inbox.filter_of(dict(request.query_params.items()))
    asker = asker_of(request)

    def draft(tx: Tx) -> Editor:
        saved = None if wanted.view in cases.VIEWS else views.find(tx, wanted.view, asker.who.id)
        condition = saved.condition if saved else from_filter(wanted)
        return editor_of(
            tx,
            asker,
            forms.of_condition(condition),
            sort=saved.sort if saved else Sort(wanted.order),
            now=parts_of(request).clock(),
        )

    return await _edit(request, await parts_of(request).store.read(draft))


@get(f"{PATH}/{{view_id:str}}", guards=READ, include_in_schema=False)
async def edit_page(request: Ask, view_id: FromPath[str]) -> Response[str]:
    """The editor of a view."""
    asker = asker_of(request)

    def draft(tx: Tx) -> Editor | None:
        view = views.find(tx, view_id, asker.who.id)
        if view is None:
            return None
        root, now = forms.of_condition(view.condition), parts_of(request).clock()
        return editor_of(
            tx, asker, root, view_id=view.id, name=view.name, icon=view.icon, sort=view.sort,
            shared=view.shared, now=now,
        )  # fmt: skip

    found = await parts_of(request).store.read(draft)
    if found is None:
        raise NotFoundException("This view does not exist; somebody may have deleted it.")
    return await _edit(request, found)


async def _edit(request: Ask, editor: Editor, status: int = 200) -> Response[str]:
    return page(
        request,
        "settings/view_edit.html",
        status=status,
        shell=await shell(request, "settings"),
        editor=editor,
        icons=ICONS,
        sorts=list(Sort),
        value_label=value_label,
    )


def editor_of(
    tx: Tx,
    asker: views.Asker,
    root: forms.Group,
    *,
    now: Any,
    view_id: str = "",
    name: str = "",
    icon: str = "",
    sort: Sort = Sort.PRIORITY,
    shared: bool = False,
    problem: str = "",
) -> Editor:
    """The editor with what its condition says and how many cases it has."""
    colleagues = [(user.id, user.name) for user in users.colleagues(tx)]
    sentence, matches = "", None
    try:
        condition = forms.condition_of(root)
        sentence = says(condition, dict(colleagues))
        matches = conditions.matches(tx, condition, now, asker.who.id)
    except InvalidConditionError as error:
        problem = problem or error.problem
    return Editor(
        id=view_id,
        name=name,
        icon=icon,
        sort=sort,
        shared=shared,
        root=root,
        offered=offered(tx, colleagues),
        may_share=asker.may_share,
        sentence=sentence,
        matches=matches,
        problem=problem,
    )


def offered(tx: Tx, colleagues: list[tuple[str, str]]) -> Offered:
    """What an editor of a condition lets people choose from."""
    names = [one.name for one in channels.listed(tx)]
    subjects = [*TOPICS, *topics.names(tx)]
    return Offered(
        groups=[
            (GROUP_LABELS[group], [one for one in forms.OFFERED if one.group == group]) for group in GROUPS
        ],
        labels=dict(LABELS),
        colleagues=colleagues,
        words={
            "case.tags": cases.tags(tx),
            "case.queue": sorted(routing.in_force(tx).queues - {""}),
            "case.channel": names, "message.channel": names,
            "case.topic": subjects, "rating.topic": subjects,
        },
    )  # fmt: skip


async def sent(request: Ask) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The form, with repeated fields as lists, and plainly."""
    data = await request.form()
    given: dict[str, list[str]] = {}
    for name, value in islice(data.multi_items(), FIELDS_MOST):
        if isinstance(value, str):
            given.setdefault(name, []).append(value)
    return given, {name: values[-1] for name, values in given.items()}


@post([f"{PATH}/draft", f"{PATH}/check"], guards=READ, status_code=200, include_in_schema=False)
async def draft(request: Ask) -> Response[str]:
    """The form after a step of editing (`act`), or only what it says and finds; nothing is kept."""
    parts, asker = parts_of(request), asker_of(request)
    given, plain = await sent(request)
    root = forms.edited(forms.of_form(given), request.query_params.get("act", ""))
    editor = await parts.store.read(lambda tx: _draft(tx, asker, root, plain, parts.clock()))
    if not is_htmx(request):
        return await _edit(request, editor)
    name = "view_matches" if request.url.path.endswith("/check") else "view_condition"
    return page(request, f"settings/{name}.html", editor=editor, value_label=value_label, update=True)


def _draft(
    tx: Tx, asker: views.Asker, root: forms.Group, plain: dict[str, str], now: Any, problem: str = ""
) -> Editor:
    return editor_of(
        tx,
        asker,
        root,
        view_id=plain.get("id", "")[:40],
        name=plain.get("name", "")[:200],
        icon=plain.get("icon", "")[:40],
        sort=_sort(plain),
        shared=plain.get("shared") == "1",
        now=now,
        problem=problem,
    )


def _sort(plain: dict[str, str]) -> Sort:
    return Sort(plain["sort"]) if plain.get("sort") in set(Sort) else Sort.PRIORITY


@post(f"{PATH}/save", guards=READ, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """Keep the view that the form says, and open it; what cannot be kept comes back in the form."""
    parts, asker = parts_of(request), asker_of(request)
    given, plain = await sent(request)
    root, now = forms.of_form(given), parts.clock()
    try:
        wanted = views.Wanted(
            name=plain.get("name", ""),
            condition=forms.condition_of(root),
            sort=_sort(plain),
            shared=plain.get("shared") == "1",
            icon=plain.get("icon", ""),
        )

        def verb(tx: Tx) -> View:
            if plain.get("id"):
                return views.change(tx, parts.log, asker, plain["id"], wanted, now)
            return views.create(tx, parts.log, asker, wanted, now)

        kept = await parts.store.write(verb)
    except (InvalidConditionError, views.RefusedError, views.NotFoundError) as error:
        problem = f"{getattr(error, 'problem', error)}"
        editor = await parts.store.read(lambda tx: _draft(tx, asker, root, plain, now, problem))
        return await _edit(request, editor, status=422)
    return go(f"/inbox?view={kept.id}")


@post(f"{PATH}/{{view_id:str}}/delete", guards=READ, status_code=200, include_in_schema=False)
async def remove(request: Ask, view_id: FromPath[str]) -> Response[Any]:
    """Delete a view; the page then offers to undo it."""
    parts, asker = parts_of(request), asker_of(request)
    await _write(request, lambda tx: views.remove(tx, parts.log, asker, view_id, parts.clock()))
    return go(f"{PATH}?deleted={view_id}")


@post(f"{PATH}/{{view_id:str}}/restore", guards=READ, status_code=200, include_in_schema=False)
async def restore(request: Ask, view_id: FromPath[str]) -> Response[Any]:
    """Undo: bring a deleted view back."""
    parts, asker = parts_of(request), asker_of(request)
    await _write(request, lambda tx: views.restore(tx, parts.log, asker, view_id, parts.clock()))
    return await _list(request) if is_htmx(request) else go(PATH)


@post(f"{PATH}/{{view_id:str}}/move", guards=READ, status_code=200, include_in_schema=False)
async def move(request: Ask, view_id: FromPath[str]) -> Response[Any]:
    """Put a view one place further `up` or `down`."""
    parts, asker = parts_of(request), asker_of(request)
    step = -1 if (await form(request)).get("step") == "up" else 1
    await _write(request, lambda tx: views.move(tx, asker, view_id, step, parts.clock()))
    return await _list(request) if is_htmx(request) else go(PATH)


HANDLERS: list[Any] = [list_page, new_page, edit_page, draft, save, remove, restore, move]
