"""Which replies somebody else reads first, and what an approver changed. Pure."""

import difflib
import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from earful.desk.answering.rules import in_public
from earful.desk.conditions import reading
from earful.desk.conditions import rules as conditions
from earful.desk.conditions.facts import Facts
from earful.model.message import Visibility
from earful.model.time import DAY, Instant

WHO = ("agents", "new", "everybody")
"""`agents`: who may not approve; `new`: of them, those who came in the last `days`."""
RULES, NAME, DAYS = 20, 60, 365
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule. `condition` is a condition as data, of the case that is answered; None for every case."""

    name: str
    who: str = "agents"
    days: int = 30
    public_only: bool = True
    condition: dict[str, Any] | None = None


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What needs approval. No rules, no approval."""

    rules: list[Rule] = []

    def problem(self) -> str | None:
        """Why it cannot be used; None when it can."""
        if len(self.rules) > RULES:
            return f"At most {RULES} rules."
        for rule in self.rules:
            if not rule.name.strip() or len(rule.name) > NAME:
                return f"Give each rule a name of at most {NAME} characters."
            if rule.who not in WHO:
                return f"{rule.name}: choose whose replies it is about."
            if not 1 <= rule.days <= DAYS:
                return f"{rule.name}: choose 1 to {DAYS} days."
            if rule.condition is None:
                continue
            try:
                reading.read(rule.condition, me=False)
            except reading.InvalidConditionError as error:
                return f"{rule.name}: {error}"
        return None


class Writer(Struct, frozen=True, kw_only=True):
    """Who wants to send."""

    may_approve: bool
    since: int
    """When they came, an instant."""


def because(rules: Iterable[Rule], writer: Writer, audience: Visibility, facts: Facts, now: Instant) -> str:
    """The name of the first rule that wants a second pair of eyes; empty for none."""
    for rule in rules:
        if rule.public_only and not in_public(audience):
            continue
        if rule.who != "everybody" and writer.may_approve:
            continue
        if rule.who == "new" and writer.since < now - rule.days * DAY:
            continue
        if rule.condition is not None and not conditions.predicate(reading.read(rule.condition))(facts, now):
            continue
        return rule.name
    return ""


class Piece(Struct, frozen=True, kw_only=True):
    """A stretch of a changed text: `same`, `out` or `in`."""

    kind: str
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """What was changed, word by word."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    pieces: list[Piece] = []
    for op, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if op == "equal":
            pieces.append(Piece(kind="same", text="".join(old[a:b])))
            continue
        pieces += [
            Piece(kind=kind, text="".join(words))
            for kind, words in (("out", old[a:b]), ("in", new[c:d]))
            if words
        ]
    return pieces
