"""Loading the demo: complete, in order, honest about time, and only once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from earful.config import Settings
from earful.desk.channels import service as channels
from earful.desk.users import service as users
from earful.doctor import examine
from earful.model.desk import Outcome, Status
from earful.model.message import Direction, Network
from earful.model.time import DAY, HOUR, Instant
from earful.playground.load import Loaded, load
from earful.playground.story import Reply, Say, Story, read
from earful.store.audit import EARFUL
from earful.store.tables import (
    audit,
    case_seen,
    cases,
    conversations,
    deliveries,
    events,
    messages,
    notes,
    outbox,
    ratings,
)
from earful.store.tx import Tx
from earful.wiring import Earful
from tests.conftest import NOW, fresh_sqlite

TOGETHER = 8 * HOUR


class Demo:
    """A loaded demo that tests only look at."""

    def __init__(self, folder: Path) -> None:
        fresh_sqlite(folder)
        self.earful = Earful(Settings(data=str(folder), brand="Brewline"), clock=lambda: NOW)
        self.loaded: Loaded = load(self.earful, NOW)

    def rows(self, query: object) -> list[tuple[object, ...]]:
        """Rows of a query."""
        return self.earful.store.read_now(lambda tx: [tuple(row) for row in tx.conn.execute(query)])  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Loaded once for this file."""
    made = Demo(tmp_path_factory.mktemp("demo"))
    yield made
    made.earful.store.close()


@pytest.fixture(scope="module")
def story() -> Story:
    """What was told."""
    return read()


def test_everything_that_was_told_is_there(demo: Demo, story: Story) -> None:
    said = {told.step.id for told in story.told if isinstance(told.step, Say | Reply)}
    kept = {row[0] for row in demo.rows(select(messages.c.native_id))}
    assert kept == said
    assert demo.loaded.messages == len(said) >= 1_700
    assert demo.loaded.fresh
    assert len(demo.loaded.users) == 5
    assert set(demo.loaded.channels) >= {Network.X, Network.EMAIL, Network.CHAT, Network.REVIEW}


def test_the_doctor_finds_nothing(demo: Demo) -> None:
    report = examine(demo.earful.store, demo.earful.log, NOW)
    assert report.ok, [finding for finding in report.findings if not finding.ok]


def test_every_message_of_a_customer_is_rated_and_in_a_case(demo: Demo) -> None:
    inbound = select(messages.c.native_id).where(messages.c.direction == "inbound")
    assert not demo.rows(inbound.where(messages.c.case_id.is_(None)))
    assert not demo.rows(inbound.where(messages.c.conversation_id.is_(None)))
    unrated = ~select(ratings.c.message_id).where(ratings.c.message_id == messages.c.id).exists()
    assert not demo.rows(inbound.where(unrated, messages.c.deleted_at.is_(None)))


def test_only_posts_of_our_own_have_no_case(demo: Demo, story: Story) -> None:
    without = demo.rows(
        select(messages.c.native_id, messages.c.direction).where(messages.c.case_id.is_(None))
    )
    roots = {say.id for say in story.says() if say.by == "brewline" and not say.to}
    assert {str(name) for name, _ in without} <= roots
    assert {direction for _, direction in without} == {Direction.OUTBOUND}


def test_the_inbox_looks_alive(demo: Demo) -> None:
    rows = demo.rows(select(cases.c.status, cases.c.last_message_at, cases.c.priority, cases.c.severity))
    statuses = Counter(row[0] for row in rows)
    assert 80 <= statuses[Status.OPEN] <= 115
    assert 30 <= statuses[Status.WAITING] <= 55
    assert 3 <= statuses[Status.SNOOZED] <= 8
    fresh = [row for row in rows if row[0] == Status.OPEN and int(str(row[1])) > NOW - 36 * HOUR]
    assert len(fresh) >= 60
    assert len({int(str(row[2])) // 10 for row in fresh}) >= 5
    assert any(row[3] == 4 for row in fresh)


def test_outcomes_are_honest_and_the_returned_have_returned(demo: Demo) -> None:
    outcomes = Counter(row[0] for row in demo.rows(select(cases.c.outcome)))
    for outcome in (
        Outcome.CONFIRMED,
        Outcome.CLAIMED,
        Outcome.ANSWERED,
        Outcome.UNANSWERED,
        Outcome.BRUSHED_OFF,
    ):
        assert outcomes[outcome], outcome
    open_again = select(cases.c.id).where(cases.c.status == "open", cases.c.outcome == "returned")
    assert len(demo.rows(open_again)) >= 3
    unanswered = select(cases.c.id).where(cases.c.outcome == "answered", cases.c.message_count == 1)
    assert not demo.rows(unanswered)


def test_times_are_those_of_the_story(demo: Demo) -> None:
    newest = demo.rows(select(func.max(messages.c.occurred_at)))[0][0]
    assert newest == NOW
    late = select(messages.c.native_id).where(
        (messages.c.received_at < messages.c.occurred_at)
        | (messages.c.received_at > messages.c.occurred_at + HOUR)
    )
    assert not demo.rows(late.where(messages.c.edited_at.is_(None), messages.c.deleted_at.is_(None)))
    for column in (events.c.at, audit.c.at, outbox.c.sent_at, notes.c.written_at, deliveries.c.received_at):
        days = {int(str(row[0])) // DAY for row in demo.rows(select(column))}
        assert len(days) >= 12, column
        assert max(days) <= NOW // DAY
    opened = select(events.c.at - cases.c.opened_at).join(cases, cases.c.id == events.c.case_id)
    lags = [int(str(row[0])) for row in demo.rows(opened.where(events.c.type == "case.opened"))]
    assert min(lags) >= 0
    assert max(lags) <= TOGETHER


def test_replies_went_out_once_under_their_writers_names(demo: Demo, story: Story) -> None:
    told = sum(isinstance(one.step, Reply) for one in story.told)
    rows = demo.rows(select(outbox.c.state, outbox.c.message_id, outbox.c.user_id))
    assert len(rows) == told
    assert {row[0] for row in rows} == {"sent"}
    assert len({row[1] for row in rows}) == told
    assert {str(row[2]) for row in rows} == set(demo.loaded.users.values())


def test_private_answers_stayed_private(demo: Demo) -> None:
    asked = messages.alias("asked")
    wrong = (
        select(messages.c.native_id)
        .join(outbox, outbox.c.message_id == messages.c.id)
        .join(asked, asked.c.id == outbox.c.in_reply_to)
        .where(asked.c.visibility == "direct", messages.c.visibility != "direct")
    )
    assert not demo.rows(wrong)


def test_storms_make_one_conversation_with_many_cases(demo: Demo) -> None:
    query = (
        select(func.count(messages.c.case_id.distinct()))
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .group_by(messages.c.conversation_id)
    )
    assert max(int(str(row[0])) for row in demo.rows(query)) > 30


def test_the_team_has_read_what_is_old(demo: Demo) -> None:
    lead = demo.loaded.users["jonas"]
    unread = (
        select(cases.c.id)
        .join(case_seen, (case_seen.c.case_id == cases.c.id) & (case_seen.c.user_id == lead), isouter=True)
        .where(func.coalesce(case_seen.c.seen_at, 0) < cases.c.last_message_at)
    )
    fresh = cases.c.last_message_at > NOW - 20 * HOUR
    assert not demo.rows(unread.where(~fresh))
    assert len(demo.rows(unread.where(fresh))) >= 30


def test_edits_and_deletes_show(demo: Demo) -> None:
    edited = demo.rows(select(messages.c.text).where(messages.c.edited_at.is_not(None)))
    assert edited
    assert not any("4111" in str(row[0]) for row in edited)
    assert demo.rows(select(messages.c.id).where(messages.c.deleted_at.is_not(None)))


def test_the_link_signs_the_lead_in(demo: Demo) -> None:
    used = demo.earful.store.write_now(lambda tx: users.use_link(tx, demo.loaded.link, NOW))
    assert used == demo.loaded.users["jonas"]


def test_a_second_start_does_nothing(demo: Demo) -> None:
    def counts(tx: Tx) -> list[int]:
        tables = (messages, cases, events, audit, outbox, deliveries)
        return [int(tx.value(select(func.count()).select_from(table))) for table in tables]

    before = demo.earful.store.read_now(counts)
    assert not load(demo.earful, Instant(NOW + DAY)).fresh
    assert demo.earful.store.read_now(counts) == before


def _small(tmp_path: Path) -> Story:
    (tmp_path / "people.jsonl").write_text('{"key":"ana","name":"Ana","on":{"x":"ana"}}\n')
    lines = (
        '{"act":"say","at":"-2d 10:00","id":"a","on":"x","by":"ana","text":"My Duo is broken again, useless"}',
        '{"act":"reply","at":"-2d 11:00","id":"b","to":"a","by":"lea","text":"Sorry! A new one is on its way."}',
        '{"act":"close","at":"-2d 11:01","to":"a","by":"lea","outcome":"claimed"}',
        '{"act":"say","at":"-2d 11:09","id":"c","on":"x","by":"ana","to":"b","text":"It is still broken, useless"}',
        '{"act":"snooze","at":"-2d 11:30","to":"c","by":"lea","until":"-1d 09:00"}',
        '{"act":"say","at":"-5m","id":"d","on":"x","by":"ana","text":"Lovely"}',
    )
    (tmp_path / "one.jsonl").write_text("\n".join(lines))
    return read(tmp_path)


@pytest.fixture
def empty(store_url: str, tmp_path: Path) -> Iterator[Earful]:
    """A desk without anything, on each kind of store."""
    made = Earful(Settings(data=str(tmp_path / "data"), database=store_url), clock=lambda: NOW)
    yield made
    made.store.close()


def test_a_case_that_came_back_is_returned_on_each_store(empty: Earful, tmp_path: Path) -> None:
    assert load(empty, NOW, _small(tmp_path)).messages == 4

    def look(tx: Tx) -> dict[str, tuple[str, str, int]]:
        query = select(cases).order_by(cases.c.opened_at)
        return {
            row["handle"] + str(row["message_count"]): (row["status"], row["outcome"], row["opened_at"])
            for row in tx.rows(query)
        }

    found = empty.store.read_now(look)
    assert len(found) == 2
    status, outcome, _ = found["ana3"]
    # The snooze ended long ago, as the story says, so the case is back.
    assert (status, outcome) == ("open", "returned")


def test_a_desk_of_somebody_else_is_left_alone(empty: Earful, tmp_path: Path) -> None:
    def theirs(tx: Tx) -> None:
        channels.create(tx, empty.vault, EARFUL, network=Network.EMAIL, name="real-mail", now=NOW)

    empty.store.write_now(theirs)
    assert not load(empty, NOW, _small(tmp_path)).fresh
    assert empty.store.read_now(lambda tx: len(channels.listed(tx))) == 1


def test_a_start_that_was_cut_off_before_the_story_is_finished_later(empty: Earful, tmp_path: Path) -> None:
    story = _small(tmp_path)
    load(empty, NOW, Story(people={}, told=[], root_of={}))
    assert load(empty, NOW, story).messages == 4
    assert len(empty.store.read_now(channels.listed)) == 12
