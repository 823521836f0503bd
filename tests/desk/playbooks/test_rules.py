"""What is refused, and why; which playbook and which path a case takes; and runs in whatever order they are told."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from earful.desk.conditions.facts import Facts
from earful.desk.conditions.reading import read
from earful.desk.playbooks import checking, files, rules, service, texts
from earful.desk.playbooks.checking import Around, Promise
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.playbooks.following import due_by
from earful.desk.playbooks.rules import End, Fact, Kind, Path, Playbook, Step
from earful.desk.playbooks.running import LATE, REOPENED, SKIPPED, Happened, State, advance
from earful.model.conditions import All, Check
from earful.model.time import HOUR, MINUTE, Instant

START = 1_800_000_000_000


def step(name: str, kind: Kind = Kind.TASK, minutes: int = 60, **more: object) -> Step:
    return Step(
        **{"id": name, "kind": kind, "title": name.title(), "minutes": minutes, "ends": rules.USUAL[kind]}
        | more
    )  # type: ignore[arg-type]


def book(*steps: Step, **more: object) -> Playbook:
    path = Path(id="main", name="Main", steps=steps)
    return Playbook(**{"id": "book", "name": "Book", "paths": (path,)} | more)  # type: ignore[arg-type]


def problems(playbook: Playbook, *promises: Promise) -> list[str]:
    found = checking.check(playbook, Around(colleagues=frozenset({"kim@acme.example"}), promises=promises))
    return [f"{one.place}: {one.text}" for one in found]


ANSWER = step("answer", Kind.ANSWER)
REFUSED = {
    "a loop": (
        book(step("one", next="two"), step("two", Kind.ESCALATE, next="one")),
        "paths[0].steps[1]: can go round for ever: One → Two → One",
    ),
    "a loop through another path": (
        Playbook(
            id="b", name="B",
            paths=(
                Path(id="a", name="A", steps=(step("one", late="path:z"),)),
                Path(id="z", name="Z", severity=(3,), steps=(step("two", next="path:a"),)),
            ),
        ),
        "can go round for ever: One → Two → One",
    ),
    "no deadline": (book(step("one", minutes=0)), "paths[0].steps[0].minutes: would wait for ever"),
    "no end": (book(step("one", ends=())), "paths[0].steps[0].ends: would wait for ever: nothing ends it"),
    "a wait that only the customer ends": (
        book(step("one", Kind.TASK, ends=(End.CUSTOMER_ANSWER,))),
        "paths[0].steps[0].ends: only the customer can end it",
    ),
    "a wait without time": (
        book(step("one", Kind.WAIT, ends=(End.TICK,))), "a wait must end by time",
    ),
    "two ways at the deadline": (
        book(step("one", Kind.WAIT, late="two"), step("two")), "paths[0].steps[0].late: its time ends the step",
    ),
    "two texts in a row": (
        book(step("one", Kind.ACKNOWLEDGE, text="a"), step("two", Kind.WAIT), step("three", Kind.ANSWER, text="b")),
        "paths[0].steps[0].text: 'Three' would follow with another text",
    ),
    "a nagging reminder": (
        book(
            step("one", Kind.ASK, text="a", ends=(End.CUSTOMER_ANSWER,), late="two"),
            step("two", Kind.FOLLOW_UP, text="b"),
        ),
        "nobody is written to twice",
    ),
    "an unknown variable": (
        book(step("one", Kind.ANSWER, text="Hi {{fist_name}}")),
        "paths[0].steps[0].text: character 4: there is no variable {{fist_name}}; did you mean {{first_name}}?",
    ),
    "an open bracket": (book(step("one", Kind.ANSWER, text="Hi {{name")), "character 4: {{ belongs to no variable"),
    "a stranger": (book(step("one", owner="eve@acme.example")), "paths[0].steps[0].owner: 'eve@acme.example'"),
    "a way to nowhere": (book(step("one", next="gone")), "paths[0].steps[0].next: 'gone' is no step of this path"),
    "a step that nothing leads to": (
        book(step("one", next="end"), step("two")), "paths[0].steps[1]: no way leads to this step",
    ),
    "a severity with two paths": (
        Playbook(id="b", name="B", paths=(
            Path(id="a", name="A", severity=(1,), steps=(ANSWER,)),
            Path(id="z", name="Z", severity=(1,), steps=(ANSWER,)),
        )),
        "paths[1].severity: 1 takes the path 'a' already",
    ),
    "two steps of one name": (book(step("one"), step("one")), "paths[0].steps[1].id: 'one' is there twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trusted_is_refused_with_place_and_reason(name: str) -> None:
    playbook, words = REFUSED[name]
    found = problems(playbook)
    assert len(found) == 1
    assert words in found[0]


def promise(*minutes: int, opens: bool = True, **asked: tuple[str, ...]) -> Promise:
    tests = [{"field": f"case.{name}", "op": "in", "value": values} for name, values in asked.items()]
    return Promise(name="Promise", when=read({"all": tests}), first_answer=minutes * 5, opens=opens)


def test_a_promise_that_could_not_be_kept_is_named() -> None:
    slow = book(step("find", minutes=50), step("more", minutes=20), step("answer", Kind.ANSWER, 20))
    assert problems(slow, promise(90)) == []
    assert (
        "may take 90 minutes, and 'Promise' promises one to severity 0 within 60"
        in problems(slow, promise(60))[0]
    )
    detour = book(
        step("find", minutes=10, late="long"),
        replace(ANSWER, next="end"),
        step("long"),
        replace(ANSWER, id="z"),
    )
    assert "may take 130 minutes" in problems(detour, promise(100))[0]
    assert "never opens" in problems(slow, promise(90, opens=False))[0]


def test_a_promise_to_others_is_nobodys_business() -> None:
    mail = book(
        step("answer", Kind.ANSWER, 90), when=All((Check(field="case.network", op="is", value="email"),))
    )
    assert problems(mail, promise(30, network=("mastodon",))) == []
    assert len(problems(mail, promise(30, network=("email", "sms")))) == 1
    # The first policy that fits every case of the playbook is the only one that counts.
    assert problems(mail, promise(100, network=("email",)), promise(30)) == []
    assert len(problems(mail, promise(100, topic=("delivery",)), promise(30))) == 1


@pytest.mark.parametrize("ready", service.ready(), ids=lambda one: one.id)
def test_the_ready_ones_can_be_trusted_and_read_back_exactly(ready: Playbook) -> None:
    assert checking.check(ready, Around()) == []
    text = (service.READY / f"{ready.id}.toml").read_text()
    assert files.write(files.read(text)) == text
    assert ready.description
    assert all(texts.fill(one.text, {}).count("{{") == 0 for path in ready.paths for one in path.steps)


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
STEPS = st.builds(
    Step, id=WORDS, kind=st.sampled_from(Kind), title=WORDS, minutes=st.integers(-5, 10**6), clock=WORDS, owner=WORDS,
    text=WORDS, ends=st.lists(st.sampled_from(End), unique=True).map(tuple), next=WORDS, late=WORDS,
)  # fmt: skip
BOOKS = st.builds(
    Playbook, id=WORDS, name=WORDS, description=WORDS, order=st.integers(0, 999), enabled=st.booleans(), default=WORDS,
    when=st.sampled_from([
        All(()), Check(field="case.severity", op="at_least", value=2),
        All((
            Check(field="case.tags", op="has_any", value=("a\"b", "c")),
            Check(field="message.text", op="contains", value="#x"),
        )),
    ]),
    paths=st.lists(
        st.builds(Path, id=WORDS, name=WORDS, severity=st.lists(st.integers(0, 4)).map(tuple),
                  steps=st.lists(STEPS, max_size=3).map(tuple)), max_size=3,
    ).map(tuple),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(BOOKS)
def test_whatever_is_written_is_read_back(playbook: Playbook) -> None:
    text = files.write(playbook)
    assert files.read(text) == playbook
    assert files.write(files.read(text)) == text


GOOD = files.write(
    book(step("one"), ANSWER, when=All((Check(field="case.severity", op="at_least", value=2),)))
)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[when]", "[when", "line 5, column 6: is not TOML"),
        ('kind = "task"', 'kind = "tsk"', "line 16, column 8: paths[0].steps[0].kind 'tsk' is none of"),
        ("minutes = 60", "minutes = 0", "line 18, column 11: paths[0].steps[0].minutes would wait for ever"),
        (
            "value = 2",
            "value = 9",
            "line 7, column 55: when.all[0].value expected a number from 0 to 4, got 9",
        ),
        ("name =", "nmae =", "line 2, column 8: nmae there is no such thing here; did you mean name?"),
        (
            'title = "Answer"',
            'title = "Answer"\ntext = """\nHi {{x}}"""',
            "line 24, column 8: paths[0].steps[1].text",
        ),
    ],
)
def test_mistakes_in_a_file_have_line_and_column(old: str, new: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidPlaybookError) as caught:
        files.read(GOOD.replace(old, new, 1), Around())
    assert words in "\n".join(caught.value.lines)


def test_the_first_by_order_whose_condition_holds_is_taken_and_says_why() -> None:
    calm = book(ANSWER, order=20, id="calm")
    worse = book(ANSWER, order=10, id="worse", when=Check(field="case.severity", op="at_least", value=3))
    off = book(ANSWER, order=1, id="off", enabled=False)
    hurt, fine = Facts(case_severity=3), Facts(case_severity=1)
    assert rules.matching([calm, worse, off], hurt, Instant(0)) is worse
    assert rules.matching([calm, worse, off], fine, Instant(0)) is calm
    assert rules.matching([worse], fine, Instant(0)) is None
    assert rules.reasons(worse.when, hurt, Instant(0)) == (Fact("case.severity", 3),)


def test_a_severity_takes_its_path_or_the_default() -> None:
    paths = tuple(
        Path(id=one, name=one, severity=many, steps=(ANSWER,)) for one, many in (("a", (4,)), ("b", ()))
    )
    assert rules.path_for(Playbook(id="x", name="x", paths=paths), 1).id == "a"
    named = Playbook(id="x", name="x", paths=paths, default="b")
    assert [rules.path_for(named, one).id for one in (1, 4)] == ["b", "a"]


RUN = book(
    step("own-up", Kind.ACKNOWLEDGE, 30, late="lead"),
    step("find", minutes=60),
    step("answer", Kind.ANSWER, 60),
    step("heard", Kind.WAIT, 600, ends=(End.CUSTOMER_CONFIRMED, End.TIME), next="end"),
    step("lead", Kind.ESCALATE, 30, next="find"),
)


def told(minute: int, what: str, key: str = "", **more: object) -> Happened:
    values = {
        "id": f"{what}-{minute}",
        "at": START + minute * MINUTE,
        "what": what,
        "key": key and f"main.{key}",
    }
    return Happened(**values | more)  # type: ignore[arg-type]


def walked(*happened: Happened, after: int = 5_000) -> list[tuple[str, str]]:
    run = advance(RUN, "main.own-up", START, happened, Instant(START + after * MINUTE), due_by(None))
    return [(one.key.partition(".")[2], one.ended_by) for one in run.steps]


def test_a_run_goes_through_its_steps() -> None:
    happened = [
        told(10, End.PUBLIC_REPLY), told(20, End.TICK, "find"), told(30, End.PRIVATE_REPLY),
        told(90, End.CUSTOMER_CONFIRMED),
    ]  # fmt: skip
    assert walked(*happened) == [
        ("own-up", "public_reply"), ("find", "tick"), ("answer", "private_reply"), ("heard", "customer_confirmed"),
    ]  # fmt: skip
    run = advance(RUN, "main.own-up", START, happened, Instant(START + HOUR * 9), due_by(None))
    assert run.state is State.DONE
    assert not any(one.late for one in run.steps)


def test_a_deadline_leads_elsewhere_and_nothing_said_before_ends_a_later_step() -> None:
    assert walked(after=29) == [("own-up", "")]
    assert walked(told(40, End.PUBLIC_REPLY), after=50) == [("own-up", LATE), ("lead", "")]
    # A step that its deadline leads nowhere from stays, overdue.
    assert walked(told(10, End.PUBLIC_REPLY)) == [("own-up", "public_reply"), ("find", "")]


def test_closing_pauses_and_opening_gives_the_step_its_whole_time() -> None:
    happened = (told(10, End.PUBLIC_REPLY), told(20, End.CLOSED))
    now = Instant(START + 300 * MINUTE)
    assert advance(RUN, "main.own-up", START, happened, now, due_by(None)).state is State.PAUSED
    again = advance(RUN, "main.own-up", START, [*happened, told(200, REOPENED)], now, due_by(None))
    assert again.state is State.RUNNING
    assert again.now is not None
    assert again.now.due_at == START + 260 * MINUTE
    thanks = told(200, End.CUSTOMER_ANSWER, praise=True)
    assert advance(RUN, "main.own-up", START, [*happened, thanks], now, due_by(None)).state is State.PAUSED


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-30, 900), st.sampled_from([*End, SKIPPED, REOPENED]), st.sampled_from(RUN.paths[0].steps)
        ),
        max_size=14,
    ),
    st.integers(0, 2_000), st.randoms(use_true_random=False),
)  # fmt: skip
def test_a_run_is_the_same_in_every_order_and_with_every_repetition(
    events: list[tuple[int, str, Step]], after: int, luck: random.Random
) -> None:
    happened = [told(at, what, one.id, id=f"{number}") for number, (at, what, one) in enumerate(events)]
    mixed = happened + happened[::2]
    luck.shuffle(mixed)
    assert walked(*happened, after=after) == walked(*mixed, after=after)
    # No step is come to twice, each starts where the one before it ended, and only the last goes on.
    run = advance(RUN, "main.own-up", START, mixed, Instant(START + after * MINUTE), due_by(None))
    assert len({one.key for one in run.steps}) == len(run.steps)
    assert all(one.ended_at == two.started_at for one, two in zip(run.steps, run.steps[1:], strict=False))
    assert (run.now is None) == (run.state is State.DONE)
