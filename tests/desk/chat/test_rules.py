"""What can be read on which colour, who is gone, and how fast one may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.desk.chat import rules
from earful.desk.chat.frame import DARK, LIGHT
from earful.model.time import MINUTE, SECOND, Instant
from earful.web.brakes import Brakes, TooFast

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_every_colour_can_be_read_on_and_stood_in_for(colour: str) -> None:
    assert rules.contrast(colour, rules.ink_on(colour)) >= 4.5
    for ground in (LIGHT, DARK):
        assert rules.contrast(rules.readable(colour, ground), ground) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert rules.readable("#0b6b62", LIGHT) == "#0b6b62"
    assert rules.contrast("#ffffff", "#000000") == pytest.approx(21)


@pytest.mark.parametrize(
    ("seen_ago", "waited", "gone"),
    [(0, None, False), (0, 9, False), (0, 10, True), (60, None, True), (60, 1, True), (39, 1, False)],
)
def test_who_left_or_waited_too_long_gets_a_mail(seen_ago: int, waited: int | None, gone: bool) -> None:
    now = Instant(1_795_000_000_000)
    wrote = None if waited is None else now - waited * MINUTE
    assert rules.is_gone(now - seen_ago * SECOND, wrote, 10, now) is gone


def test_brakes_let_so_many_through_and_then_evenly() -> None:
    at = Instant(0)
    brakes = Brakes({"message": (3, 30 * SECOND)}, lambda: at)
    for _ in range(3):
        brakes.spend("message", "ana")
    with pytest.raises(TooFast) as fast:
        brakes.spend("message", "ana")
    assert fast.value.seconds == 11
    brakes.spend("message", "ben")
    at = Instant(10 * SECOND)
    brakes.spend("message", "ana")
    with pytest.raises(TooFast):
        brakes.spend("message", "ana")
