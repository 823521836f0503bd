"""Reading conditions: what is refused names its place; what is accepted reads well, and is quick."""

import tomllib
from typing import Any

import pytest

from earful.desk.conditions import rules
from earful.desk.conditions.facts import Facts
from earful.desk.conditions.fields import FIELDS, OPERATORS
from earful.desk.conditions.reading import CHECKS, DEPTH, InvalidConditionError, dump, loads, read
from earful.desk.conditions.words import GROUP_LABELS, LABELS, OP_LABELS, says
from earful.model.conditions import All, Check, Not
from earful.model.folding import fold, variants
from earful.model.time import DAY, HOUR
from tests.conftest import NOW

SEVERE = {"field": "rating.severity", "op": "at_least", "value": 2}
VIP = {"field": "case.tags", "op": "has", "value": "vip"}
BRIEF = {"all": [SEVERE, {"not": VIP}]}


def test_as_written_by_hand() -> None:
    found = read(BRIEF)
    assert found == All(
        (
            Check(field="rating.severity", op="at_least", value=2),
            Not(Check(field="case.tags", op="has", value="vip")),
        )
    )
    assert loads(dump(found)) == found
    toml = """
    [[all]]
    field = "rating.severity"
    op = "at_least"
    value = 2

    [[all]]
    not = {field = "case.tags", op = "has", value = "vip"}
    """
    assert read(tomllib.loads(toml)) == found
    day = tomllib.loads('field = "case.opened_at"\nop = "after"\nvalue = 2026-11-01')
    assert read(day) == read({"field": "case.opened_at", "op": "after", "value": "2026-11-01"})


def check(field: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value} | more


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            {"all": [SEVERE, {"not": check("rating.severity", "is", "high")}]},
            'all[1].not.value: expected a number from 0 to 4, got "high"',
        ),
        (check("rating.severty", "is", 1), "field: there is no field \"rating.severty\"; did you mean rating.severity"),
        (check("xyz", "is", 1), "field: there is no field"),
        ({"op": "is", "value": 1}, "field: is missing"),
        ({"field": "case.number", "op": "is"}, "value: is missing"),
        (check("case.number", "contains", 1), "op: \"contains\" does not go with case.number; choose one of at_least"),
        (check("case.number", ["is"], 1), "op: [\"is\"] does not go"),
        (check("case.status", "is", "opne"), 'value: "opne" is none of its values; did you mean open'),
        (check("case.status", "in", ["open", 3]), "value[1]: 3 is none of its values"),
        (check("case.status", "in", "open"), 'value: expected a list, got "open"'),
        (check("case.tags", "has_any", ["x"] * 201), "value: has more than 200 values"),
        (check("rating.severity", "is", True), "value: expected a number from 0 to 4, got true"),
        (check("rating.severity", "between", [3, 1]), "value: the first, 3, is above the second, 1"),
        (check("rating.severity", "between", [1]), "value: expected two values, got 1"),
        (check("rating.relevance", "at_least", 1.5), "value: expected a number from 0 to 1"),
        (check("message.text", "contains", " "), "value: expected some text"),
        (check("message.text", "contains", "x" * 501), "value: is longer than 500 characters"),
        (check("message.text", "contains", "a\0"), "value: has a character that no database can hold"),
        (check("message.text", "contains", "\ud800"), "value: has a character that no database can hold"),
        (check("case.opened_at", "older_than", "2 moons"), "value: expected a duration"),
        (check("case.opened_at", "older_than", "99999w"), "a hundred years at most"),
        (check("case.opened_at", "before", "yesterday"), "value: expected a day or a moment"),
        (check("case.unanswered", "is", "yes"), "value: expected true or false"),
        (check("time.hour", "is", 24), "value: expected a number from 0 to 23"),
        (check("time.hour", "is", 2, zone="Mars/One"), "zone: expected a time zone"),
        (check("case.number", "is", 2, zone="UTC"), "zone: case.number has no time zone"),
        (SEVERE | {"values": 2}, '"values" is no part of a test'),
        ({"all": [], "any": []}, "condition: all stands alone; beside it there is any"),
        ({"all": SEVERE}, "all: expected a list of conditions"),
        ({"any": [[]]}, "any[0]: expected a test or one of all, any, not"),
        (None, "condition: expected a test"),
        ({"all": [SEVERE] * (CHECKS + 1)}, "all: has more than 100 parts"),
        ({"all": [{"any": [SEVERE] * 60}] * 2}, "all[1].any[40]: there are more than 100 tests"),
        ({"any": [check("case.tags", "has_any", ["x" * 400 + str(n) for n in range(60)])]}, "20,000 bytes"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(data: Any, said: str) -> None:
    with pytest.raises(InvalidConditionError) as caught:
        read(data)
    assert said in str(caught.value)


def test_nesting_ends_somewhere() -> None:
    data: Any = SEVERE
    for _ in range(DEPTH - 1):
        data = {"not": data}
    read(data)
    with pytest.raises(InvalidConditionError, match="deeper than 8 levels"):
        read({"not": data})
    with pytest.raises(InvalidConditionError, match="not JSON"):
        loads('{"all":' * 2_000)


def test_me_needs_somebody() -> None:
    mine = check("case.assignee", "in", ["me", "u1"])
    assert rules.asks_me(read(mine))
    with pytest.raises(InvalidConditionError, match=r"value\[0\]: nobody looks here"):
        read(mine, me=False)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (BRIEF, "Message's severity is at least 2 and not tagged vip"),
        ({"any": [BRIEF, check("case.assignee", "is_not", "me")]},
         "(message's severity is at least 2 and not tagged vip) or assignee is not me"),
        (check("case.assignee", "in", ["u1", "me"]), "Assignee is one of Kim, me"),
        (check("case.status", "not_in", ["open", "closed"]), "Status is none of open, closed"),
        ({"not": {"any": [VIP, SEVERE]}}, "Not (tagged vip or message's severity is at least 2)"),
        (check("message.text", "contains", "fire"), "Message contains “fire”"),
        (check("case.closed_at", "is_set", False), "Closing is missing"),
        ({"not": check("case.assignee", "is_set", True)}, "Assignee is missing"),
        (check("time.waiting", "between", ["2h", "1d"]), "Wait is between 2h and 1d"),
        (check("time.hour", "at_least", 9, zone="Europe/Berlin"), "Hour is at least 9 (Europe/Berlin)"),
        (check("case.unanswered", "is", False), "Not: waits for an answer"),
        (check("case.network", "is", "x"), "Network is X"),
        ({"all": []}, "Everything"),
        ({"not": {"all": []}}, "Nothing"),
    ],
)  # fmt: skip
def test_a_condition_is_a_sentence(data: Any, said: str) -> None:
    assert says(read(data), {"u1": "Kim"}) == said


def test_everything_has_words() -> None:
    assert set(LABELS) == set(FIELDS)
    assert len(set(LABELS.values())) == len(LABELS)
    assert set(GROUP_LABELS) == {field.group for field in FIELDS.values()}
    assert {str(op) for ops in OPERATORS.values() for op in ops} <= {*OP_LABELS, "is_not", "not_in"}


@pytest.mark.parametrize(
    ("data", "facts", "holds"),
    [
        (check("case.closed_at", "older_than", "1d"), Facts(), False),
        (check("case.closed_at", "older_than", "1d"), Facts(case_closed_at=NOW - DAY), True),
        (check("case.closed_at", "newer_than", "1d"), Facts(case_closed_at=NOW - DAY), False),
        (check("case.closed_at", "between", ["2026-11-20", "2026-11-21"]), Facts(case_closed_at=NOW + HOUR), True),
        (check("case.closed_at", "before", "2026-11-21"), Facts(case_closed_at=NOW), False),
        (check("rating.severity", "is_not", 3), Facts(), True),
        (check("rating.severity", "not_in", []), Facts(), True),
        (check("rating.severity", "in", []), Facts(rating_severity=3), False),
        (check("author.name", "is", "ΣΊΣΥΦΟΣ"), Facts(author_name="σίσυφος"), True),
        (check("case.assignee", "is", "me"), Facts(), False),
        (check("case.assignee", "is_not", "me"), Facts(), True),
        (check("time.hour", "is", 9), Facts(), True),
        (check("time.hour", "is", 10, zone="Europe/Berlin"), Facts(), True),
        (check("time.hour", "is", 14, zone="Asia/Kolkata"), Facts(), True),
        (check("time.weekday", "is", "saturday"), Facts(), True),
        (check("time.weekday", "in", ["sunday"], zone="Pacific/Kiritimati"), Facts(), False),
    ],
)  # fmt: skip
def test_what_a_test_means(data: Any, facts: Facts, holds: bool) -> None:
    assert rules.predicate(read(data))(facts, NOW) is holds


@pytest.mark.parametrize(
    ("op", "value", "ends"),
    [
        ("at_least", "2h", [2 * HOUR]),
        ("at_most", "2h", [2 * HOUR + 1]),
        ("between", ["1h", "2h"], [HOUR, 2 * HOUR + 1]),
    ],
)
def test_the_clock_changes_an_answer_exactly_when_it_says(op: str, value: Any, ends: list[int]) -> None:
    facts = Facts(case_opened_at=NOW)
    asked = rules.horizon(read(check("time.age", op, value)))
    holds, until = asked(facts, NOW)
    for end in ends:
        assert until == NOW + end
        assert asked(facts, int(until) - 1) == (holds, until)
        before = holds
        holds, until = asked(facts, int(until))
        assert holds is not before
    assert until == rules.FOR_EVER


def test_folding_keeps_every_character_in_its_place() -> None:
    text = "".join(map(chr, range(0x20000)))
    folded = "".join(map(fold, text))
    assert len(folded) == len(text)
    assert fold(folded) == folded
    others, chars = variants(fold("Straße K"))
    assert dict(zip(others, chars, strict=True)) == {
        "S": "s", "ſ": "s", "T": "t", "R": "r", "A": "a", "ẞ": "ß", "E": "e", "K": "k", "\u212a": "k",
    }  # fmt: skip
