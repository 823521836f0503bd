"""A rule as the fields of a form, and back. Pure: the editor's page works without scripts because of it.

Act number N has `a.N.act`, `a.N.value` and `a.N.text`; the condition's fields are those of `views.form`.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from earful.desk.automation.rules import Act, Do, On, Rule
from earful.desk.conditions.reading import data_of
from earful.model.conditions import Condition

ACTS_MOST = 40
Given = Mapping[str, Sequence[str]]
TEXTS = frozenset({Do.NOTE, Do.NOTIFY})
"""Acts with a text."""


class Draft(Struct, frozen=True, kw_only=True):
    """What the form of a rule holds, however wrong."""

    id: str = ""
    """Empty for a new rule."""
    name: str = ""
    on: tuple[On, ...] = (On.OPENED,)
    acts: tuple[Act, ...] = (Act(act=Do.TAG),)
    enabled: bool = True
    seq: int = 0
    """The version of the rules that the writer started from."""


def of_rule(rule: Rule, seq: int) -> Draft:
    """The form of a rule."""
    return Draft(id=rule.id, name=rule.name, on=rule.on, acts=rule.acts, enabled=rule.enabled, seq=seq)


def of_form(given: Given) -> Draft:
    """What a form says; unknown words are left out."""
    seq = _last(given, "seq")
    return Draft(
        id=_last(given, "id")[:60],
        name=_last(given, "name")[:200],
        on=tuple(On(one) for one in given.get("on", ()) if one in set(On)),
        acts=tuple(_acts(given)),
        enabled=_last(given, "enabled") == "1",
        seq=int(seq) if seq.isascii() and seq.isdecimal() and len(seq) < 19 else 0,
    )


def _acts(given: Given) -> list[Act]:
    found = []
    for at in range(ACTS_MOST):
        name = _last(given, f"a.{at}.act")
        if name not in set(Do):
            break
        act = Do(name)
        # What was written for another act says nothing of this one.
        same = _last(given, f"a.{at}.was") in ("", name)
        value = _last(given, f"a.{at}.value").strip() if same and act not in (Do.NOTE, Do.STOP) else ""
        text = _last(given, f"a.{at}.text").replace("\r\n", "\n").strip() if act in TEXTS else ""
        found.append(Act(act=act, value=value, text=text))
    return found


def edited(draft: Draft, act: str) -> Draft:
    """The form after `act-add` or `act-remove:N`; anything else changes nothing."""
    verb, _, place = act.partition(":")
    acts = list(draft.acts)
    if verb == "act-add" and len(acts) < ACTS_MOST:
        acts.append(Act(act=Do.TAG))
    elif verb == "act-remove" and place.isdecimal() and int(place) < len(acts):
        acts.pop(int(place))
    return Draft(
        id=draft.id, name=draft.name, on=draft.on, acts=tuple(acts), enabled=draft.enabled, seq=draft.seq
    )


def rule_of(draft: Draft, when: Condition, rule_id: str) -> Rule:
    """The rule that a form says. A tag is taken as people write it."""
    return Rule(
        id=rule_id,
        name=draft.name,
        on=draft.on,
        when=data_of(when),
        acts=tuple(_tidy(one) for one in draft.acts),
        enabled=draft.enabled,
    )


def _tidy(act: Act) -> Act:
    if act.act not in (Do.TAG, Do.UNTAG):
        return act
    return Act(act=act.act, value="-".join(act.value.lower().split()))


def _last(given: Given, name: str) -> str:
    return given[name][-1] if given.get(name) else ""
