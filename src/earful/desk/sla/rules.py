"""What a promise is, whom it is for, and whether it can be made. The smallest account gets the same: reach is no
part of it."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from earful.desk.calendars.hours import add_business_time
from earful.desk.calendars.rules import Calendar, NeverOpenError
from earful.desk.conditions import rules as conditions
from earful.desk.conditions.facts import Facts
from earful.desk.conditions.reading import InvalidConditionError
from earful.model.conditions import Condition
from earful.model.desk import Status
from earful.model.time import DAY, MINUTE, Instant

ALWAYS = ""
"""Instead of a calendar: around the clock."""
SEVERITIES = 5
TARGET_MOST = 366 * 24 * 60
POLICIES_MOST = 100
NAME_MOST = 60
_LENGTH = re.compile(r"(\d{1,6})|(?=\S)(?:(\d{1,4})\s*h)?\s*(?:(\d{1,6})\s*m(?:in)?)?")
IMPORTED = 2 * DAY
"""What was this old when an import brought it makes no promise: nobody could have kept it."""


class Kind(StrEnum):
    """What is promised."""

    FIRST = "first_answer"
    NEXT = "next_answer"
    RESOLUTION = "resolution"


class InvalidPolicyError(ValueError):
    """The policies cannot be used; the message names the policy and says what would be right."""


class Targets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Business minutes for severity 0 to 4; 0 promises nothing."""

    first_answer: tuple[int, ...] = (0,) * SEVERITIES
    next_answer: tuple[int, ...] = (0,) * SEVERITIES
    resolution: tuple[int, ...] = (0,) * SEVERITIES

    def of(self, kind: Kind, severity: int) -> int:
        """Business time in milliseconds; 0 for no promise."""
        minutes: tuple[int, ...] = getattr(self, kind.value)
        return minutes[severity] * MINUTE


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One promise. The first policy that fits a case is its policy."""

    id: str
    name: str
    when: dict[str, Any] = field(default_factory=lambda: {"all": []})
    """Which cases it is for, as `docs/reference/conditions.md` has it; nothing asked fits everything."""
    targets: Targets = Targets()
    calendar: str = ALWAYS
    """Id of the calendar whose open hours count; empty for around the clock."""
    warn: int = 75
    """Percent of the time after which it is nearly due."""
    pauses: tuple[str, ...] = (Status.WAITING.value,)
    """Where a case may stand while its resolution waits. An answer never waits."""


_MOVING = "it changes with what the promise itself is about, so that keeping it could take it away"
_REACH = "an audience changes nothing: the smallest account is promised the same"
_ELSEWHERE = "it can change without anything happening to the case, so its clocks would not follow"
UNFIT: dict[str, str] = (
    dict.fromkeys(
        (
            "case.status", "case.outcome", "case.unanswered", "case.awaiting_since", "case.last_direction",
            "case.last_message_at", "case.message_count", "case.snoozed_until", "case.closed_at",
        ),
        _MOVING,
    )
    | dict.fromkeys(
        ("case.reach_tier", "rating.reach_tier", "author.followers", "case.priority", "rating.priority"), _REACH
    )
    | dict.fromkeys(
        ("case.assignee", "case.queue", "person.name", "person.cases", "person.authors", "author.handle",
         "author.name"),
        _ELSEWHERE,
    )
)  # fmt: skip
"""Fields that no policy may test, each with its reason. Clocks are made from what happened: what remains is either
fixed, or its change makes the clocks of the case run anew."""


def condition_of(policy: Policy) -> Condition:
    """Which cases a policy is for. Raises InvalidConditionError."""
    return conditions.kept(policy.when)


def unfit(condition: Condition) -> tuple[str, str] | None:
    """(field, reason) of the first test that no policy may make; None when all are fit."""
    for one in conditions.checks(condition):
        if conditions.timed(one):
            return one.field, "time alone changes the answer, and a promise must not change by itself"
        if one.field in UNFIT:
            return one.field, UNFIT[one.field]
    return None


def policy_for(policies: Iterable[Policy], facts: Facts) -> Policy | None:
    """The first policy whose condition holds; None promises nothing."""
    # No policy asks for the time.
    return next((one for one in policies if conditions.compiled(condition_of(one))(facts, 0)), None)


def check(policies: Iterable[Policy], calendars: Mapping[str, Calendar], now: Instant) -> tuple[Policy, ...]:
    """The policies as they can be kept. Raises InvalidPolicyError; every promise must be one that comes due."""
    found = tuple(policies)
    if len(found) > POLICIES_MOST:
        raise InvalidPolicyError(f"There can be {POLICIES_MOST} policies at most.")
    for name, many in (("id", [one.id for one in found]), ("name", [one.name.casefold() for one in found])):
        twice = {one for one in many if many.count(one) > 1}
        if twice:
            raise InvalidPolicyError(f"Two policies have the {name} “{min(twice)}”; each needs its own.")
    for policy in found:
        _check(policy)
        _check_reachable(policy, calendars, now)
    return found


def _check(policy: Policy) -> None:
    name = policy.name.strip()
    if not 0 < len(name) <= NAME_MOST or not 0 < len(policy.id) <= NAME_MOST:
        raise InvalidPolicyError(f"Give each policy a name of at most {NAME_MOST} letters, and an id.")
    for kind in Kind:
        minutes: tuple[int, ...] = getattr(policy.targets, kind.value)
        if len(minutes) != SEVERITIES or not all(0 <= one <= TARGET_MOST for one in minutes):
            raise InvalidPolicyError(
                f"{name}: {kind.value} needs {SEVERITIES} numbers of minutes, for severity 0 to 4, each at most a year."
            )
    if not 10 <= policy.warn <= 99:
        raise InvalidPolicyError(f"{name}: warn after 10 to 99 percent of the time.")
    strange = [one for one in policy.pauses if one not in (Status.WAITING, Status.SNOOZED)]
    if strange:
        raise InvalidPolicyError(f"{name}: pauses has “{strange[0][:40]}”; known are snoozed, waiting.")
    try:
        wrong = unfit(condition_of(policy))
    except InvalidConditionError as error:
        raise InvalidPolicyError(f"{name}: when.{error}") from error
    if wrong is not None:
        raise InvalidPolicyError(f"{name}: a promise cannot depend on {wrong[0]}: {wrong[1]}.")


def _check_reachable(policy: Policy, calendars: Mapping[str, Calendar], now: Instant) -> None:
    if policy.calendar == ALWAYS:
        return
    calendar = calendars.get(policy.calendar)
    if calendar is None:
        raise InvalidPolicyError(
            f"{policy.name}: there is no calendar “{policy.calendar[:40]}”; choose one that is there."
        )
    longest = max(policy.targets.of(kind, severity) for kind in Kind for severity in range(SEVERITIES))
    try:
        add_business_time(calendar, now, longest)
    except NeverOpenError as error:
        raise InvalidPolicyError(f"{policy.name}: {error}") from error


def read_minutes(text: str) -> int:
    """Minutes from `45`, `45m`, `1h 30m` or `8h`; 0 from nothing. Raises InvalidPolicyError."""
    plain = text.strip().lower()
    if plain in ("", "-", "–"):
        return 0
    found = _LENGTH.fullmatch(plain)
    if found is None:
        raise InvalidPolicyError(f"“{text[:20]}” is not a length of time; write it as 45m, 8h or 1h 30m.")
    bare, hours, minutes = found.groups()
    total = int(bare or 0) + int(hours or 0) * 60 + int(minutes or 0)
    if total > TARGET_MOST:
        raise InvalidPolicyError(f"“{text[:20]}” is longer than a year.")
    return total


def write_minutes(minutes: int) -> str:
    """The text that `read_minutes` reads."""
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours}h" if hours else "", f"{rest}m" if rest else "") if part)
