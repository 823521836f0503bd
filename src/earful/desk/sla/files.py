"""Calendars and policies as TOML: read with the line and column of every mistake, written so that reading gives the
same. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.calendars import rules as calendars
from earful.desk.calendars.rules import Calendar, InvalidCalendarError
from earful.desk.conditions.reading import InvalidConditionError
from earful.desk.sla import rules
from earful.desk.sla.rules import ALWAYS, InvalidPolicyError, Policy
from earful.desk.toml.reading import located, parse, said, shaped, when_lines
from earful.model.time import Instant

BYTES = 2_000_000


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file holds; policies may count by calendars that the desk has already."""

    calendars: tuple[Calendar, ...] = ()
    policies: tuple[Policy, ...] = ()


def read(text: str, known: Mapping[str, Calendar] | None, now: Instant) -> File:
    """The calendars and policies of a file. `known`: calendars that are there; None when that cannot be told.

    Raises InvalidFileError, which names lines and columns.
    """
    found = shaped(parse(text, BYTES), File, text)
    wrong = list(_problems(found, known, now))
    if wrong:
        raise located(text, wrong)
    return found


def _problems(found: File, known: Mapping[str, Calendar] | None, now: Instant) -> Iterator[tuple[str, str]]:
    """(place, what is wrong there)."""
    own: dict[str, Calendar] = {}
    for at, one in enumerate(found.calendars):
        if one.id in own:
            yield f"calendars[{at}].id", "another calendar of the file has this id"
        try:
            own[one.id] = calendars.check(one)
        except InvalidCalendarError as error:
            yield f"calendars[{at}]", str(error)
    there = dict(known or {}) | own
    broken = False
    for at, policy in enumerate(found.policies):
        for place, words in _of_policy(policy, there, known is None, now):
            broken = True
            yield f"policies[{at}]{place}", words
    if not broken and found.policies:
        try:
            plain = [msgspec.structs.replace(one, calendar=ALWAYS) for one in found.policies]
            rules.check(plain, {}, now)
        except InvalidPolicyError as error:
            yield "policies", str(error)


def _of_policy(
    policy: Policy, there: Mapping[str, Calendar], may_be_elsewhere: bool, now: Instant
) -> Iterator[tuple[str, str]]:
    try:
        wrong = rules.unfit(rules.condition_of(policy))
    except InvalidConditionError as error:
        inside = "" if error.place == "condition" else f".{error.place}"
        yield f".when{inside}", error.problem
        return
    if wrong is not None:
        yield ".when", f"a promise cannot depend on {wrong[0]}: {wrong[1]}"
        return
    if may_be_elsewhere and policy.calendar not in there:
        policy = msgspec.structs.replace(policy, calendar=ALWAYS)
    try:
        rules.check([policy], there, now)
    except InvalidPolicyError as error:
        yield "", str(error)


def write(held: File) -> str:
    """Calendars and policies as TOML, in the shape that `read` takes."""
    lines = [line for one in held.calendars for line in _calendar(one)]
    lines += [line for one in held.policies for line in _policy(one)]
    return "\n".join(lines)


def _calendar(calendar: Calendar) -> Iterable[str]:
    yield "[[calendars]]"
    for name in ("id", "name", "zone"):
        yield f"{name} = {said(getattr(calendar, name))}"
    for name in ("holidays", "openings"):
        listed = getattr(calendar, name)
        if listed:
            yield f"{name} = ["
            yield from (f"  {said(_plain(one))}," for one in listed)
            yield "]"
    yield "[calendars.week]"
    yield from (f"{name} = {said(hours)}" for name, hours in _plain(calendar.week).items())
    yield ""


def _plain(value: Struct) -> dict[str, Any]:
    """What of a value says something: texts that are empty are left out."""
    return {name: one for name, one in msgspec.to_builtins(value).items() if one != ""}


def _policy(policy: Policy) -> Iterable[str]:
    yield "[[policies]]"
    yield f"id = {said(policy.id)}"
    yield f"name = {said(policy.name)}"
    if policy.calendar != ALWAYS:
        yield f"calendar = {said(policy.calendar)}"
    yield f"warn = {policy.warn}"
    yield f"pauses = {said(list(policy.pauses))}"
    yield "[policies.targets]"
    yield from (f"{name} = {said(minutes)}" for name, minutes in msgspec.to_builtins(policy.targets).items())
    yield from when_lines(policy.when, "policies.when")
    yield ""
