"""Links and codes: nothing in them tells anything, nothing forged or mistyped opens anything."""

import base64
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.desk.handoff.rules import (
    ALPHABET,
    Fault,
    Stands,
    State,
    Way,
    code_of,
    codes_in,
    fault,
    normal_code,
    read_link,
    sign,
)
from earful.desk.handoff.settings import NEEDED, SHIPPED, Handoffs
from earful.desk.outcomes.texts import LANGUAGES, LONGEST, fill, problem
from earful.model.time import Instant

SECRET = "s" * 64
IDS = st.uuids().map(str)
TIMES = st.integers(0, 2**40).map(lambda at: at * 1000)


@given(IDS, TIMES)
def test_a_link_says_what_was_signed_and_only_with_our_secret(handoff_id: str, at: int) -> None:
    token = sign(SECRET, handoff_id, at)
    found = read_link(SECRET, token)
    assert found is not None
    assert (found.handoff_id, found.expires_at) == (handoff_id, at)
    assert read_link(SECRET[1:] + "t", token) is None
    assert len(token) < 60


@given(IDS, TIMES, st.integers(0, 200), st.integers(1, 63))
def test_no_letter_of_a_link_can_be_changed(handoff_id: str, at: int, place: int, by: int) -> None:
    token = sign(SECRET, handoff_id, at)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place %= len(token)
    other = letters[(letters.index(token[place]) + by) % 64]
    assert read_link(SECRET, token[:place] + other + token[place + 1 :]) is None


@given(st.text(max_size=120))
def test_no_text_is_a_link_by_chance(text: str) -> None:
    assert read_link(SECRET, text) is None


def test_a_link_with_more_behind_it_is_none() -> None:
    token = sign(SECRET, str(uuid.UUID(int=7)), 1000)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    longer = base64.urlsafe_b64encode(raw + b"x").decode().rstrip("=")
    assert read_link(SECRET, longer) is None


@given(st.integers(0, 2**64 - 1), st.booleans(), st.sampled_from(["", "-", " ", " - "]))
def test_a_code_is_known_however_it_is_typed(noise: int, small: bool, between: str) -> None:
    code = code_of(noise)
    assert set(code.replace("-", "")) <= set(ALPHABET)
    typed = code.replace("-", between)
    assert normal_code(typed.lower() if small else typed) == code
    assert codes_in(f"Re: [{code}] my kettle") == [code]


@pytest.mark.parametrize("typed", ["", "K7Q", "K7Q-3M0", "K7Q-3MPX", "ÄÄÄ-ÄÄÄ", "K7Q-3M1"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert normal_code(typed) is None


def test_codes_are_not_found_inside_other_words() -> None:
    assert codes_in("XK7Q-3MP and K7Q-3MPX and 4-K7Q-3MP-2") == []
    assert codes_in("k7q-3mp, k7q-3mp; ACD-EFG HJK-MNP QRT-VWX") == ["K7Q-3MP", "ACD-EFG", "HJK-MNP"]


NOW = Instant(10_000)


@pytest.mark.parametrize(
    ("found", "visitor", "why"),
    [
        (None, "", Fault.UNKNOWN),
        (Stands(state=State.OFFERED, expires_at=20_000, visitor=None), "", None),
        (Stands(state=State.OFFERED, expires_at=10_000, visitor=None), "", Fault.EXPIRED),
        (Stands(state=State.EXPIRED, expires_at=20_000, visitor=None), "", Fault.EXPIRED),
        (Stands(state=State.CANCELLED, expires_at=20_000, visitor=None), "", Fault.CANCELLED),
        (Stands(state=State.ARRIVED, expires_at=20_000, visitor="me"), "me", None),
        (Stands(state=State.ARRIVED, expires_at=1, visitor="me"), "me", None),
        (Stands(state=State.ARRIVED, expires_at=20_000, visitor="me"), "you", Fault.USED),
        (Stands(state=State.ARRIVED, expires_at=20_000, visitor="me"), "", Fault.USED),
    ],
)
def test_who_may_use_a_link(found: Stands | None, visitor: str, why: Fault | None) -> None:
    assert fault(found, visitor, NOW) is why


def test_the_shipped_texts_can_be_used_and_are_short() -> None:
    for way in Way:
        assert set(SHIPPED[way]) == set(LANGUAGES)
        for text in SHIPPED[way].values():
            assert problem(text, NEEDED[way] | {"name", "brand", "days"}, NEEDED[way]) is None
            assert len(text) < 130 < LONGEST


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Handoffs(days=0), "days"),
        (Handoffs(number="call me"), "dial"),
        (Handoffs(texts={"form": {"en": "Come to us"}}), "needs {link}"),
        (Handoffs(texts={"fax": {"en": "x"}}), "no way"),
        (Handoffs(number="+44 20 7946 0000"), None),
    ],
)
def test_settings_that_cannot_be_are_refused(wanted: Handoffs, why: str | None) -> None:
    found = wanted.problem()
    assert (found is None) if why is None else (found is not None and why in found)


@given(st.text(max_size=60), st.text(max_size=20))
def test_filling_a_text_never_fails(text: str, name: str) -> None:
    assert fill(text.replace("{", "").replace("}", "") + "{name}{other}", {"name": name}).endswith(
        name + "{other}"
    )
