"""What people teach: the next similar message, no other; taken back, replayed, rolled back; kept by a restart."""

import random
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select, update

from earful.desk.triage import learning, topics
from earful.desk.triage import service as triage
from earful.model.message import Change
from earful.model.rating import Rating
from earful.model.time import DAY
from earful.store.tables import audit, learned, messages, ratings
from earful.triage import learn, workspace
from earful.triage.consumer import TriageConsumer
from earful.triage.subject import Brand
from earful.triage.workspace import ACTIVE, KEPT, REJECTED_AS_WORSE, ROLLED_BACK, Version
from tests.conftest import START, Desk, write
from tests.desk.test_corrections import KIM, correct, undo

TAUGHT = "The sourdough starter arrived without its lid"
SIMILAR = "Another sourdough starter arrived without its lid"
UNRELATED = "Where do I reset the password of my account?"
_rating = msgspec.json.Decoder(Rating)


class Teacher:
    """Says messages, one case each, and reads how they are rated."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.count = 0

    def say(self, text: str) -> str:
        self.count += 1
        self.desk.now += 1000
        self.desk.receive(write(f"t{self.count}", text, by=f"guest{self.count}"))
        self.desk.settle()
        query = select(messages.c.id).where(messages.c.native_id == f"t{self.count}")
        return str(self.desk.store.read_now(lambda tx: tx.value(query)))

    def rating(self, message_id: str) -> Rating:
        query = select(ratings.c.data).where(ratings.c.message_id == message_id)
        return _rating.decode(self.desk.store.read_now(lambda tx: tx.value(query)))

    def rated(self, text: str) -> Rating:
        return self.rating(self.say(text))

    def teach(self, text: str, field: str = "topic", value: object = "price") -> triage.Correction:
        message_id = self.say(text)
        self.desk.now += 1000
        return correct(self.desk, message_id, field, value)

    def restart(self) -> None:
        self.desk.consumers[0] = TriageConsumer(lambda _tx: Brand())

    def replay(self) -> Version | None:
        return self.desk.store.read_now(lambda tx: workspace.replay(tx, Brand()))

    def keep(self, version: Version | None = None) -> learning.Learned:
        made = version or self.replay()
        assert made is not None
        self.desk.now += 1000
        return self.desk.store.write_now(lambda tx: learning.keep(tx, KIM, made, self.desk.now))

    def roll_back(self) -> str:
        return self.desk.store.write_now(lambda tx: learning.roll_back(tx, KIM, self.desk.now))

    def bring_back(self) -> str:
        return self.desk.store.write_now(lambda tx: learning.bring_back(tx, KIM, self.desk.now))

    def standing(self) -> learning.Standing:
        return self.desk.store.read_now(learning.standing)

    def due(self) -> bool:
        return self.desk.store.read_now(lambda tx: learning.due(tx, self.desk.now))

    def delete(self, number: int) -> None:
        self.desk.receive(write(f"t{number}", "", by=f"guest{number}", change=Change.DELETE))
        self.desk.settle()


@pytest.fixture
def teacher(desk: Desk) -> Teacher:
    return Teacher(desk)


def sure(rating: Rating) -> tuple[str, float]:
    return rating.topic, rating.confidence["topic"]


def test_a_correction_changes_the_next_similar_message_and_its_undo_takes_that_back(teacher: Teacher) -> None:
    before, other = teacher.rated(SIMILAR), teacher.rated(UNRELATED)
    assert before.topic != "price"
    made = teacher.teach(TAUGHT)
    assert teacher.rated(SIMILAR).topic == "price"
    assert teacher.rated(UNRELATED).topic == other.topic
    undo(teacher.desk, made.id)
    assert sure(teacher.rated(SIMILAR)) == sure(before)
    assert sure(teacher.rated(UNRELATED)) == sure(other)


GIFTS = (
    "My gift card is empty although nobody used it", "The gift card code does not work",
    "How long is a gift card valid?", "I lost the gift card that my aunt gave me", "Can I pay with two gift cards?",
)  # fmt: skip
GIFT = "The code of my gift card was refused"
OTHERS = (
    "Where is my parcel?", "What a lovely toaster", "My kettle leaks on the table", "Do you ship to Malta?",
    "I can't log in since yesterday", "You charged me twice", "Is the shop open on Sunday?", "Great service",
)  # fmt: skip


def own_topic(teacher: Teacher) -> str:
    return teacher.desk.store.write_now(lambda tx: topics.add(tx, KIM, "Gift cards", teacher.desk.now)).id


def test_five_examples_make_an_own_topic_be_given_and_four_do_not(teacher: Teacher) -> None:
    for text in OTHERS:
        teacher.say(text)
    topic_id = own_topic(teacher)
    for text in GIFTS[:4]:
        teacher.teach(text, value="gift_cards")
    assert teacher.rated(GIFT).topic != "gift_cards"
    last = teacher.teach(GIFTS[4], value="gift_cards")
    taught = teacher.rated(GIFT)
    assert taught.topic == "gift_cards"
    assert [teacher.rated(text).topic for text in OTHERS].count("gift_cards") == 0
    teacher.restart()
    assert sure(teacher.rated(GIFT)) == sure(taught)
    teacher.keep()
    assert teacher.rated(GIFT).topic == "gift_cards"
    archive(teacher, topic_id, archived=True)
    assert teacher.rated(GIFT).topic != "gift_cards"
    archive(teacher, topic_id, archived=False)
    assert teacher.rated(GIFT).topic == "gift_cards"
    undo(teacher.desk, last.id)
    assert teacher.rated(GIFT).topic != "gift_cards"


def archive(teacher: Teacher, topic_id: str, *, archived: bool) -> None:
    teacher.desk.store.write_now(
        lambda tx: topics.archive(tx, KIM, topic_id, archived=archived, now=teacher.desk.now)
    )


def test_an_example_that_was_corrected_again_is_none(teacher: Teacher) -> None:
    own_topic(teacher)
    for text in GIFTS:
        made = teacher.teach(text, value="gift_cards")
    correct(teacher.desk, made.message_id, "topic", "billing")
    assert teacher.desk.store.read_now(workspace.taught).topics == ()


def again(_teacher: Teacher) -> None:
    """Nothing but what was taught."""


@pytest.mark.parametrize("then", [again, lambda t: t.keep(), lambda t: (t.keep(), t.roll_back())])
def test_a_restart_rates_the_same(teacher: Teacher, then: Callable[[Teacher], object]) -> None:
    teacher.teach(TAUGHT)
    teacher.teach("The courier was rude", "kind", "suggestion")
    then(teacher)
    live = [teacher.rated(text) for text in (SIMILAR, UNRELATED)]
    teacher.restart()
    assert [teacher.rated(text) for text in (SIMILAR, UNRELATED)] == live


def test_what_was_deleted_teaches_nothing_any_more(teacher: Teacher) -> None:
    before = sure(teacher.rated(SIMILAR))
    teacher.teach(TAUGHT)
    teacher.keep()
    assert sure(teacher.rated(SIMILAR)) != before
    teacher.delete(2)
    assert sure(teacher.rated(SIMILAR)) == before
    teacher.restart()
    assert sure(teacher.rated(SIMILAR)) == before
    assert teacher.replay() is None
    assert teacher.standing().total == 0
    teacher.desk.now += 2 * DAY
    assert not teacher.due()


def test_an_edited_message_is_not_told_its_own_correction(teacher: Teacher) -> None:
    made = teacher.teach(TAUGHT)
    before = sure(teacher.rated(SIMILAR))
    teacher.desk.receive(
        write("t1", SIMILAR, by="guest1", change=Change.EDIT, edited_at=START + timedelta(minutes=1))
    )
    teacher.desk.settle()
    undo(teacher.desk, made.id)
    fresh = sure(teacher.rated(SIMILAR))
    assert sure(teacher.rating(made.message_id)) == fresh
    assert fresh != before


def test_a_replay_that_is_no_worse_is_kept_rolled_back_and_brought_back(teacher: Teacher) -> None:
    plain = sure(teacher.rated(SIMILAR))
    for number in range(12):
        teacher.teach(f"{TAUGHT}, order {number}")
    kept = teacher.keep()
    assert kept.state == ACTIVE
    assert kept.figures.candidate >= max(kept.figures.present, kept.figures.shipped)
    assert kept.figures.held_out > 0
    assert sure(teacher.rated(SIMILAR))[0] == "price"
    assert teacher.roll_back() == ACTIVE
    assert sure(teacher.rated(SIMILAR)) == plain
    assert teacher.bring_back() == ROLLED_BACK
    assert sure(teacher.rated(SIMILAR))[0] == "price"
    actions = teacher.desk.store.read_now(lambda tx: tx.rows(select(audit.c.action)))
    assert [row["action"] for row in actions][-3:] == [
        "triage.replay", "triage.roll_back", "triage.bring_back",
    ]  # fmt: skip


def test_what_was_rolled_back_does_not_come_back_by_night(teacher: Teacher) -> None:
    plain = sure(teacher.rated(SIMILAR))
    teacher.teach(TAUGHT)
    teacher.keep()
    teacher.roll_back()
    assert teacher.replay() is None
    teacher.teach("The courier was rude to me", "severity", 3)
    assert teacher.keep().figures.lessons == 1
    teacher.teach("The courier shouted at me", "severity", 3)
    assert teacher.keep().figures.lessons == 2
    assert sure(teacher.rated(SIMILAR)) == plain


def test_a_replay_that_is_worse_is_rejected(teacher: Teacher) -> None:
    dice = random.Random(7)
    names = ["billing", "defect", "staff", "price", "returns", "safety"]
    for number in range(30):
        text = f"Where is my parcel number {number}?"
        held_out = learn.Lesson(text, {}).held_out
        teacher.teach(text, value="delivery" if held_out else dice.choice(names))
    version = teacher.replay()
    assert version is not None
    figures = version.figures
    assert figures.held_out > 0
    assert figures.candidate < figures.shipped
    kept = teacher.keep(version)
    assert kept.state != ACTIVE
    after = sure(teacher.rated(OTHERS[0]))
    teacher.restart()
    assert sure(teacher.rated(OTHERS[0])) == after
    assert teacher.standing().since == 0


def test_where_learning_does_worse_than_nothing_only_what_comes_later_counts(teacher: Teacher) -> None:
    plain = sure(teacher.rated(SIMILAR))
    teacher.teach(TAUGHT)
    made = teacher.replay()
    assert made is not None
    teacher.keep(made._replace(state=REJECTED_AS_WORSE))
    assert sure(teacher.rated(SIMILAR)) == plain
    assert teacher.bring_back() == REJECTED_AS_WORSE
    assert sure(teacher.rated(SIMILAR)) != plain


def test_a_replay_is_due_after_a_day_and_only_with_new_corrections(teacher: Teacher) -> None:
    desk = teacher.desk
    assert not teacher.due()
    teacher.teach(TAUGHT)
    assert not teacher.due()
    desk.now += DAY
    assert teacher.due()
    teacher.keep()
    desk.now += 2 * DAY
    assert not teacher.due()
    made = teacher.teach(UNRELATED)
    assert teacher.due()
    undo(desk, made.id)
    assert not teacher.due()
    teacher.teach(UNRELATED)
    teacher.delete(teacher.count)
    assert not teacher.due()


def test_two_replays_at_once_leave_one_in_force(teacher: Teacher) -> None:
    teacher.teach(TAUGHT)
    first = teacher.replay()
    teacher.teach("The lid of the starter broke")
    second = teacher.replay()
    assert first is not None
    assert second is not None
    desk = teacher.desk
    for version in (first, second, second):
        desk.store.write_now(lambda tx, version=version: learning.keep(tx, KIM, version, desk.now))  # type: ignore[misc]
    shown = teacher.standing()
    assert [one.state for one in shown.versions] == [ACTIVE, KEPT]
    assert [one.newest for one in shown.versions] == [True, False]
    assert shown.versions[0].figures.lessons == 2
    assert (shown.total, shown.since, shown.by_field) == (2, 0, [("topic", 2)])


def test_a_version_that_is_not_the_newest_is_not_rolled_back(teacher: Teacher) -> None:
    with pytest.raises(learning.NothingLearnedError, match="correct ratings"):
        teacher.roll_back()
    teacher.teach(TAUGHT)
    old = teacher.keep()
    teacher.teach("The lid of the starter broke")
    teacher.keep()
    with pytest.raises(learning.NothingLearnedError, match="newer"):
        teacher.desk.store.write_now(lambda tx: learning.roll_back(tx, KIM, teacher.desk.now, old.id))
    with pytest.raises(learning.NothingLearnedError, match="state"):
        teacher.desk.store.write_now(lambda tx: learning.bring_back(tx, KIM, teacher.desk.now, "", KEPT))


def test_weights_of_another_model_are_refused_by_name_and_corrections_count(
    teacher: Teacher, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher.teach(TAUGHT)
    teacher.keep()
    data = teacher.desk.store.read_now(lambda tx: tx.value(select(learned.c.data)))
    head, body = msgspec.msgpack.decode(data)
    other = msgspec.msgpack.encode([head | {"model": "triage-of-old"}, body])
    teacher.desk.store.write_now(lambda tx: tx.execute(update(learned).values(data=other)))
    teacher.restart()
    assert teacher.rated(SIMILAR).topic == "price"
    with pytest.raises(learn.ModelRefused, match="triage-of-old"):
        learn.unpack(other, workspace.shipped())
    assert "triage-of-old" in capsys.readouterr().out + caplog.text
