"""What a case's page shows of its playbook: the steps as they stand, why this path, and what may be done."""

from collections.abc import Mapping

from msgspec import Struct

from earful.desk.conditions.words import LABELS, says, value_label
from earful.desk.playbooks import rules, runs, service, texts
from earful.desk.playbooks.rules import End, Fact, Kind, Step
from earful.desk.playbooks.running import State
from earful.desk.playbooks.runs import CaseRun
from earful.desk.users import service as users
from earful.model.desk import CaseDetail, TimelineMessage, UserRef
from earful.model.message import Direction
from earful.model.rating import Rating
from earful.model.time import MINUTE
from earful.store.tx import Tx
from earful.web import formats
from earful.web.words import word

SHOWN_AHEAD = 12


class StepView(Struct, frozen=True, kw_only=True):
    """One step of the stepper. `stands`: `done`, `late`, `skipped`, `now` or `next`."""

    key: str
    title: str
    kind: str
    stands: str
    owner: str
    due_at: int | None = None
    warn_at: int = 0
    ended_at: int | None = None
    ended_by: str = ""
    who: str = ""
    reason: str = ""


class Choice(Struct, frozen=True, kw_only=True):
    """A playbook that the case can be put into."""

    id: str
    name: str
    path: str
    """Name of the path that the case's severity takes."""


class Panel(Struct, frozen=True, kw_only=True):
    """The playbook of a case. `run` None: none has begun."""

    run: CaseRun | None
    path: str
    steps: list[StepView]
    text: str
    """What the composer is offered now; empty for nothing."""
    may_tick: bool
    is_handoff: bool
    sentence: str
    facts: list[tuple[str, str]]
    """(what, value) of what matched."""
    choices: list[Choice]

    @property
    def active(self) -> bool:
        """Whether the case is in a playbook now, closed or not."""
        return self.run is not None and self.run.state in (State.RUNNING, State.PAUSED)

    @property
    def now(self) -> StepView | None:
        """Where it stands."""
        return next((one for one in self.steps if one.stands == "now"), None)


def panel(tx: Tx, detail: CaseDetail, user: UserRef, brand: str) -> Panel:
    """What the page shows of a case to a colleague."""
    run = runs.of_case(tx, detail.row.id)
    names = {one.email.casefold(): one.name for one in users.colleagues(tx)}
    choices = [
        Choice(
            id=kept.playbook.id, name=kept.playbook.name, path=_path_name(kept.playbook, detail.row.severity)
        )
        for kept in service.listed(tx)
        if kept.playbook.enabled
    ]
    if run is None:
        return Panel(
            run=None, path="", steps=[], text="", may_tick=False, is_handoff=False, sentence="", facts=[],
            choices=choices,
        )  # fmt: skip
    here = run.playbook.step(run.step)
    running = run.state is State.RUNNING
    path = run.playbook.path(run.path)
    return Panel(
        run=run,
        path=path.name if path is not None else run.path,
        steps=_steps(run, names),
        text=texts.fill(here.text, values(detail, user, brand)) if here is not None and running else "",
        may_tick=here is not None and run.state is not State.LEFT and End.TICK in here.ends,
        is_handoff=here is not None and running and here.kind is Kind.PRIVATE,
        sentence=says(run.playbook.when),
        facts=[(LABELS[one.field], _value(one)) for one in run.because if one.field in LABELS],
        choices=choices,
    )


def _path_name(playbook: rules.Playbook, severity: int) -> str:
    return rules.path_for(playbook, severity).name


def _value(fact: Fact) -> str:
    if fact.value is None or fact.value == []:
        return "–"
    if isinstance(fact.value, list):
        return ", ".join(str(value_label(fact.field, one)) for one in fact.value)
    if isinstance(fact.value, int) and not isinstance(fact.value, bool) and fact.value > 10**11:
        return formats.exact(fact.value)
    return str(value_label(fact.field, fact.value))


def _steps(run: CaseRun, names: Mapping[str, str]) -> list[StepView]:
    found = []
    for one in run.steps:
        step = run.playbook.step(one.key)
        stands = "now"
        if one.ended_at is not None:
            stands = "skipped" if one.ended_by == "skipped" else "late" if one.late else "done"
        warn = one.due_at - (step.minutes * MINUTE // 4 if step is not None else 0)
        found.append(
            StepView(
                key=one.key, title=one.title, kind=step.kind.value if step is not None else "", stands=stands,
                owner=_owner(step, names), due_at=one.due_at, warn_at=warn, ended_at=one.ended_at,
                ended_by=one.ended_by, who=one.who, reason=one.reason,
            )
        )  # fmt: skip
    return found + (_ahead(run, names) if run.state in (State.RUNNING, State.PAUSED) else [])


def _ahead(run: CaseRun, names: Mapping[str, str]) -> list[StepView]:
    """The steps that come if all goes well."""
    found: list[StepView] = []
    key = rules.targets(run.playbook, run.step)[0] if run.step else ""
    while key and len(found) < SHOWN_AHEAD:
        step = run.playbook.step(key)
        if step is None:
            break
        owner = _owner(step, names)
        found.append(StepView(key=key, title=step.title, kind=step.kind.value, stands="next", owner=owner))
        key = rules.targets(run.playbook, key)[0]
    return found


def _owner(step: Step | None, names: Mapping[str, str]) -> str:
    """Who a step is for: a role's word, or a colleague's name; empty for whoever has the case."""
    if step is None or step.owner == rules.ASSIGNEE:
        return ""
    return names.get(step.owner.casefold(), step.owner)


def values(detail: CaseDetail, user: UserRef, brand: str) -> dict[str, str]:
    """The variables of texts, as far as they are known."""
    row = detail.row
    given = row.person_name.split()
    first = given[0] if len(given) > 1 or (given and given[0].casefold() != row.handle.casefold()) else ""
    return {
        "first_name": first.title() if first.islower() else first,
        "name": row.person_name,
        "handle": formats.at(row.handle, row.network),
        "order_number": _order_number(detail),
        "topic": word(row.topic, "topic").lower() if row.topic not in ("", "other") else "",
        "network": word(row.network.value, "network"),
        "case_number": str(row.number),
        "agent": user.name,
        "agent_first_name": user.name.split()[0] if user.name.split() else "",
        "brand": brand,
    }


def _order_number(detail: CaseDetail) -> str:
    for item in reversed(detail.timeline):
        if (
            isinstance(item, TimelineMessage)
            and item.direction is Direction.INBOUND
            and item.rating is not None
        ):
            found = _spans(item.rating, item.text)
            if found:
                return found
    return ""


def _spans(rating: Rating, text: str) -> str:
    spans = [one for one in rating.pii if one.type == "order_number"]
    return text[spans[-1].span[0] : spans[-1].span[1]].strip() if spans else ""
