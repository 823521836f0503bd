"""A policy as its form shows it and sends it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from earful.desk.calendars.hours import is_open, next_opening
from earful.desk.calendars.rules import Calendar
from earful.desk.conditions.reading import InvalidConditionError, data_of
from earful.desk.sla import clocks
from earful.desk.sla.rules import (
    SEVERITIES,
    InvalidPolicyError,
    Kind,
    Policy,
    Targets,
    condition_of,
    read_minutes,
    write_minutes,
)
from earful.desk.views import form as conditions
from earful.desk.views.form import Group
from earful.model.desk import Status


class Due(Struct, frozen=True, kw_only=True):
    """What a policy would give for something that a customer says at some time."""

    kind: str
    target: str
    warn_at: int | None
    due_at: int | None


class WhatIf(Struct, frozen=True, kw_only=True):
    """An answer to "what would this give"."""

    at: int
    severity: int
    dues: list[Due]
    opens_at: int | None = None
    """When somebody is there next; None when somebody is."""


class Form(Struct, frozen=True, kw_only=True):
    """The fields of a policy's page, as texts."""

    id: str
    name: str
    root: Group
    """Which cases it is for, as the editor of conditions has it."""
    targets: dict[str, list[str]]
    calendar: str
    warn: str
    pauses: list[str]


def form_of(policy: Policy) -> Form:
    """The fields of a policy."""
    return Form(
        id=policy.id,
        name=policy.name,
        root=conditions.of_condition(condition_of(policy)),
        targets={kind: [write_minutes(one) for one in getattr(policy.targets, kind)] for kind in Kind},
        calendar=policy.calendar,
        warn=str(policy.warn),
        pauses=list(policy.pauses),
    )


def form_from(policy_id: str, given: Mapping[str, str], many: Mapping[str, Sequence[str]]) -> Form:
    """The fields as they were sent. `many`: all of them, with those that came several times as lists."""
    return Form(
        id=policy_id,
        name=" ".join(given.get("name", "").split()),
        root=conditions.of_form(many),
        targets={kind: [given.get(f"{kind}_{n}", "") for n in range(SEVERITIES)] for kind in Kind},
        calendar=given.get("calendar", ""),
        warn=given.get("warn", ""),
        pauses=list(many.get("pauses", ())),
    )


def policy_of(form: Form) -> Policy:
    """The policy that a form means. Raises InvalidPolicyError."""
    if not (form.warn.isascii() and form.warn.isdecimal() and len(form.warn) < 4):
        raise InvalidPolicyError("Warn after a whole number of percent, 10 to 99.")
    targets = {kind: tuple(read_minutes(one) for one in form.targets[kind]) for kind in Kind}
    return Policy(
        id=form.id,
        name=form.name,
        when=_when(form.root),
        targets=Targets(**targets),
        calendar=form.calendar,
        warn=int(form.warn),
        pauses=tuple(one for one in form.pauses if one in (Status.WAITING, Status.SNOOZED)),
    )


def _when(root: Group) -> dict[str, Any]:
    try:
        return data_of(conditions.condition_of(root))  # type: ignore[no-any-return]
    except InvalidConditionError as error:
        raise InvalidPolicyError(f"Which cases it is for: {error}.") from error


def what_if(policy: Policy, calendar: Calendar | None, severity: int, at: int) -> WhatIf:
    """When each promise would be due for something said at an instant."""
    dues = []
    for kind in Kind:
        run = clocks.Run(kind=kind, round=1, started_at=at, severity=severity)
        clock = clocks.times(run, [], policy, (0, 0), calendar)
        target = write_minutes(getattr(policy.targets, kind)[severity])
        dues.append(
            Due(
                kind=kind.value,
                target=target,
                warn_at=clock.warn_at if clock is not None else None,
                due_at=clock.due_at if clock is not None else None,
            )
        )
    opens_at = None if calendar is None or is_open(calendar, at) else next_opening(calendar, at)
    return WhatIf(at=at, severity=severity, dues=dues, opens_at=opens_at)
