"""Settings, Triage, Priority: sliders for the weights, and what they would do to last week's order."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import HTTPException
from msgspec import Struct

from earful.desk.triage import rules, settings
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.triage import guidance
from earful.triage.priority import DEFAULT, SUM, Weights, problem
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell
from earful.web.words import N_

MANAGE = [needs(Permission.TRIAGE_MANAGE)]
GROUPS = (
    (N_("How bad it is"), "", (
        ("severity_1", N_("Annoyed or a minor fault"), 100), ("severity_2", N_("Blocked or out of pocket"), 100),
        ("severity_3", N_("Serious or repeated"), 100), ("severity_4", N_("Safety, law or breach"), 100),
    )),
    (N_("How soon"), "", (
        ("soon", N_("Soon: within days"), 30), ("now", N_("Now: within hours"), 40),
    )),
    (N_("Tried before"), "", (
        ("tried_first", N_("The first channel that failed"), 20), ("tried_more", N_("Each further one"), 10),
        ("tried", N_("All of them at most"), 30),
    )),
    (N_("Mood and wishes"), "", (
        ("churn", N_("May leave"), 30), ("negative", N_("Displeased"), 30), ("help", N_("Wants help"), 30),
        ("answer", N_("Wants an answer"), 30),
    )),
    (N_("Audience"), N_("Orders equals only: always less than the smallest step of severity."), (
        ("reach", N_("Seen by many, at most"), 20),
    )),
)  # fmt: skip
NAMES = tuple(name for _, _, fields in GROUPS for name, _, _ in fields)


class Slider(Struct, frozen=True, kw_only=True):
    """One weight of the form."""

    name: str
    label: str
    most: int
    value: int


class View(Struct, frozen=True, kw_only=True):
    """What the page and its parts show."""

    groups: list[tuple[str, str, list[Slider]]]
    together: int
    problem: str
    comparison: rules.Comparison
    progress: settings.Progress
    part: str = ""
    told: dict[str, Any] | None = None
    """What was done, and how to take it back."""


def weights_from(given: dict[str, str], held: Weights) -> Weights:
    """Weights from a sent form; what it does not name stays as `held`. Raises InvalidSettingsError."""
    numbers = numbers_of(held)
    for name in NAMES:
        text = given.get(name, "").strip()
        if name in given:
            if not (text.isascii() and text.isdecimal() and len(text) < 4):
                raise settings.InvalidSettingsError(f"Every weight is a whole number from 0 to {SUM}.")
            numbers[name] = int(text)
    levels = tuple(numbers.pop(f"severity_{level}") for level in range(1, 5))
    return Weights(severity=(held.severity[0], *levels), **numbers)  # type: ignore[arg-type]


def numbers_of(weights: Weights) -> dict[str, int]:
    """Weights as the form names them."""
    return {
        name: weights.severity[int(name[-1])] if name.startswith("severity_") else getattr(weights, name)
        for name in NAMES
    }


def _view(
    tx: Tx, now: int, wanted: Weights | None, wrong: str = "", part: str = "", told: Any = None
) -> View:
    held = guidance.weights(tx)
    shown = held if wanted is None else wanted
    wrong = wrong or problem(shown) or ""
    numbers = numbers_of(shown)
    cases = [] if wrong else settings.weighable(tx, now)  # type: ignore[arg-type]
    return View(
        groups=[
            (
                title,
                note,
                [
                    Slider(name=name, label=label, most=max(most, numbers[name]), value=numbers[name])
                    for name, label, most in fields
                ],
            )
            for title, note, fields in GROUPS
        ],
        together=shown.together,
        problem=wrong,
        comparison=rules.compare(cases, held, shown),
        progress=settings.progress(tx),
        part=part,
        told=told,
    )


async def _page(request: Ask, wanted: Weights | None, wrong: str = "", told: Any = None) -> Response[str]:
    parts = parts_of(request)
    view = await parts.store.read(lambda tx: _view(tx, parts.clock(), wanted, wrong, told=told))
    notice = request.query_params.get("notice", "")[:300]
    return page(
        request,
        "settings/triage_priority.html",
        status=422 if wrong else 200,
        shell=await shell(request, "settings", notice),
        view=view,
    )


@get("/settings/triage", guards=MANAGE, include_in_schema=False)
async def triage_page() -> Response[Any]:
    """Triage begins with the priority."""
    return go("/settings/triage/priority")


@get("/settings/triage/priority", guards=MANAGE, include_in_schema=False)
async def priority_page(request: Ask) -> Response[str]:
    """The weights in force, and last week's order. `undo`: the place of those before, to be offered."""
    before = request.query_params.get("undo", "")
    told = None
    if before.isdecimal():
        told = {
            "text": request.query_params.get("saved", "Saved")[:60],
            "undo": {"url": "/settings/triage/priority/restore", "values": {"seq": before}},
        }
    return await _page(request, None, told=told)


@post("/settings/triage/priority", guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """Put the form's weights in force, or with `reset` those that Earful comes with."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    held = await parts.store.read(guidance.weights)
    wanted: Weights | None = None
    try:
        wanted = DEFAULT if given.get("reset") else weights_from(given, held)
        chosen = wanted
        done = await parts.store.write(
            lambda tx: settings.save_weights(tx, parts.log, who, chosen, parts.clock())
        )
    except settings.InvalidSettingsError as error:
        return await _page(request, wanted, f"{error} Nothing was saved.")
    if not done.changed:
        return go("/settings/triage/priority?notice=These+weights+are+in+force+already.")
    return go(f"/settings/triage/priority?saved=Priority+saved&undo={done.before}")


@post("/settings/triage/priority/restore", guards=MANAGE, status_code=200, include_in_schema=False)
async def restore(request: Ask) -> Response[Any]:
    """Undo: put earlier weights (`seq`) in force again."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    seq = given.get("seq", "")
    try:
        if not (seq.isascii() and seq.isdecimal() and len(seq) < 19):
            raise settings.InvalidSettingsError("There are no such weights; nothing was changed.")
        await parts.store.write(
            lambda tx: settings.restore_weights(tx, parts.log, who, int(seq), parts.clock())
        )
    except settings.InvalidSettingsError as error:
        raise HTTPException(str(error), status_code=422) from error
    if not is_htmx(request):
        return go("/settings/triage/priority")
    view = await parts.store.read(lambda tx: _view(tx, parts.clock(), None))
    return page(request, "settings/triage_restored.html", shell=await shell(request, "settings"), view=view)


@post("/settings/triage/priority/what-if", guards=MANAGE, status_code=200, include_in_schema=False)
async def what_if(request: Ask) -> Response[str]:
    """Last week's order with the form's weights; nothing is saved."""
    parts, given = parts_of(request), await form(request)
    session_of(request)

    def read(tx: Tx) -> View:
        held = guidance.weights(tx)
        try:
            return _view(tx, parts.clock(), weights_from(given, held), part="what-if")
        except settings.InvalidSettingsError as error:
            return _view(tx, parts.clock(), None, str(error), part="what-if")

    return page(request, "settings/triage_what_if.html", view=await parts.store.read(read))


@get("/settings/triage/priority/progress", guards=MANAGE, include_in_schema=False)
async def progress(request: Ask) -> Response[str]:
    """How far the open cases have been weighed anew."""
    found = await parts_of(request).store.read(settings.progress)
    return page(request, "settings/triage_progress.html", progress=found)


HANDLERS: list[Any] = [triage_page, priority_page, save, restore, what_if, progress]
