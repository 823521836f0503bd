"""What is said after the demo was loaded: further messages, and how customers answer. Pure.

`demo/replay.jsonl` has one message a line, in the order in which they come: network, speaker, text, and `to`
where it goes on with something of the story. `demo/answers.jsonl` has one answer a line: its mood, the text,
and the kinds and topics (of the rating of what was answered) that it fits; without any it fits all.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import msgspec
from msgspec import Struct

from earful.model.message import Network
from earful.model.rating import UNSURE
from earful.playground.story import DEMO, File, Person, StoryError, lines, speaker_problem

REPLAY, ANSWERS = "replay.jsonl", "answers.jsonl"
MOODS = ("relieved", "broken", "angry", "thanks")
SILENT = 1 / 3
"""How many customers say nothing more."""

_LIKELY: dict[str, tuple[tuple[str, float], ...]] = {
    "complaint": (("relieved", 0.55), ("broken", 0.35), ("angry", 0.1)),
    "request": (("relieved", 0.5), ("broken", 0.25), ("thanks", 0.2), ("angry", 0.05)),
    "question": (("thanks", 0.8), ("broken", 0.2)),
}
_OTHERWISE = (("thanks", 1.0),)


class Next(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message that is still to come."""

    on: Network
    by: str
    text: str
    to: str = ""
    subject: str = ""
    files: list[File] = []
    metrics: dict[str, int] = {}
    lang: str = "en"


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a customer may say to an answer."""

    mood: str
    text: str
    kinds: list[str] = []
    topics: list[str] = []
    lang: str = "en"


_next = msgspec.json.Decoder(Next)
_answer = msgspec.json.Decoder(Answer)


def read_next(people: dict[str, Person], known: dict[str, str], folder: Path = DEMO) -> list[Next]:
    """The messages to come; `known` has the ids of the story. Raises StoryError."""
    found = []
    for number, one in lines(folder / REPLAY, _next):
        why = speaker_problem(one.by, one.on, people)
        if not why and one.to and one.to not in known:
            why = f"there is no message {one.to}"
        if why:
            raise StoryError(REPLAY, number, why)
        found.append(one)
    return found


def read_answers(folder: Path = DEMO) -> list[Answer]:
    """All answers. Raises StoryError."""
    found = []
    for number, one in lines(folder / ANSWERS, _answer):
        if one.mood not in MOODS:
            raise StoryError(ANSWERS, number, f"{one.mood!r} is none of the moods {', '.join(MOODS)}")
        found.append(one)
    return found


def choose(
    answers: Sequence[Answer], used: set[str], *, kind: str, topic: str, lang: str, random: Random
) -> Answer | None:
    """A fitting answer, or None for silence. What is in `used` is said again only when nothing else fits."""
    if random.random() < SILENT:
        return None
    kind = kind if kind != UNSURE else "question"
    moods = _LIKELY.get(kind, _OTHERWISE)
    mood = random.choices([name for name, _ in moods], [weight for _, weight in moods])[0]
    spoken = lang if any(one.lang == lang for one in answers) else "en"
    fits: list[Callable[[Answer], bool]] = [
        lambda one: one.mood == mood and one.lang == spoken and topic in one.topics,
        lambda one: one.mood == mood and one.lang == spoken and not one.topics and _kind(one, kind),
        lambda one: one.mood == "thanks" and one.lang == spoken and _kind(one, kind),
    ]
    if random.random() < 0.3:
        # Not everybody names what it was about.
        fits[:2] = reversed(fits[:2])
    ranked = [[one for one in answers if fit(one)] for fit in fits]
    fresh = [[one for one in some if one.text not in used] for some in ranked]
    found = next((some for some in (*fresh, *ranked) if some), [])
    return random.choice(found) if found else None


def _kind(answer: Answer, kind: str) -> bool:
    return not answer.kinds or kind in answer.kinds
