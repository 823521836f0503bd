"""Ratings are the same wherever they are made, and a rating process that dies costs nobody a rating."""

import os
import random
import signal

from earful.bench.texts import text_of
from earful.triage.rate import load
from earful.triage.record import FEW, Apart, Here
from earful.triage.subject import Brand, Subject

BRAND = Brand(names=("Acme",), handles=("acme",))


def subjects(count: int) -> list[Subject]:

    dice = random.Random(7)
    return [Subject(text=text_of(dice), network="x", author_handle="ana") for _ in range(count)]


def test_a_process_apart_rates_as_this_one_does() -> None:
    batch = subjects(3 * FEW)
    assert Apart(BRAND).record(batch) == Here(load(BRAND)).record(batch)


def test_few_messages_need_no_process() -> None:
    apart = Apart(BRAND)
    assert len(apart.record(subjects(FEW))) == FEW
    assert apart.child is None


def test_a_process_that_was_killed_is_replaced() -> None:
    apart, batch = Apart(BRAND), subjects(2 * FEW)
    expected = apart.record(batch)
    assert apart.child is not None
    first = apart.child.pid
    os.kill(first, signal.SIGKILL)
    apart.child.wait()
    assert apart.record(batch) == expected
    assert apart.child is not None
    assert apart.child.pid != first


def test_a_process_that_dies_at_any_moment_leaves_no_message_unrated() -> None:
    apart, batch = Apart(BRAND), subjects(2 * FEW)
    expected = apart.record(batch)
    for _ in range(3):
        assert apart.child is not None
        os.kill(apart.child.pid, signal.SIGKILL)
        assert apart.record(batch) == expected
        assert apart.record(batch) == expected


def test_an_empty_batch_has_no_records() -> None:
    assert Apart(BRAND).record([]) == []
