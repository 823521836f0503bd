"""How far replies came: reports of a network, in any order, before or after we knew that they were sent."""

import itertools

import pytest

from earful.model.desk import SendState
from earful.outbox.rules import OUT, reported

SAID = (SendState.DELIVERED, SendState.READ, SendState.FAILED)


@pytest.mark.parametrize("order", itertools.permutations(SAID[:2]))
def test_reports_in_any_order_end_at_the_furthest(order: tuple[SendState, ...]) -> None:
    state = SendState.SENT
    for said in (*order, *order):
        state = reported(state, said)
    assert state is SendState.READ


def test_what_arrived_did_not_fail_and_what_failed_stays_failed() -> None:
    assert reported(SendState.SENT, SendState.FAILED) is SendState.FAILED
    assert reported(SendState.READ, SendState.FAILED) is SendState.READ
    assert reported(SendState.FAILED, SendState.READ) is SendState.FAILED


def test_a_reply_that_is_not_out_is_not_moved() -> None:
    for state in set(SendState) - set(OUT):
        assert all(reported(state, said) is state for said in SAID)
