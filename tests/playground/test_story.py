"""The demo's story keeps what docs/explanation/demo.md says of it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from earful.channels.kit.text import count
from earful.model.desk import Outcome
from earful.model.message import Network
from earful.model.time import DAY, HOUR, MINUTE, Instant, instant
from earful.playground.connector import capabilities
from earful.playground.later import read_answers, read_next
from earful.playground.messages import incoming
from earful.playground.story import (
    DEMO,
    US,
    Assign,
    Close,
    Delete,
    Edit,
    Note,
    Reply,
    Say,
    Snooze,
    StoryError,
    Tag,
    Wait,
    read,
    when,
)

STORY = read()
SAYS = STORY.says()
INBOUND = [say for say in SAYS if say.by != US]
REPLIES = [told.step for told in STORY.told if isinstance(told.step, Reply)]
NEXT = read_next(STORY.people, STORY.root_of)
ANSWERS = read_answers()
NOW = instant(datetime(2026, 11, 21, 14, 30, tzinfo=UTC))
AT = {one.step.id: one.at for one in STORY.timed(NOW) if isinstance(one.step, Say | Reply)}


def words(text: str) -> frozenset[tuple[str, ...]]:
    """The 3-grams of words; a shorter text is one gram."""
    found = re.findall(r"\w+", text.lower())
    return frozenset(tuple(found[at : at + 3]) for at in range(max(1, len(found) - 2)))


def near_duplicates(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs whose 3-grams overlap by Jaccard 0.8 or more."""
    grams = [(text, words(text)) for text in texts]
    by_gram: dict[tuple[str, ...], list[int]] = defaultdict(list)
    pairs = []
    for at, (text, mine) in enumerate(grams):
        for other in {index for gram in mine for index in by_gram[gram]}:
            theirs = grams[other][1]
            if len(mine & theirs) >= 0.8 * len(mine | theirs):
                pairs.append((grams[other][0], text))
        for gram in mine:
            by_gram[gram].append(at)
    return pairs


def between(first: str, last: str) -> list[str]:
    """Ids of what is said between two times."""
    start, end = when(first, NOW), when(last, NOW)
    return [name for name, at in AT.items() if start <= at < end]


def test_it_has_volume_on_many_networks_in_seven_languages() -> None:
    assert len(SAYS) + len(REPLIES) >= 1_700
    assert min(AT.values()) > NOW - 61 * DAY
    networks = Counter(say.on for say in INBOUND)
    assert len(networks) >= 9
    assert networks.most_common()[-1][1] >= 8
    languages = Counter(say.lang for say in INBOUND)
    assert set(languages) == {"en", "de", "fr", "es", "it", "nl", "pt"}
    assert languages["en"] > len(INBOUND) / 2
    assert min(languages.values()) >= 25


def test_no_two_messages_are_alike_but_the_copied_flood() -> None:
    texts = [say.text for say in SAYS] + [reply.text for reply in REPLIES] + [one.text for one in NEXT]
    alike = near_duplicates(texts)
    flood = {text for pair in alike for text in pair if "my neighbour's cousin" in text.lower()}
    copies = [text for text in texts if text in flood]
    rest = [pair for pair in alike if not set(pair) & flood]
    assert 5 <= len(copies) <= 12
    assert len({text for pair in rest for text in pair}) < 0.02 * len(texts), rest
    assert not near_duplicates(answer.text for answer in ANSWERS)


def test_lengths_differ_strongly() -> None:
    lengths = sorted(len(say.text) for say in INBOUND)
    tenth = len(lengths) // 10
    assert lengths[tenth] < 35
    assert lengths[-tenth] > 130
    assert lengths[-5] > 700


def test_days_and_nights_differ() -> None:
    hours = Counter((AT[say.id] + HOUR) // HOUR % 24 for say in INBOUND if "d " in say.at)
    night = sum(hours[hour] for hour in range(1, 6))
    assert night < 0.03 * sum(hours.values())
    assert hours[9] > 5 * max(1, hours[4])


def test_two_days_of_seven_are_calm() -> None:
    # The newest day is a Thursday of the story. The storm fell on a Sunday, so it is left out.
    loud = set(between("-18d 18:55", "-17d 23:59"))
    days = Counter((AT[say.id] + HOUR) // DAY for say in INBOUND if say.id not in loud)
    newest = (NOW + HOUR) // DAY
    weekend = [days[newest - ago] for ago in range(6, 61) if ago % 7 in (4, 5)]
    week = [days[newest - ago] for ago in range(6, 61) if ago % 7 not in (4, 5)]
    assert sum(weekend) / len(weekend) < 0.7 * sum(week) / len(week)


def test_the_leak_is_a_fault_of_many() -> None:
    start, fixed = when("-34d 00:00", NOW), when("-9d 09:00", NOW)
    complaints = [say for say in STORY.says("leak") if say.by != US and start <= AT[say.id] < fixed]
    assert len({say.by for say in complaints}) >= 60
    assert len({say.on for say in complaints}) >= 8
    days = Counter((AT[say.id] - start) // DAY for say in complaints)
    assert sum(days[day] for day in range(8, 25)) > sum(days[day] for day in range(8))
    thanks = [say for say in STORY.says("leak") if say.by != US and AT[say.id] >= fixed]
    assert len(thanks) >= 25


def test_austria_waits_a_day_longer() -> None:
    assert 12 <= len({say.by for say in STORY.says("austria")}) <= 30


def test_the_storm_is_a_storm_of_five_hours() -> None:
    inside = between("-18d 18:55", "-18d 23:55")
    assert 150 <= len(inside) <= 230
    usual = Counter((at - NOW) // (5 * HOUR) for at in AT.values())
    assert len(inside) > 8 * sum(usual.values()) / len(usual)
    before, after = between("-18d 19:00", "-18d 21:10"), between("-18d 21:10", "-18d 23:20")
    assert len(before) > 2 * len(after)
    people = {say.by for say in STORY.says("storm") if say.id in set(inside)}
    assert any((STORY.people[key].followers or 0) > 200_000 for key in people - {US})
    assert sum(STORY.people[key].bot for key in people - {US}) >= 3


def test_one_peeved_customer_is_no_storm() -> None:
    posts = [say for say in SAYS if say.by == "gordon"]
    assert 22 <= len(posts) <= 30
    assert max(Counter((AT[say.id]) // DAY for say in posts).values()) <= 3


def test_people_come_by_two_channels() -> None:
    networks = defaultdict(set)
    for say in INBOUND:
        networks[say.by].add(say.on)
    assert sum(len(found) > 1 for found in networks.values()) >= 25
    tags = [told.step for told in STORY.told if isinstance(told.step, Tag)]
    assert sum(tag.name == "called-three-times" for tag in tags) >= 8


def test_cases_end_well_and_badly() -> None:
    outcomes = Counter(told.step.outcome for told in STORY.told if isinstance(told.step, Close))
    assert outcomes[Outcome.CONFIRMED] >= 80
    assert outcomes[Outcome.CLAIMED] >= 40
    assert outcomes[Outcome.UNANSWERED] >= 100
    assert outcomes[Outcome.BRUSHED_OFF] >= 4
    kinds = Counter(type(told.step) for told in STORY.told)
    for kind in (Assign, Note, Tag, Wait, Snooze, Edit, Delete):
        assert kinds[kind], kind


@pytest.mark.parametrize(
    "words",
    ["4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "LETTER BEFORE ACTION", "burned his hand",
     "dementia", "watch his back", "Hedda Brunner, Tagesblick", "sparks"],
)  # fmt: skip
def test_what_is_delicate_is_there(words: str) -> None:
    assert any(words in say.text or words in say.subject for say in SAYS)


def test_attachments_have_no_address() -> None:
    messages = [incoming(STORY, say, AT[say.id]) for say in SAYS]
    attached = [attachment for message in messages for attachment in message.attachments]
    assert len(attached) >= 20
    assert not any(attachment.url for attachment in attached)


def test_addresses_and_numbers_are_nobodys() -> None:
    for text in [say.text for say in SAYS] + [reply.text for reply in REPLIES] + [one.text for one in NEXT]:
        for domain in re.findall(r"@[\w-]+(?:\.[\w-]+)*\.([a-z]{2,})\b", text):
            # What follows a handle at the end of a sentence is a word, not a domain.
            assert domain in ("example", "test", "coffee"), text
        assert "http" not in text
    for person in STORY.people.values():
        if Network.EMAIL in person.on:
            assert person.on[Network.EMAIL].endswith(".example")


def test_replies_fit_their_networks() -> None:
    network = {say.id: say.on for say in SAYS}
    for reply in REPLIES:
        can = capabilities(network[reply.to])
        assert can.max_length is None or count(reply.text, can.counter) <= can.max_length, reply.id
        assert can.public_reply or can.private_reply, reply.id


@pytest.mark.parametrize("wall", [0, 1, 3, 9, 15, 22, 23])
def test_nothing_answers_what_comes_later_at_any_hour(wall: int) -> None:
    now = instant(datetime(2026, 3, 29, wall, 1, tzinfo=UTC))
    at: dict[str, Instant] = {}
    for one in STORY.timed(now):
        step = one.step
        assert one.at <= now
        if step.to:
            assert at[step.to] <= one.at, step
        if isinstance(step, Say | Reply):
            at[step.id] = one.at
    newest = max((say for say in SAYS), key=lambda say: at[say.id])
    assert at[newest.id] == now
    fresh = [say for say in INBOUND if at[say.id] > now - 36 * HOUR]
    assert len(fresh) >= 60


def test_more_is_to_come() -> None:
    assert 180 <= len(NEXT) <= 220
    assert sum(bool(one.to) for one in NEXT) >= 15
    assert len({one.on for one in NEXT}) >= 9
    assert len(ANSWERS) >= 110


@pytest.mark.parametrize("path", sorted(DEMO.glob("*.jsonl")), ids=lambda path: path.name)
def test_files_can_be_edited_by_hand(path: Path) -> None:
    assert path.stat().st_size < 300_000


SAY = '{"act":"say","at":"-1d 10:00","id":"a","on":"x","by":"ana","text":"hi"}'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "truncated"),
        ('{"act":"shout","at":"-1d 10:00"}', "shout"),
        ('{"act":"say","at":"yesterday","id":"b","on":"x","by":"ana"}', "not a time"),
        ('{"act":"say","at":"-1d 10:00","id":"b","on":"x","by":"bob"}', "nobody"),
        ('{"act":"say","at":"-1d 10:00","id":"b","on":"sms","by":"ana"}', "no account on sms"),
        ('{"act":"say","at":"-1d 10:00","id":"a","on":"x","by":"ana"}', "already a message a"),
        ('{"act":"reply","at":"-1d 10:00","id":"b","to":"z","by":"lea","text":"hi"}', "no message z"),
        ('{"act":"wait","at":"-1d 10:00","to":"a","by":"ana"}', "does not work"),
        ('{"act":"snooze","at":"-1d 10:00","to":"a","by":"lea","until":"soon"}', "not a time"),
        ('{"act":"close","at":"-1d 10:00","to":"a","by":"lea","outcome":"fine"}', "fine"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "people.jsonl").write_text('{"key":"ana","name":"Ana","on":{"x":"ana"}}\n')
    (tmp_path / "one.jsonl").write_text(f"{SAY}\n\n{line}\n")
    with pytest.raises(StoryError, match=rf"one\.jsonl, line 3: .*{why}"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-0m", NOW),
        ("-95m", NOW - 95 * MINUTE),
        ("-3h20m", NOW - 200 * MINUTE),
        ("-1h", NOW - HOUR),
        ("-1d 10:00", instant(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))),
        ("+1d 09:00", instant(datetime(2026, 11, 22, 8, 0, tzinfo=UTC))),
    ],
)
def test_times_are_relative_to_the_newest(text: str, expected: int) -> None:
    assert when(text, NOW) == expected
