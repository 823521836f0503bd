"""The doctor finds what was planted, and nothing on a healthy desk. On both stores."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from earful.doctor import CONSUMERS, Report, examine
from earful.store.tx import Tx
from tests.conftest import Desk, answer, write


def report(desk: Desk) -> Report:
    return examine(desk.store, desk.log, desk.now)


@pytest.fixture
def full(desk: Desk) -> Desk:
    desk.receive(write("m1"), write("m2", "Where is my order?", by="ben"), answer("a1", "m1", minute=5))
    desk.settle()
    return desk


def test_everybody_who_reads_the_log_is_watched(desk: Desk) -> None:
    assert [consumer.name for consumer in desk.consumers] == list(CONSUMERS)


def test_a_healthy_desk_has_no_finding(full: Desk) -> None:
    found = report(full)
    assert [finding.check for finding in found.findings if not finding.ok] == []
    assert found.ok


def sql(*statements: str) -> Callable[[Tx], None]:
    def run(tx: Tx) -> None:
        for statement in statements:
            tx.conn.execute(text(statement))

    return run


FAULTS = [
    ("every message has the raw delivery that brought it", "DELETE FROM deliveries"),
    ("every delivery's messages are there", "UPDATE deliveries SET brought = brought + 1"),
    ("every message was announced in the log", "DELETE FROM events WHERE type LIKE 'message.%'"),
    ("no deleted message kept its words", "UPDATE messages SET deleted_at = 1"),
    (
        "no rating or earlier wording outlived its deleted message",
        "UPDATE messages SET deleted_at = 1, text = ''",
    ),
    ("the inbox counts what there is", "UPDATE case_counts SET n = n + 1"),
    ("the consumer desk keeps up", "UPDATE cursors SET seq = 0, tx = 0 WHERE consumer = 'desk'"),
    ("the channel acme is well", "UPDATE channels SET trouble = 'The password is not right.'"),
]


@pytest.mark.parametrize(("check", "fault"), FAULTS, ids=[check for check, _ in FAULTS])
def test_each_fault_is_found(full: Desk, check: str, fault: str) -> None:
    full.store.write_now(sql(fault))
    full.now += 3_600_000
    found = {finding.check: finding for finding in report(full).findings}
    assert not found[check].ok
    assert found[check].count > 0
    assert found[check].advice
    assert not report(full).ok
