"""What became of a case, as a function of what happened in it: silence is never success, only words confirm."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.desk.outcomes.reading import Pointing, Read, Reading
from earful.desk.outcomes.rules import Happened, Matter, Settings, Step, ledger, outcome, same_matter
from earful.model.desk import Outcome
from earful.model.time import DAY, HOUR, Instant

NOW = Instant(1_000 * DAY)
SETTINGS = Settings(silent_days=7, return_days=30)
POINTING = Pointing(to="phone", words="call us", span=(0, 7))


def at(hours: float, step: Step, says: str = "", **more: Any) -> Happened:
    read = Read(reading=Reading(says), words="w", span=(0, 1)) if says else None
    when = NOW - 20 * DAY + round(hours * HOUR)
    return Happened(step=step, at=when, id=f"{step}-{hours}", read=read, **more)


HEARD, SAID, CLAIMED = at(0, Step.HEARD), at(1, Step.SAID), at(2, Step.CLAIMED, by="Kim")
WEEK = 7 * 24

STORIES: list[tuple[str, list[Happened], float, list[str]]] = [
    ("nobody answered", [HEARD], 99, ["unanswered"]),
    ("answered", [HEARD, SAID], 2, ["unanswered", "answered"]),
    ("claimed", [HEARD, SAID, CLAIMED], 3, ["unanswered", "answered", "claimed"]),
    (
        "confirmed",
        [HEARD, SAID, CLAIMED, at(3, Step.HEARD, "confirmed")],
        2 * WEEK,
        ["unanswered", "answered", "claimed", "confirmed"],
    ),
    ("thanks alone confirm nothing", [HEARD, SAID, CLAIMED, at(3, Step.HEARD, "unclear")], 4,
     ["unanswered", "answered", "claimed"]),
    ("it worked by itself before anybody answered", [HEARD, at(3, Step.HEARD, "confirmed")], 4, ["unanswered"]),
    ("claimed and silent", [HEARD, SAID, CLAIMED], WEEK + 3, ["unanswered", "answered", "claimed", "silent"]),
    ("answered and silent", [HEARD, SAID], WEEK + 2, ["unanswered", "answered", "silent"]),
    ("the customer waits for us, which is not their silence", [HEARD, SAID, at(2, Step.HEARD)], 2 * WEEK,
     ["unanswered", "answered"]),
    ("heard again", [HEARD, SAID, at(WEEK + 30, Step.HEARD)], WEEK + 31,
     ["unanswered", "answered", "silent", "answered"]),
    ("confirmed after silence", [HEARD, SAID, CLAIMED, at(WEEK + 30, Step.HEARD, "confirmed")], WEEK + 31,
     ["unanswered", "answered", "claimed", "silent", "confirmed"]),
    ("still broken", [HEARD, SAID, CLAIMED, at(5, Step.HEARD, "denied")], 6,
     ["unanswered", "answered", "claimed", "returned"]),
    ("complains again", [HEARD, SAID, CLAIMED, at(5, Step.HEARD, complaint=True)], 6,
     ["unanswered", "answered", "claimed", "returned"]),
    ("still broken before anybody claimed", [HEARD, SAID, at(5, Step.HEARD, "denied")], 6, ["unanswered", "answered"]),
    ("returned, fixed again", [HEARD, SAID, CLAIMED, at(5, Step.HEARD, "denied"), at(6, Step.SAID),
                               at(7, Step.CLAIMED), at(8, Step.HEARD, "confirmed")], 9,
     ["unanswered", "answered", "claimed", "returned", "claimed", "confirmed"]),
    ("answering a matter that came back hides nothing",
     [HEARD, SAID, CLAIMED, at(5, Step.HEARD, "denied"), at(6, Step.SAID)], 7,
     ["unanswered", "answered", "claimed", "returned"]),
    ("came back in another case", [HEARD, SAID, CLAIMED, at(48, Step.CAME_BACK)], 49,
     ["unanswered", "answered", "claimed", "returned"]),
    ("only sent elsewhere", [HEARD, at(1, Step.SAID, pointing=POINTING)], 400, ["unanswered", "brushed_off"]),
    ("sent elsewhere and arrived", [HEARD, at(1, Step.SAID, pointing=POINTING), at(2, Step.ARRIVED)], 3,
     ["unanswered", "brushed_off", "answered"]),
    ("sent elsewhere and called", [HEARD, at(1, Step.SAID, pointing=POINTING), at(2, Step.HEARD, network="phone")], 3,
     ["unanswered", "brushed_off", "answered"]),
    ("sent elsewhere and wrote here again",
     [HEARD, at(1, Step.SAID, pointing=POINTING), at(2, Step.HEARD, network="x")], 3, ["unanswered", "brushed_off"]),
    ("sent elsewhere, then answered", [HEARD, at(1, Step.SAID, pointing=POINTING), at(2, Step.SAID)], 3,
     ["unanswered", "brushed_off", "answered"]),
    ("answered, then sent elsewhere too", [HEARD, SAID, at(2, Step.SAID, pointing=POINTING)], 3,
     ["unanswered", "answered"]),
    ("a colleague says so", [HEARD, at(1, Step.SENT_AWAY)], 3, ["unanswered", "brushed_off"]),
    ("verified", [HEARD, SAID, CLAIMED, at(3, Step.VERIFIED, words="tried it")], 2 * WEEK,
     ["unanswered", "answered", "claimed", "verified"]),
    ("verified stays when confirmed", [HEARD, SAID, at(3, Step.VERIFIED), at(4, Step.HEARD, "confirmed")], 5,
     ["unanswered", "answered", "verified"]),
    ("a claim takes nothing from what the customer said",
     [HEARD, SAID, at(3, Step.HEARD, "confirmed"), at(4, Step.CLAIMED)], 5, ["unanswered", "answered", "confirmed"]),
    ("closed as answered, then it complains", [HEARD, SAID, at(2, Step.CLOSED), at(9, Step.HEARD, complaint=True)],
     10, ["unanswered", "answered", "returned"]),
    ("opened again by a colleague, then it complains",
     [HEARD, SAID, at(2, Step.CLOSED), at(3, Step.REOPENED), at(9, Step.HEARD, complaint=True)], 10,
     ["unanswered", "answered"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("happened", "hours", "path"), [one[1:] for one in STORIES], ids=[one[0] for one in STORIES]
)
def test_what_becomes_of_a_case(happened: list[Happened], hours: float, path: list[str]) -> None:
    now = Instant(NOW - 20 * DAY + round(hours * HOUR))
    assert [str(one.outcome) for one in ledger(happened, SETTINGS, now).changes] == path


def test_after_too_long_it_is_another_matter() -> None:
    soon = Settings(silent_days=7, return_days=1)
    story = [HEARD, SAID, CLAIMED, at(48, Step.HEARD, "denied")]
    assert outcome(story, soon, NOW).outcome is not Outcome.RETURNED
    assert outcome(story, SETTINGS, Instant(story[-1].at)).outcome is Outcome.RETURNED


def test_what_came_back_says_after_how_long() -> None:
    found = outcome([HEARD, SAID, CLAIMED, at(2 + 6 * 24, Step.HEARD, "denied")], SETTINGS, NOW)
    assert [one.after for one in found.because] == [6 * DAY]


def test_a_case_without_a_history_is_none() -> None:
    with pytest.raises(ValueError, match="history"):
        ledger([], SETTINGS, NOW)


STEPS = st.builds(
    lambda number, hours, step, says, complaint, points: Happened(
        step=step, at=NOW - 60 * DAY + hours * HOUR, id=f"{number}", complaint=complaint,
        read=Read(reading=says, words="w", span=(0, 1)) if step is Step.HEARD else None,
        pointing=POINTING if points and step is Step.SAID else None,
    ),
    st.integers(0, 10_000), st.integers(0, 60 * 24), st.sampled_from(list(Step)), st.sampled_from(list(Reading)),
    st.booleans(), st.booleans(),
)  # fmt: skip
STORY = st.lists(STEPS, min_size=1, max_size=12, unique_by=lambda one: one.id)


@given(STORY, st.randoms())
def test_any_order_and_any_repetition_say_the_same(story: list[Happened], chance: Any) -> None:
    shuffled = story + story[:3]
    chance.shuffle(shuffled)
    assert ledger(shuffled, SETTINGS, NOW) == ledger(story, SETTINGS, NOW)


@given(STORY)
def test_nothing_succeeds_by_itself_and_everything_has_its_reason(story: list[Happened]) -> None:
    by_id = {one.id: one for one in story}
    for before, after in zip(
        ledger(story, SETTINGS, NOW).changes, ledger(story, SETTINGS, NOW).changes[1:], strict=False
    ):
        assert after.outcome is not before.outcome
        assert after.since >= before.since
        assert after.because
        last = after.because[-1]
        if after.outcome is Outcome.CONFIRMED and before.outcome is not Outcome.SILENT:
            said = by_id[last.id].read
            assert said is not None
            assert said.reading is Reading.CONFIRMED
        if after.outcome is Outcome.VERIFIED:
            assert by_id[last.id].step is Step.VERIFIED
        if last.what == "silence":
            assert after.outcome is Outcome.SILENT


@given(STORY, st.integers(0, 400))
def test_time_alone_only_brings_silence(story: list[Happened], days: int) -> None:
    soon, late = ledger(story, SETTINGS, NOW), ledger(story, SETTINGS, Instant(NOW + days * DAY))
    assert late.changes[: len(soon.changes)] == soon.changes
    assert {one.outcome for one in late.changes[len(soon.changes) :]} <= {Outcome.SILENT}
    if soon.silent_at is not None:
        assert (late.now.outcome is Outcome.SILENT) == (soon.silent_at <= NOW + days * DAY)


@pytest.mark.parametrize(
    ("new", "old", "because"),
    [
        (Matter(topic="delivery", orders=frozenset({"A1"})), Matter(topic="price", orders=frozenset({"A1"})),
         ("order", "A1")),
        (Matter(topic="price", groups=frozenset({"g"})), Matter(topic="other", groups=frozenset({"g"})), ("copy", "")),
        (Matter(topic="price", kinds=frozenset({"complaint"})), Matter(topic="price"), ("topic", "price")),
        (Matter(topic="price", kinds=frozenset({"praise"})), Matter(topic="price"), None),
        (Matter(topic="other", kinds=frozenset({"complaint"})), Matter(topic="other"), None),
        (Matter(topic="price", kinds=frozenset({"complaint"})), Matter(topic="delivery"), None),
    ],
)  # fmt: skip
def test_one_matter_is_told_from_another(new: Matter, old: Matter, because: tuple[str, str] | None) -> None:
    assert same_matter(new, old) == because
