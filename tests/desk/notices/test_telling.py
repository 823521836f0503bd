"""Who is told what, on both databases: mentions, cases of one's own, follows, and together what belongs together."""

import pytest
from sqlalchemy import insert, select

from earful.desk.cases import service as cases
from earful.desk.notices import mails, mentions, service
from earful.desk.notices.rules import Kind, Wishes
from earful.desk.routing import settings as routing
from earful.desk.routing.rules import Plan, Team
from earful.log.contract import NewEvent
from earful.model.desk import Outcome
from earful.model.ids import new_id
from earful.model.time import DAY, HOUR, MINUTE, Instant
from earful.store.audit import EARFUL, Who
from earful.store.tables import cases as case_rows
from earful.store.tables import notice_mails, notices, users
from tests.conftest import Desk, answer, write

KIM, LOU = Who(id="user-1", name="Kim Doe"), Who(id="lou", name="Lou Strauß")


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    """Kim and Lou, a lead, with one case of Ana's."""
    row = {
        "id": "lou",
        "email": "lou@acme.example",
        "name": "Lou Strauß",
        "role": "lead",
        "password_hash": "",
    }
    desk.store.write_now(lambda tx: tx.execute(insert(users).values(**row, active=True, created_at=desk.now)))
    desk.receive(write("1"))
    desk.settle()
    return desk


def case_of(desk: Desk) -> str:
    return str(desk.store.read_now(lambda tx: tx.value(select(case_rows.c.id).order_by(case_rows.c.number))))


def note(desk: Desk, text: str, who: Who = KIM) -> str:
    made = new_id(desk.now)
    desk.store.write_now(lambda tx: cases.note(tx, desk.log, who, case_of(desk), made, text, desk.now))
    desk.settle()
    return made


def told(desk: Desk, who: Who) -> list[service.Notice]:
    return desk.store.read_now(lambda tx: service.listed(tx, who.id)[0])


def give(desk: Desk, to: Who, by: Who = KIM) -> None:
    desk.store.write_now(lambda tx: cases.assign(tx, desk.log, by, case_of(desk), to.id, to.name, desk.now))
    desk.settle()


def test_a_mention_tells_the_colleague_and_nobody_else(staffed: Desk) -> None:
    made = note(staffed, "Please look, @Lou Strauß: @kim knows; mail lou@acme.example")
    (one,) = told(staffed, LOU)
    assert (one.kind, one.place, one.actor) == (Kind.MENTIONED, f"n-{made}", "Kim Doe")
    assert one.said.startswith("Please look")
    assert told(staffed, KIM) == []
    (marked,) = staffed.store.read_now(lambda tx: mentions.of_case(tx, case_of(staffed))).values()
    assert [(one.start, one.stop, one.name) for one in marked] == [
        (13, 24, "Lou Strauß"),
        (26, 30, "Kim Doe"),
    ]


def test_a_mention_of_a_team_tells_its_members(staffed: Desk) -> None:
    team = Team(id="parcels", name="Parcels", members=("user-1", "lou"), calendar="")
    plan = Plan(teams=(team,))
    staffed.store.write_now(lambda tx: routing.save(tx, staffed.log, EARFUL, plan, staffed.now))
    note(staffed, "@Parcels: the depot is closed")
    assert [one.kind for one in told(staffed, LOU)] == [Kind.MENTIONED]
    assert told(staffed, KIM) == []


def test_what_happens_to_one_case_within_a_minute_is_one_notice(staffed: Desk) -> None:
    give(staffed, LOU)
    note(staffed, "@lou have a look")
    (one,) = told(staffed, LOU)
    assert (one.kind, one.count) == (Kind.MENTIONED, 2)
    staffed.now = Instant(staffed.now + 2 * MINUTE)
    note(staffed, "@lou again")
    assert [one.count for one in told(staffed, LOU)] == [1, 2]


def test_a_customers_answer_tells_who_has_the_case(staffed: Desk) -> None:
    give(staffed, LOU)
    staffed.now = Instant(staffed.now + 5 * MINUTE)
    staffed.receive(answer("2", "1", minute=1))
    staffed.settle()
    assert [one.kind for one in told(staffed, LOU)] == [Kind.ASSIGNED]
    staffed.receive(write("3", "Still broken", minute=2, parent_id="2"))
    staffed.settle()
    newest = told(staffed, LOU)[0]
    assert newest.kind is Kind.ANSWERED
    assert newest.place.startswith("m-")


def test_who_follows_a_case_is_told_until_they_do_no_more(staffed: Desk) -> None:
    case_id = case_of(staffed)
    staffed.store.write_now(lambda tx: service.follow(tx, LOU, case_id, staffed.now))
    staffed.store.write_now(lambda tx: cases.tag(tx, staffed.log, KIM, case_id, "parcel", staffed.now))
    staffed.settle()
    assert [one.kind for one in told(staffed, LOU)] == [Kind.FOLLOWED]
    staffed.store.write_now(lambda tx: service.unfollow(tx, LOU, case_id, staffed.now))
    staffed.now = Instant(staffed.now + HOUR)
    close = lambda tx: cases.close(tx, staffed.log, KIM, case_id, Outcome.UNANSWERED, staffed.now)  # noqa: E731
    staffed.store.write_now(close)
    staffed.settle()
    assert len(told(staffed, LOU)) == 1


def test_notices_and_followers_go_with_a_case_that_becomes_part_of_another(staffed: Desk) -> None:
    give(staffed, LOU)
    gone, kept = case_of(staffed), "another"
    staffed.store.write_now(lambda tx: service.follow(tx, LOU, gone, staffed.now))
    event = NewEvent(type="case.absorbed", subject=gone, case_id=kept, at=staffed.now)
    staffed.store.write_now(lambda tx: staffed.log.append(tx, [event]))
    staffed.settle()
    assert [one.case_id for one in told(staffed, LOU)] == [kept]
    assert staffed.store.read_now(lambda tx: service.follows(tx, kept, "lou"))
    assert not staffed.store.read_now(lambda tx: service.follows(tx, gone, "lou"))


def test_nobody_is_told_of_history_or_in_a_way_that_they_turned_off(staffed: Desk) -> None:
    off = Wishes(ways={"mentioned": []})
    staffed.store.write_now(lambda tx: service.wish(tx, LOU, "lou", off, staffed.now))
    note(staffed, "@lou one")
    assert staffed.store.read_now(lambda tx: tx.rows(select(notices))) == []
    old = NewEvent(
        type="automation.notify", subject="r", at=staffed.now - 2 * DAY, data='{"to":["lou"],"text":"old"}'
    )
    new = NewEvent(type="automation.notify", subject="r", at=staffed.now, data='{"to":["lou"],"text":"new"}')
    staffed.store.write_now(lambda tx: staffed.log.append(tx, [old, new]))
    staffed.settle()
    assert [one.detail for one in told(staffed, LOU)] == ["new"]


def test_read_is_kept_counted_and_taken_back(staffed: Desk) -> None:
    give(staffed, LOU)
    read = staffed.store.read_now
    assert read(lambda tx: service.unread(tx, "lou")) == 1
    at = Instant(staffed.now + 1)
    assert staffed.store.write_now(lambda tx: service.read(tx, staffed.log, "lou", at)) == 1
    assert read(lambda tx: service.unread(tx, "lou")) == 0
    staffed.store.write_now(lambda tx: service.read_back(tx, staffed.log, "lou", at, at))
    assert read(lambda tx: service.unread(tx, "lou")) == 1


def test_a_digest_is_made_once_for_its_slot_and_leaves_out_what_was_read(staffed: Desk) -> None:
    server = mails.MailServer(host="127.0.0.1", address="desk@acme.example")
    staffed.store.write_now(lambda tx: mails.kept.keep(tx, EARFUL, mails.KIND, server, staffed.now))
    note(staffed, "@lou <b>one</b>")

    def make() -> int:
        return staffed.store.write_now(lambda tx: mails.make(tx, "http://desk", "Acme", staffed.now))

    assert make() == 0
    staffed.now = Instant(staffed.now + HOUR)
    assert (make(), make()) == (1, 0)
    (mail,) = staffed.store.read_now(lambda tx: tx.rows(select(notice_mails)))
    assert mail["user_id"] == "lou"
    assert "You were named in a note, Kim Doe" in mail["subject"]
    assert "http://desk/notices/" in mail["text"]
    note(staffed, "@lou two")
    staffed.store.write_now(lambda tx: service.read(tx, staffed.log, "lou", staffed.now))
    staffed.now = Instant(staffed.now + HOUR)
    assert make() == 0


def test_a_mail_cut_off_while_it_was_sent_is_unknown_and_not_sent_again(staffed: Desk) -> None:
    server = mails.MailServer(host="127.0.0.1", address="desk@acme.example")
    staffed.store.write_now(lambda tx: mails.kept.keep(tx, EARFUL, mails.KIND, server, staffed.now))
    note(staffed, "@lou one")
    staffed.now = Instant(staffed.now + HOUR)
    verbs = staffed.store.write_now
    verbs(lambda tx: mails.make(tx, "http://desk", "Acme", staffed.now))
    (mail_id,) = verbs(lambda tx: mails.due(tx, staffed.now))
    assert verbs(lambda tx: mails.claim(tx, mail_id, staffed.now)) is not None
    assert verbs(lambda tx: mails.claim(tx, mail_id, staffed.now)) is None
    staffed.now = Instant(staffed.now + 2 * mails.LEASE)
    assert verbs(lambda tx: mails.due(tx, staffed.now)) == []
    found = staffed.store.read_now(lambda tx: mails.troubled(tx, "lou", staffed.now))
    assert found is not None
    assert found["state"] == "unknown"
    staffed.now = Instant(staffed.now + 2 * service.KEPT)
    verbs(lambda tx: service.read(tx, staffed.log, "lou", staffed.now))
    verbs(lambda tx: mails.purge(tx, staffed.now))
    left = staffed.store.read_now(lambda tx: [*tx.rows(select(notice_mails)), *tx.rows(select(notices))])
    assert left == []
