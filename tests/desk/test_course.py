"""What a case went through: the same for every order in which it came, and always sound."""

from hypothesis import given
from hypothesis import strategies as st

from earful.desk.sla.clocks import Act, Course, Heard, course, times, watch
from earful.desk.sla.rules import Kind, Policy, Targets
from earful.model.desk import Status
from earful.model.time import HOUR, MINUTE

POLICY = Policy(
    id="p", name="P", targets=Targets(first_answer=(60,) * 5, next_answer=(60,) * 5, resolution=(240,) * 5)
)
heard = st.lists(
    st.tuples(st.integers(0, 400), st.booleans(), st.integers(0, 4), st.booleans(), st.booleans()), max_size=8
).map(
    lambda many: [
        Heard(id=f"m{n}", at=at * MINUTE, ours=ours, severity=severity, praise=praise, promises=promises)
        for n, (at, ours, severity, praise, promises) in enumerate(many)
    ]
)
acts = st.lists(st.tuples(st.integers(0, 400), st.sampled_from(Status), st.booleans()), max_size=5).map(
    lambda many: [Act(at=at * MINUTE, status=status, undoes=undoes) for at, status, undoes in sorted(many)]
)
statuses = st.sampled_from(Status)


@given(heard, acts, statuses, st.randoms())
def test_the_order_of_arrival_changes_nothing(
    said: list[Heard], done: list[Act], status: Status, chance: object
) -> None:
    mixed = list(said)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert course(mixed, done, status, 400 * MINUTE) == course(said, done, status, 400 * MINUTE)


@given(heard, acts, statuses)
def test_promises_of_a_kind_follow_each_other(said: list[Heard], done: list[Act], status: Status) -> None:
    went = course(said, done, status, 400 * MINUTE)
    for kind in Kind:
        runs = [run for run in went.runs if run.kind is kind]
        assert [run.round for run in runs] == list(range(1, len(runs) + 1))
        assert all(run.ended_at is not None for run in runs[:-1])
        assert all(run.ended_at is None or run.ended_at >= run.started_at for run in runs)
        if status is Status.CLOSED:
            assert all(run.ended_at is not None for run in runs)
    answers = [run for run in went.runs if run.kind is not Kind.RESOLUTION and run.ended_at is None]
    assert len(answers) <= 1


@given(heard, acts, statuses)
def test_a_clock_is_running_paused_or_ended_and_its_times_are_in_order(
    said: list[Heard], done: list[Act], status: Status
) -> None:
    went = course(said, done, status, 400 * MINUTE)
    for run in went.runs:
        clock = times(run, went.stands, POLICY, (1, 0), None)
        assert clock is not None
        if clock.due_at is None:
            assert (clock.done_at, status) == (None, Status.WAITING)
            assert clock.paused_at is not None
            assert 0 < clock.remaining <= clock.target
            assert watch(clock, 0) is None
            continue
        assert clock.warn_at is not None
        assert clock.started_at < clock.warn_at < clock.due_at
        assert clock.due_at - clock.started_at >= clock.target
        assert run.kind is Kind.RESOLUTION or clock.due_at - clock.started_at == clock.target
        assert (watch(clock, 0) is None) == (clock.done_at is not None)


def said_at(minute: int, *, ours: bool = False, praise: bool = False) -> Heard:
    return Heard(id=f"{minute}", at=minute * MINUTE, ours=ours, praise=praise)


def ends(went: Course) -> list[tuple[str, int, int | None]]:
    return [
        (
            run.kind.value,
            run.started_at // MINUTE,
            run.ended_at // MINUTE if run.ended_at is not None else None,
        )
        for run in went.runs
    ]


def test_thanks_do_not_open_a_closed_case_and_anything_else_does() -> None:
    said = [said_at(0), said_at(5, ours=True), said_at(20, praise=True)]
    closed = [Act(at=10 * MINUTE, status=Status.CLOSED)]
    settled = [("resolution", 0, 10), ("first_answer", 0, 5)]
    assert ends(course(said, closed, Status.CLOSED)) == settled
    again = course([*said, said_at(30)], closed, Status.OPEN)
    assert ends(again) == [*settled, ("resolution", 30, None), ("next_answer", 30, None)]


def test_pauses_move_the_deadline_by_their_length() -> None:
    said = [said_at(0), said_at(90)]
    waited = [Act(at=30 * MINUTE, status=Status.WAITING)]
    went = course(said, waited, Status.OPEN)
    clock = times(
        next(run for run in went.runs if run.kind is Kind.RESOLUTION), went.stands, POLICY, (1, 0), None
    )
    assert clock is not None
    assert clock.due_at == 4 * HOUR + HOUR
