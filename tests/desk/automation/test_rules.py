"""Rules before they act: which can be trusted, what they say in a file, and what a form makes of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.desk.automation import checking, files, form, service
from earful.desk.automation.checking import Around, possible
from earful.desk.automation.rules import Act, Do, On, Rule, acts_for
from earful.desk.conditions.facts import Facts
from earful.desk.conditions.reading import read
from earful.desk.toml.reading import InvalidFileError
from earful.model.conditions import ALWAYS
from earful.model.time import Instant

NOW = Instant(0)
CLOSED = {"field": "case.status", "op": "is", "value": "closed"}
TAGGED = {"field": "case.tags", "op": "has", "value": "seen"}
REOPEN = Act(act=Do.STATUS, value="open")


def rule(rule_id: str, *acts: Act, on: On = On.OUTCOME, when: Any = None, **more: Any) -> Rule:
    return Rule(id=rule_id, name=rule_id, on=(on,), when=when or {"all": []}, acts=acts, **more)


def problems(*rules: Rule, around: Around | None = None) -> list[tuple[str, str]]:
    return [(one.place, one.text) for one in checking.check(rules, around or Around())]


def test_a_rule_that_starts_itself_without_end_is_refused() -> None:
    ((place, why),) = problems(rule("a", REOPEN))
    assert place == "rules[0].acts"
    assert why.startswith("it can loop: “a” → “a”")
    assert problems(rule("a", REOPEN, when=CLOSED)) == []
    assert problems(rule("a", REOPEN, on=On.MESSAGE)) == []
    assert problems(rule("a", REOPEN, enabled=False)) == []


def test_rules_that_start_each_other_without_end_are_refused() -> None:
    waiting = Act(act=Do.STATUS, value="waiting")
    is_open = {"field": "case.status", "op": "is", "value": "open"}
    is_waiting = {"field": "case.status", "op": "is", "value": "waiting"}
    ((_, why),) = problems(rule("a", waiting, when=is_open), rule("b", REOPEN, when=is_waiting))
    assert "“a” → “b” → “a”" in why
    seen = Act(act=Do.TAG, value="seen")
    once = {"all": [is_open, {"not": TAGGED}]}
    assert problems(rule("a", seen, waiting, when=once), rule("b", REOPEN, when=is_waiting)) == []


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (CLOSED, False),
        ({"not": CLOSED}, True),
        (TAGGED, True),
        ({"field": "case.tags", "op": "has_any", "value": ["gone"]}, False),
        ({"field": "case.severity", "op": "at_least", "value": 2}, None),
        ({"any": [CLOSED, {"field": "case.severity", "op": "at_least", "value": 2}]}, None),
        ({"all": [CLOSED, {"field": "case.severity", "op": "at_least", "value": 2}]}, False),
    ],
)
def test_what_is_certain_after_the_acts(condition: dict[str, Any], answer: bool | None) -> None:
    done = [REOPEN, Act(act=Do.TAG, value="seen"), Act(act=Do.UNTAG, value="gone")]
    assert possible(read(condition), done) is answer


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (Act(act=Do.TAG, value="Two words"), "joined by hyphens"),
        (Act(act=Do.ASSIGN, value="who@acme.example"), "no colleague"),
        (Act(act=Do.QUEUE, value="south"), "no team"),
        (Act(act=Do.PRIORITY, value="101"), "from 0 to 100"),
        (Act(act=Do.PRIORITY), "from 0 to 100"),
        (Act(act=Do.STATUS, value="closed"), "open or waiting"),
        (Act(act=Do.SNOOZE, value="soon"), "how long"),
        (Act(act=Do.NOTE, text=" "), "write a text"),
        (Act(act=Do.PLAYBOOK, value="gone"), "no playbook"),
        (Act(act=Do.NOTIFY, value="boss", text="Look"), "no colleague"),
    ],
)
def test_an_act_that_cannot_be_done_is_refused_with_its_place(act: Act, why: str) -> None:
    around = Around(colleagues=frozenset(), queues=frozenset({"north"}), playbooks=frozenset())
    ((place, text),) = problems(rule("a", act, on=On.OPENED), around=around)
    assert place == "rules[0].acts[0]"
    assert why in text


def test_contradictions_and_what_time_can_never_start_are_refused() -> None:
    both = Act(act=Do.TAG, value="a"), Act(act=Do.UNTAG, value="a")
    assert "takes it off again" in problems(rule("a", *both))[0][1]
    assert "as time passes" in problems(rule("a", both[0], on=On.TIME))[0][1]
    assert (
        "sets the status twice"
        in problems(rule("a", REOPEN, Act(act=Do.SNOOZE, value="2h"), on=On.OPENED))[0][1]
    )
    assert "another rule has the id" in problems(rule("a", both[0]), rule("a", both[0]))[0][1]


def test_a_rule_acts_on_what_it_was_made_for() -> None:
    held = service.live(rule("a", Act(act=Do.TAG, value="seen"), when={"not": TAGGED}), 3, {})
    events = frozenset({On.OUTCOME})
    (chosen,) = acts_for([held], events, Facts(), NOW)
    assert (chosen.live.version, chosen.act.value) == (3, "seen")
    assert acts_for([held], frozenset({On.OPENED}), Facts(), NOW) == []
    assert acts_for([held], events, Facts(case_tags=frozenset({"seen"})), NOW) == []
    assert len(acts_for([held, held], events, Facts(), NOW)) == 1


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
acts = st.one_of(
    st.builds(Act, act=st.just(Do.NOTE), text=texts.filter(str.strip)),
    st.builds(Act, act=st.just(Do.TAG), value=st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8})?", fullmatch=True)),
    st.builds(Act, act=st.just(Do.PRIORITY), value=st.integers(0, 100).map(str)),
)


@given(st.lists(acts, min_size=1, max_size=4), st.booleans(), texts.filter(str.strip))
def test_a_file_gives_the_same_rules(done: list[Act], enabled: bool, words: str) -> None:
    when = {"all": [TAGGED, {"not": {"field": "message.text", "op": "contains", "value": words}}]}
    made = (rule("one", *done, on=On.OPENED, enabled=enabled, when=when), rule("two", *done, on=On.MESSAGE))
    text = files.write(made)
    found = files.read(text, Around())
    assert found == made
    assert files.write(found) == text


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[[rules]]\nid = 'a'\nname = 3\n", "line 3, column 8: rules[0].name"),
        ("[[rules]]\nid = 'a'\nname = 'A'\nwhat = 1\n", "line 4, column 8: rules[0].what"),
        ("[[rules]\n", "line 1"),
        (
            "[[rules]]\nid = 'a'\nname = 'A'\nacts = [\n  { act = 'tag', value = 'a' },\n"
            "  { act = 'status', value = 'shut' },\n]\n",
            "line 6, column 3: rules[0].acts[1]",
        ),
        (
            "[[rules]]\nid = 'a'\nname = 'A'\nacts = [{ act = 'stop' }]\n[rules.when]\nfield = 'case.color'\n"
            "op = 'is'\nvalue = 1\n",
            "line 6, column 9: rules[0].when.field",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_by_line_and_column(text: str, where: str) -> None:
    with pytest.raises(InvalidFileError) as error:
        files.read(text, Around())
    assert error.value.lines[0].startswith(where), error.value.lines


def test_a_form_gives_the_rule_back() -> None:
    given_form = {
        "id": ["a"], "name": ["A"], "on": ["opened", "nonsense"], "enabled": ["1"], "seq": ["4"],
        "a.0.act": ["tag"], "a.0.was": ["tag"], "a.0.value": ["Two Words"],
        "a.1.act": ["snooze"], "a.1.was": ["priority"], "a.1.value": ["70"],
    }  # fmt: skip
    draft = form.of_form(given_form)
    assert draft.acts == (Act(act=Do.TAG, value="Two Words"), Act(act=Do.SNOOZE))
    assert len(form.edited(draft, "act-add").acts) == 3
    assert form.edited(draft, "act-remove:0").acts == (Act(act=Do.SNOOZE),)
    assert form.edited(draft, "act-remove:9") == draft
    made = form.rule_of(draft, ALWAYS, "a")
    acts = (Act(act=Do.TAG, value="two-words"), Act(act=Do.SNOOZE))
    assert made == Rule(id="a", name="A", on=(On.OPENED,), acts=acts)
