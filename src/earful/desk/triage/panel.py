"""The rating of one message as groups of choices: what the correction panel shows. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from earful.desk.triage.service import Correction, Rated
from earful.model.rating import UNSURE, Rating, Reason
from earful.triage.corrections import ABOUT_US, CHOICES, LANGUAGE, LEVELS, SETS, value_of

GROUPS = (
    ("kind", "k"), ("topic", "t"), ("sentiment", "m"), ("severity", "s"), ("urgency", "u"), ("wants", "w"),
    ("relevance", "r"), ("churn", "l"), ("tried_before", "b"), ("abuse", "a"), (LANGUAGE, "g"),
)  # fmt: skip
"""Fields in the order of the panel, each with the letter that leads to it."""
_REASON_FIELD = {"churn": "churn_risk"}


class Choice(Struct, frozen=True, kw_only=True):
    """One value. `key` chooses it while its group has the focus; `title` names an own topic."""

    value: str
    key: str
    chosen: bool
    title: str = ""


class Group(Struct, frozen=True, kw_only=True):
    """One field. `kind`: `one`, `any` or `text`."""

    field: str
    letter: str
    kind: str
    choices: list[Choice]
    text: str = ""
    unsure: bool = False
    sure: int | None = None
    """How sure triage is, in percent; None where it does not say."""
    corrected_by: str = ""
    reasons: list[Reason] = []


def groups(rated: Rated, own_topics: Mapping[str, str]) -> list[Group]:
    """Every field that can be corrected. `own_topics`: name -> title."""
    standing = {one.field: one for one in rated.corrections if one.undone_at is None}
    return [_group(rated.rating, field, letter, standing.get(field), own_topics) for field, letter in GROUPS]


def _group(
    rating: Rating, field: str, letter: str, correction: Correction | None, own_topics: Mapping[str, str]
) -> Group:
    value = value_of(rating, field)
    name = _REASON_FIELD.get(field, field)
    if field == LANGUAGE:
        kind, choices = "text", []
    elif field in SETS:
        chosen = value if isinstance(value, list) else []
        kind, choices = "any", _numbered(SETS[field], chosen)
    elif field in LEVELS:
        levels = [str(level) for level in range(LEVELS[field] + 1)]
        kind = "one"
        choices = [Choice(value=level, key=level, chosen=level == str(value)) for level in levels]
    else:
        own = [one for one in own_topics if one not in CHOICES[field]] if field == "topic" else []
        gone = [str(value)] if field == "topic" and value not in (*CHOICES[field], *own, UNSURE) else []
        kind, choices = "one", _numbered([*CHOICES[field], *own, *gone], [str(value)], own_topics)
    return Group(
        field=field,
        letter=letter,
        kind=kind,
        choices=choices,
        text=str(value) if kind == "text" else "",
        unsure=value == UNSURE or (kind == "text" and value == "und"),
        sure=None if correction else _sure(rating, name, value),
        corrected_by=correction.by if correction else "",
        reasons=[one for one in rating.reasons if one.field == name and not correction][:3],
    )


def _numbered(
    values: Sequence[str], chosen: Sequence[str], titles: Mapping[str, str] | None = None
) -> list[Choice]:
    """The first nine by 1 to 9, the tenth by 0; more than ten fingers need the arrow keys."""
    return [
        Choice(
            value=value,
            key=str((at + 1) % 10) if at < 10 else "",
            chosen=value in chosen,
            title=(titles or {}).get(value, ""),
        )
        for at, value in enumerate(values)
    ]


def _sure(rating: Rating, name: str, value: object) -> int | None:
    if value == UNSURE:
        return None
    if name == "relevance":
        return round(100 * (rating.relevance if value == ABOUT_US else 1 - rating.relevance))
    given = rating.confidence.get(name)
    return None if given is None else round(100 * given)
