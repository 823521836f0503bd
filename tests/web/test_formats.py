"""Times and numbers as pages write them."""

from zoneinfo import ZoneInfo

import pytest

from earful.model.time import DAY, HOUR, MINUTE, SECOND
from earful.web.formats import about, age, compact, deadline, exact, hue, initials

NOW = 1_795_291_920_000


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (-5 * MINUTE, "now"),
        (59 * SECOND, "now"),
        (MINUTE, "1 min"),
        (12 * MINUTE + 59 * SECOND, "12 min"),
        (HOUR, "1 h"),
        (47 * HOUR, "47 h"),
        (2 * DAY, "2 d"),
        (13 * DAY, "13 d"),
        (14 * DAY, "2 wk"),
        (400 * DAY, "57 wk"),
    ],
)
def test_age(ago: int, words: str) -> None:
    assert age(NOW - ago, NOW) == words


@pytest.mark.parametrize(
    ("left", "state", "words"),
    [
        (45 * MINUTE, "calm", "due in 45 min"),
        (16 * MINUTE, "calm", "due in 16 min"),
        (14 * MINUTE, "soon", "due in 14 min"),
        (0, "soon", "due in 0 min"),
        (-3 * HOUR, "overdue", "3 h overdue"),
    ],
)
def test_deadline(left: int, state: str, words: str) -> None:
    assert deadline(NOW + left, NOW + left - 15 * MINUTE, NOW) == (state, words)


def test_a_deadline_that_is_due_as_it_starts() -> None:
    assert deadline(NOW, NOW, NOW).state == "soon"


@pytest.mark.parametrize(
    ("number", "short"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (1290, "1.2k"),
        (12_391, "12k"),
        (999_999, "999k"),
        (3_450_000, "3.4M"),
    ],
)
def test_compact(number: int, short: str) -> None:
    assert compact(number) == short


@pytest.mark.parametrize(("number", "words"), [(7.6, "7"), (99, "99"), (12_391, "12,000"), (986, "990")])
def test_about(number: float, words: str) -> None:
    assert about(number) == words


def test_exact_is_in_the_zone_that_was_asked_for() -> None:
    assert exact(NOW).endswith("UTC")
    assert exact(NOW, ZoneInfo("Asia/Kolkata")).endswith("IST")


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ana Petrović", "AP"), ("ana", "A"), ("", "?"), ("🤖", "?"), ("يوسف المصري", "ي"), ("a_b.c", "AC")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_hue_is_stable_and_in_range() -> None:
    assert hue("Ana") == hue("Ana")
    assert all(0 <= hue(n) < 8 for n in ("", "x", "😀", "Kim Dietrich"))
