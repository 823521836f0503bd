"""Corrections of ratings: at once in the rating, then in the case; taken back exactly; kept when an edit rates anew."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from earful.desk.triage import service as triage
from earful.desk.triage import topics
from earful.model.message import Change
from earful.model.rating import KINDS, Rating
from earful.store.audit import Who
from earful.store.tables import audit, cases, corrections, events, messages, ratings
from earful.triage.corrections import FIELDS, InvalidCorrectionError, corrected, read, value_of
from earful.triage.corrections import Change as Said
from earful.triage.rate import load
from earful.triage.subject import Brand, Subject
from tests.conftest import START, Desk, write

KIM = Who(id=Desk.user, name="Kim Doe", address="127.0.0.1")
_rating = msgspec.json.Decoder(Rating)
TEXT = "My kettle is broken and nobody answers the phone"


def received(desk: Desk, text: str = TEXT, native_id: str = "m1") -> str:
    desk.receive(write(native_id, text))
    desk.settle()
    return str(
        desk.store.read_now(
            lambda tx: tx.value(select(messages.c.id).where(messages.c.native_id == native_id))
        )
    )


def correct(desk: Desk, message_id: str, field: str, value: object) -> triage.Correction:
    return desk.store.write_now(
        lambda tx: triage.correct(tx, desk.log, KIM, message_id, field, value, desk.now)
    )


def undo(desk: Desk, correction_id: str) -> triage.Correction:
    return desk.store.write_now(lambda tx: triage.undo_correction(tx, desk.log, KIM, correction_id, desk.now))


def rating(desk: Desk, message_id: str) -> Rating:
    row = desk.store.read_now(lambda tx: tx.row(select(ratings).where(ratings.c.message_id == message_id)))
    assert row is not None
    found = _rating.decode(row["data"])
    assert (row["kind"], row["topic"], row["severity"], row["priority"]) == (
        found.kind, found.topic, found.severity, found.priority,
    )  # fmt: skip
    assert found.priority == sum(one.weight for one in found.reasons if one.field == "priority")
    return found


def case(desk: Desk) -> dict[str, object]:
    row = desk.store.read_now(lambda tx: tx.row(select(cases)))
    assert row is not None
    return dict(row)


def test_a_correction_changes_rating_case_log_and_audit(desk: Desk) -> None:
    message_id = received(desk)
    before, first = rating(desk, message_id), case(desk)
    made = correct(desk, message_id, "severity", 4)
    after = rating(desk, message_id)
    assert after.severity == 4
    assert after.confidence["severity"] == 1.0
    assert [one.because for one in after.reasons if one.field == "severity"] == ["corrected by Kim Doe"]
    assert after.priority > before.priority
    assert made.before == before.severity
    assert made.by == "Kim Doe"
    desk.settle()
    second = case(desk)
    assert (second["severity"], second["priority"]) == (4, after.priority)
    assert second["version"] == int(str(first["version"])) + 1
    assert second["spoken_version"] == first["spoken_version"]
    kinds = [
        row["type"] for row in desk.store.read_now(lambda tx: tx.rows(select(events).order_by(events.c.seq)))
    ]
    assert kinds[-2:] == ["message.corrected", "case.rated"]
    lines = desk.store.read_now(lambda tx: tx.rows(select(audit)))
    assert [(row["action"], row["subject"]) for row in lines] == [("rating.correct", message_id)]
    assert TEXT not in lines[0]["detail"]


def test_taking_back_gives_exactly_what_triage_said(desk: Desk) -> None:
    message_id = received(desk)
    before = rating(desk, message_id)
    first = correct(desk, message_id, "kind", "question")
    second = correct(desk, message_id, "kind", "praise")
    assert correct(desk, message_id, "kind", "praise").id == second.id
    assert second.before == "question"
    undo(desk, first.id)
    assert rating(desk, message_id).kind == "praise"
    assert undo(desk, second.id).undone_at == desk.now
    assert rating(desk, message_id) == before
    undo(desk, second.id)
    assert desk.store.read_now(lambda tx: tx.value(select(ratings.c.machine))) is None


def test_an_earlier_correction_stands_again(desk: Desk) -> None:
    message_id = received(desk)
    correct(desk, message_id, "kind", "question")
    later = correct(desk, message_id, "kind", "praise")
    undo(desk, later.id)
    assert rating(desk, message_id).kind == "question"


def test_an_edit_rates_anew_and_keeps_corrections(desk: Desk) -> None:
    message_id = received(desk)
    made = correct(desk, message_id, "topic", "price")
    newer = "The delivery never came, I was charged twice!"
    desk.receive(write("m1", newer, change=Change.EDIT, edited_at=START + timedelta(minutes=1)))
    desk.settle()
    after = rating(desk, message_id)
    assert after.topic == "price"
    assert case(desk)["topic"] == "price"
    undo(desk, made.id)
    fresh = load(Brand()).rate([Subject(text=newer, addressed=True)])[0]
    assert rating(desk, message_id).topic == fresh.topic


def test_a_deleted_message_cannot_be_corrected(desk: Desk) -> None:
    gone = received(desk, "Where is my parcel?", "m2")
    desk.receive(write("m2", "", change=Change.DELETE))
    desk.settle()
    with pytest.raises(triage.RefusedError, match="deleted"):
        correct(desk, gone, "kind", "praise")


def test_a_correction_does_not_wake_a_waiting_case(desk: Desk) -> None:
    message_id = received(desk)
    desk.store.write_now(lambda tx: tx.execute(cases.update().values(status="waiting")))
    correct(desk, message_id, "kind", "question")
    desk.settle()
    assert case(desk)["status"] == "waiting"
    assert case(desk)["kind"] == "question"


def test_own_topics_can_be_given_until_they_are_archived(desk: Desk) -> None:
    message_id = received(desk)
    added = desk.store.write_now(lambda tx: topics.add(tx, KIM, "Gift  cards", desk.now))
    assert added.name == "gift_cards"
    with pytest.raises(topics.InvalidTopicError, match="already"):
        desk.store.write_now(lambda tx: topics.add(tx, KIM, "Gift cards", desk.now))
    with pytest.raises(topics.InvalidTopicError, match="comes with it"):
        desk.store.write_now(lambda tx: topics.add(tx, KIM, "Billing", desk.now))
    correct(desk, message_id, "topic", "gift_cards")
    desk.settle()
    assert case(desk)["topic"] == "gift_cards"
    assert [one.examples for one in desk.store.read_now(topics.listed)] == [1]
    assert [one.missing for one in desk.store.read_now(topics.listed)] == [4]
    desk.store.write_now(lambda tx: topics.archive(tx, KIM, added.id, archived=True, now=desk.now))
    with pytest.raises(InvalidCorrectionError, match="one of"):
        correct(desk, received(desk, "Another one", "m2"), "topic", "gift_cards")
    desk.store.write_now(lambda tx: topics.archive(tx, KIM, added.id, archived=False, now=desk.now))
    assert desk.store.read_now(topics.names) == ["gift_cards"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "unsure"), ("kind", 3), ("severity", 5), ("severity", "high"), ("severity", True), ("churn", 3),
        ("abuse", ["rude"]), ("tried_before", 7), ("tried_before", ["fax"]), ("language", "not a tag!"),
        ("language", ""), ("priority", 100), ("relevance", "maybe"), ("topic", "gift_cards"), ("severity", "٣"),
    ],
)  # fmt: skip
def test_what_a_field_cannot_be_is_refused_and_nothing_is_kept(
    small_desk: Desk, field: str, value: object
) -> None:
    message_id = received(small_desk)
    with pytest.raises(InvalidCorrectionError, match="Nothing was changed"):
        correct(small_desk, message_id, field, value)
    assert small_desk.store.read_now(lambda tx: tx.rows(select(corrections))) == []


VALUES = {
    "kind": st.sampled_from(KINDS),
    "severity": st.integers(0, 4),
    "urgency": st.sampled_from(["none", "soon", "now"]),
    "churn": st.integers(0, 2),
    "relevance": st.sampled_from(["about_us", "not_about_us"]),
    "tried_before": st.lists(st.sampled_from(["phone", "chat", "store"])),
    "abuse": st.lists(st.sampled_from(["spam", "hate"])),
    "language": st.sampled_from(["en", "pt-BR", "und"]),
}
RATER = load(Brand())


@given(
    st.text(), st.lists(st.sampled_from(sorted(VALUES)).flatmap(lambda f: st.tuples(st.just(f), VALUES[f])))
)
def test_any_corrections_of_any_text_are_what_the_rating_says(
    text: str, said: list[tuple[str, object]]
) -> None:
    machine = RATER.rate([Subject(text=text)])[0]
    newest = dict(said)
    changes = [Said(field=field, value=read(field, value), by="Kim") for field, value in newest.items()]
    rating = corrected(machine, changes)
    assert rating.priority == sum(one.weight for one in rating.reasons if one.field == "priority")
    for change in changes:
        assert value_of(rating, change.field) == change.value
    for field in set(FIELDS) - set(newest):
        assert value_of(rating, field) == value_of(machine, field)
    if not changes:
        assert rating == machine
