"""What a person says instead of what triage said: which values a field may have, and the rating with them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from earful.model.rating import (
    ABUSES,
    KINDS,
    SENTIMENTS,
    TOPICS,
    TRIED_CHANNELS,
    URGENCIES,
    WANTS,
    Rating,
    Reason,
    TriedBefore,
)
from earful.triage.priority import DEFAULT, Weights, explained, parts_of

Value = str | int | list[str]

ABOUT_US, NOT_ABOUT_US = "about_us", "not_about_us"
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS,
    "topic": TOPICS,
    "sentiment": SENTIMENTS,
    "urgency": URGENCIES,
    "wants": WANTS,
    "relevance": (ABOUT_US, NOT_ABOUT_US),
}
"""Fields with one of a few words."""
LEVELS: Mapping[str, int] = {"severity": 4, "churn": 2}
"""Fields with a level from 0."""
SETS: Mapping[str, tuple[str, ...]] = {"tried_before": TRIED_CHANNELS, "abuse": ABUSES}
"""Fields with any of a few words."""
LANGUAGE = "language"
FIELDS = (
    "kind", "topic", "sentiment", "severity", "urgency", "wants", "tried_before", "churn", "relevance",
    "abuse", LANGUAGE,
)  # fmt: skip

CHURN_RISKS = (0.0, 0.5, 1.0)
"""`churn_risk` for each level: the probability of 1 or 2, weighted to 2."""
HINTS_FROM, LEAVES_FROM = 0.25, 0.7
TAG_LENGTH = 35
HALF = 0.5
_REASON_FIELD = {"churn": "churn_risk"}


class InvalidCorrectionError(ValueError):
    """The field has no such value; the message says which it has."""


class Change(Struct, frozen=True, kw_only=True):
    """One field as a person says it is."""

    field: str
    value: Value
    by: str
    """The person's name."""


def read(field: str, given: object, topics: Collection[str] = ()) -> Value:
    """A value as the field holds it. `topics`: a desk's own. Raises InvalidCorrectionError."""
    if field in CHOICES:
        allowed = (*CHOICES[field], *topics) if field == "topic" else CHOICES[field]
        if isinstance(given, str) and given in allowed:
            return given
        raise InvalidCorrectionError(f"`{field}` is one of: {', '.join(allowed)}. Nothing was changed.")
    if field in LEVELS:
        level = _level(given)
        if level is not None and level <= LEVELS[field]:
            return level
        raise InvalidCorrectionError(f"`{field}` is a number from 0 to {LEVELS[field]}. Nothing was changed.")
    if field in SETS:
        named = (
            [given] if isinstance(given, str) and given else list(given) if isinstance(given, list) else []
        )
        if given not in ("", None) and not isinstance(given, str | list):
            named = [given]
        if any(one not in SETS[field] for one in named):
            raise InvalidCorrectionError(
                f"`{field}` is a list of any of: {', '.join(SETS[field])}. Nothing was changed."
            )
        return [one for one in SETS[field] if one in named]
    if field == LANGUAGE:
        tag = given.strip() if isinstance(given, str) else ""
        parts = tag.split("-")
        if tag and len(tag) <= TAG_LENGTH and parts[0].isalpha() and all(_subtag(part) for part in parts):
            return tag
        raise InvalidCorrectionError(
            "`language` is a tag such as en, de or pt-BR, or und where nobody can tell. Nothing was changed."
        )
    raise InvalidCorrectionError(
        f"A rating has no field `{field}` to correct; it has {', '.join(FIELDS)}. Nothing was changed."
    )


def _level(given: object) -> int | None:
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < 3:
        given = int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) and given >= 0 else None


def _subtag(part: str) -> bool:
    return part.isascii() and part.isalnum() and 1 <= len(part) <= 8


def value_of(rating: Rating, field: str) -> Value:
    """What a rating says of a field, in the field's own values; `unsure` where it does not tell."""
    if field == "churn":
        return 2 if rating.churn_risk >= LEAVES_FROM else 1 if rating.churn_risk >= HINTS_FROM else 0
    if field == "relevance":
        return ABOUT_US if rating.relevance >= HALF else NOT_ABOUT_US
    if field == "tried_before":
        named = {entry.channel for entry in rating.tried_before}
        return [channel for channel in TRIED_CHANNELS if channel in named]
    found: Value = getattr(rating, field)
    return found


def corrected(machine: Rating, changes: Sequence[Change], weights: Weights = DEFAULT) -> Rating:
    """The rating as people say it is, with its priority from its parts anew.

    Every corrected field has confidence 1 and one reason, that a person says so.
    """
    new: dict[str, Any] = {}
    confidence = dict(machine.confidence)
    said: list[Reason] = []
    for change in changes:
        new |= _fields(machine, change.field, change.value)
        name = _REASON_FIELD.get(change.field, change.field)
        confidence[name] = 1.0
        said.append(Reason(field=name, because=f"corrected by {change.by}"))
    silent = {reason.field for reason in said} | {"priority"}
    rating = replace(machine, **new, confidence=confidence)
    points, contributions = explained(parts_of(rating), weights)
    others = [reason for reason in machine.reasons if reason.field not in silent]
    return replace(rating, priority=points, reasons=[*contributions, *said, *others])


def _fields(machine: Rating, field: str, value: Value) -> dict[str, Any]:
    if field in ("kind", "sentiment"):
        before: dict[str, float] = getattr(machine, f"{field}_p")
        return {field: value, f"{field}_p": dict.fromkeys(before, 0.0) | {str(value): 1.0}}
    if field == "churn" and isinstance(value, int):
        return {"churn_risk": CHURN_RISKS[value]}
    if field == "relevance":
        return {"relevance": 1.0 if value == ABOUT_US else 0.0}
    if field == "tried_before" and isinstance(value, list):
        spans = {entry.channel: entry for entry in machine.tried_before}
        return {field: [spans.get(one) or TriedBefore(channel=one, span=(0, 0)) for one in value]}
    return {field: value}


encode = msgspec.json.Encoder().encode
_value = msgspec.json.Decoder(Value)


def written(value: Value) -> str:
    """A value as its row keeps it."""
    return encode(value).decode()


def value_from(text: str) -> Value:
    """The inverse of `written`."""
    found: Value = _value.decode(text)
    return found
