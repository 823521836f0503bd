"""What accounts and messages have in common becomes a suggestion; what so many share says nothing."""

from typing import Any

import pytest
from sqlalchemy import select

from earful.desk.people import linking, rules, suggesting
from earful.desk.people.suggesting import Hint
from earful.model.message import Network, Visibility
from earful.store.audit import Who
from earful.store.tables import channels, person_hints, person_marks
from tests.conftest import NOW, Desk, write

WHO = Who(id=Desk.user, name="Kim Doe")
HANDLES = [
    (Network.MASTODON, "kettle.fan@social.example", "kettlefan"),
    (Network.X, "@Kettle_Fan", "kettlefan"),
    (Network.EMAIL, "kettle-fan@post.example", "kettlefan"),
    (Network.BLUESKY, "kettlefan.bsky.example", "kettlefan"),
    (Network.X, "bo", None),
    (Network.PHONE, "+44 7700 900318", None),
]


@pytest.mark.parametrize(("network", "handle", "plain"), HANDLES)
def test_handles_are_compared_without_server_dots_and_dashes(
    network: Network, handle: str, plain: str | None
) -> None:
    mark = rules.handle_mark(network, handle)
    assert (mark.value if mark else None) == plain


JUDGED = [
    ("handle", {"is"}, "kettlefan", rules.Strength.FAIR),
    ("handle", {"is"}, "admin", rules.Strength.WEAK),
    ("handle", {"is"}, "annab", rules.Strength.WEAK),
    ("mail", {"is", "says"}, "a@b.example", rules.Strength.STRONG),
    ("mail", {"is"}, "a@b.example", rules.Strength.STRONG),
    ("mail", {"says"}, "a@b.example", None),
    ("order", {"says"}, "A123", rules.Strength.STRONG),
]


@pytest.mark.parametrize(("kind", "roles", "value", "strength"), JUDGED)
def test_evidence_is_as_strong_as_what_it_shows(
    kind: str, roles: set[str], value: str, strength: rules.Strength | None
) -> None:
    judged = rules.judge(kind, frozenset(roles), value)
    assert (judged[1] if judged else None) is strength


@pytest.fixture
def mailed(desk: Desk) -> Desk:
    values = {"id": "mail", "network": "email", "name": "Our mail", "created_at": NOW}
    desk.store.write_now(lambda tx: tx.execute(channels.insert().values(values)))
    return desk


def public(desk: Desk, by: str, text: str, name: str = "") -> None:
    desk.now += 1  # type: ignore[assignment]
    desk.receive(write(name or f"{by}-{desk.now}", text, by=by))
    desk.settle()


def mail(desk: Desk, address: str, text: str) -> None:
    desk.now += 1  # type: ignore[assignment]
    said = write(f"mail-{desk.now}", text, by=address, visibility=Visibility.DIRECT, subject="A question")
    desk.receive(said, channel="mail")
    desk.settle()


def queue(desk: Desk) -> list[Hint]:
    return desk.store.read_now(suggesting.queue)


def do(desk: Desk, verb: Any, *more: Any) -> Any:
    return desk.store.write_now(lambda tx: verb(tx, *more, desk.now))


def test_an_address_in_a_message_points_to_who_writes_from_it(mailed: Desk) -> None:
    mail(mailed, "tilda.ekholm@brieven.example", "The grinder came broken")
    public(mailed, "ana", "Nobody answers! Write to tilda.ekholm@brieven.example please")
    (hint,) = queue(mailed)
    assert hint.strength == 3
    assert [word.text for one in hint.evidence for word in one.words] == ["tilda.ekholm@brieven.example"]
    kept = mailed.store.read_now(lambda tx: tx.rows(select(person_marks)))
    assert not any("tilda" in str(value) for row in kept for value in row.values())


def test_spans_are_counted_from_the_subject_on(mailed: Desk) -> None:
    public(mailed, "ana", "The grinder came broken")
    mail(mailed, "somebody@else.example", "As said on Mastodon (ana@example.social), it came broken")
    (hint,) = queue(mailed)
    assert [word.text for one in hint.evidence for word in one.words] == ["ana@example.social"]


def test_accepted_taken_back_and_refused(mailed: Desk) -> None:
    mail(mailed, "tilda.ekholm@brieven.example", "The grinder came broken")
    public(mailed, "ana", "Write to tilda.ekholm@brieven.example please")
    (hint,) = queue(mailed)
    tie_id = do(mailed, suggesting.accept, mailed.log, WHO, hint.id)
    assert queue(mailed) == []
    with pytest.raises(linking.RefusedError):
        do(mailed, suggesting.accept, mailed.log, WHO, hint.id)
    do(mailed, suggesting.take_back, mailed.log, WHO, tie_id)
    assert [one.id for one in queue(mailed)] == [hint.id]
    do(mailed, suggesting.refuse, WHO, hint.id)
    public(mailed, "ana", "Again: tilda.ekholm@brieven.example")
    mail(mailed, "tilda.ekholm@brieven.example", "Hello?")
    assert queue(mailed) == []
    do(mailed, suggesting.reopen, WHO, hint.id)
    assert len(queue(mailed)) == 1


def test_new_evidence_suggests_again_what_was_refused(mailed: Desk) -> None:
    mail(mailed, "tilda.ekholm@brieven.example", "My order is BX-48213, it is late")
    public(mailed, "ana", "Write to tilda.ekholm@brieven.example please")
    do(mailed, suggesting.refuse, WHO, queue(mailed)[0].id)
    public(mailed, "ana", "Order BX-48213 never came, my order number is BX-48213")
    found = queue(mailed)
    assert [[one.kind for one in hint.evidence] for hint in found] in ([["order"]], [])
    marked = mailed.store.read_now(
        lambda tx: tx.rows(select(person_marks).where(person_marks.c.kind == "order"))
    )
    assert bool(found) == (len(marked) == 2)


def test_what_many_share_suggests_nothing_any_more(mailed: Desk) -> None:
    mail(mailed, "shop@partner.example", "We are a shop")
    for number in range(rules.SHARED - 1):
        public(mailed, f"customer{number}", "I wrote to shop@partner.example and got no answer")
    assert len(queue(mailed)) == rules.SHARED - 1
    public(mailed, "onemore", "I wrote to shop@partner.example and got no answer")
    assert queue(mailed) == []
    assert mailed.store.read_now(lambda tx: tx.rows(select(person_hints))) == []


def test_the_same_messages_again_change_nothing(mailed: Desk) -> None:
    mail(mailed, "tilda.ekholm@brieven.example", "The grinder came broken")
    public(mailed, "ana", "Write to tilda.ekholm@brieven.example please", "m1")
    before = mailed.store.read_now(lambda tx: [dict(row) for row in tx.rows(select(person_hints))])
    ids = mailed.store.read_now(
        lambda tx: [
            row["message_id"] for row in tx.rows(select(person_marks.c.message_id)) if row["message_id"]
        ]
    )
    for _ in range(2):
        mailed.store.write_now(lambda tx: suggesting.note(tx, "key", suggesting.marks(tx, ids), mailed.now))
    assert mailed.store.read_now(lambda tx: [dict(row) for row in tx.rows(select(person_hints))]) == before
