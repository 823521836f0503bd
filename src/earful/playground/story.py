"""The demo's story: files of JSON Lines, read into people and timed steps. Pure: no clock, no database.

`demo/people.jsonl` names who speaks, one person a line; every other file under `demo/` is a theme of the story
and has one step a line. A step is a message or an act, told by its `act`:

    {"act":"say","at":"-33d 08:12","id":"leak-1","on":"x","by":"fritz","text":"..."}
    {"act":"reply","at":"-33d 09:02","id":"leak-2","to":"leak-1","by":"kieran","text":"..."}
    {"act":"close","at":"-30d 16:00","to":"leak-1","by":"kieran","outcome":"claimed"}

`to` names a message: the one above for `say`, the one answered for `reply`, and for every other act one whose
case is meant. `by` is a key of people.jsonl, of a colleague for acts, or `brewline` for posts of the company.

Times are relative to the newest message. `-33d 08:12` is that day at that hour of the story's own clock (one
hour ahead of UTC), so that days and nights come out right; `-95m` and `-3h20m` are plain distances, for the
last day and a half, which must look fresh at any hour. `+1d 09:00` lies ahead and ends a snooze.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from earful.model.desk import Outcome
from earful.model.message import MessageKind, Network
from earful.model.time import HOUR, MINUTE, SECOND, Instant, instant

DEMO = Path(__file__).parent / "demo"
PEOPLE = "people.jsonl"
LATER = ("replay.jsonl", "answers.jsonl")
"""Files of the live part: what is said after the demo was loaded."""
US = "brewline"
TEAM = {
    "jonas": ("jonas@brewline.example", "Jonas Weber"),
    "marit": ("admin@brewline.example", "Marit de Vries"),
    "rosa": ("rosa@brewline.example", "Rosa Almeida"),
    "kieran": ("kieran@brewline.example", "Kieran Doyle"),
    "lea": ("lea@brewline.example", "Léa Moreau"),
}
"""Who works at the desk: key -> (e-mail, name). Jonas leads it, Marit is its admin."""
STORY_ZONE = timezone(timedelta(hours=1))
T = TypeVar("T")


class StoryError(ValueError):
    """A line of the story that cannot be used: names file, line and what is wrong."""

    def __init__(self, file: str, number: int, why: str) -> None:
        super().__init__(f"{file}, line {number}: {why}")


class Person(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer, or anybody else who speaks."""

    key: str
    name: str
    on: dict[Network, str]
    """Handle, address or number by network."""
    followers: int | None = None
    bot: bool = False


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attachment by reference: there is no address, so nothing is ever fetched."""

    kind: str = "image"
    name: str = ""
    alt: str = ""


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="act"):
    """What every step has."""

    at: str


class Say(Line, frozen=True, kw_only=True, tag="say"):
    """Somebody says something on a network."""

    id: str
    on: Network
    by: str
    text: str = ""
    to: str = ""
    subject: str = ""
    kind: MessageKind | None = None
    dm: bool = False
    quotes: str = ""
    files: list[File] = []
    metrics: dict[str, int] = {}
    lang: str = "en"


class Reply(Line, frozen=True, kw_only=True, tag="reply"):
    """A colleague answers a message; it goes through the outbox."""

    id: str
    to: str
    by: str
    text: str
    dm: bool = False


class Assign(Line, frozen=True, kw_only=True, tag="assign"):
    """A case is given to a colleague."""

    to: str
    by: str
    who: str


class Note(Line, frozen=True, kw_only=True, tag="note"):
    """A note for colleagues."""

    to: str
    by: str
    text: str


class Tag(Line, frozen=True, kw_only=True, tag="tag"):
    """A case gets a tag."""

    to: str
    by: str
    name: str


class Wait(Line, frozen=True, kw_only=True, tag="wait"):
    """A case waits for the customer."""

    to: str
    by: str


class Snooze(Line, frozen=True, kw_only=True, tag="snooze"):
    """A case is put away until a time."""

    to: str
    by: str
    until: str


class Close(Line, frozen=True, kw_only=True, tag="close"):
    """A case is closed with what became of it."""

    to: str
    by: str
    outcome: Outcome


class Edit(Line, frozen=True, kw_only=True, tag="edit"):
    """The author words a message anew."""

    to: str
    text: str


class Delete(Line, frozen=True, kw_only=True, tag="delete"):
    """The author takes a message back."""

    to: str


Act = Reply | Assign | Note | Tag | Wait | Snooze | Close
Step = Say | Edit | Delete | Act


class Told(Struct, frozen=True, kw_only=True):
    """A step and the theme (file name without suffix) that it is part of."""

    theme: str
    step: Step


class Timed(Struct, frozen=True, kw_only=True):
    """A step at its instant."""

    at: Instant
    step: Step


class Story(Struct, frozen=True, kw_only=True):
    """Who speaks, and what happens."""

    people: dict[str, Person]
    told: list[Told]
    root_of: dict[str, str]
    """message id -> id of the first message of its thread."""

    def says(self, theme: str = "") -> list[Say]:
        """What is said by anybody but the desk, in all themes or one."""
        return [
            one.step for one in self.told if isinstance(one.step, Say) and (not theme or one.theme == theme)
        ]

    def timed(self, now: Instant) -> list[Timed]:
        """Every step at its instant, oldest first; what has the same instant keeps the files' order."""
        steps = [Timed(at=when(one.step.at, now, _unrest(one.step)), step=one.step) for one in self.told]
        return sorted(steps, key=lambda timed: timed.at)

    def root(self, step: Step) -> str:
        """The thread that a step is part of."""
        return self.root_of[step.id if isinstance(step, Say | Reply) else step.to]


def _unrest(step: Step) -> int:
    """Seconds past the minute: nobody writes on the full minute. The same for the same message."""
    return sum(map(ord, step.id)) * 7 % 50 if isinstance(step, Say) else 0


_AGO = re.compile(r"-(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?")
_DAY = re.compile(r"(?P<sign>[+-])(?P<days>\d+)d (?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)")


def when(text: str, now: Instant, seconds: int = 0) -> Instant:
    """The instant that a time of the story means. Raises ValueError for anything else than the two forms."""
    found = _DAY.fullmatch(text)
    if found:
        days = int(found["days"]) * (1 if found["sign"] == "+" else -1)
        today = datetime.fromtimestamp(now / SECOND, tz=UTC).astimezone(STORY_ZONE).date()
        day = today + timedelta(days=days)
        clock = datetime(
            day.year, day.month, day.day, int(found["hour"]), int(found["minute"]), tzinfo=STORY_ZONE
        )
        return Instant(instant(clock) + seconds * SECOND)
    found = _AGO.fullmatch(text)
    if found is None or text == "-":
        raise ValueError(f"{text!r} is not a time; write -12d 19:05, -3h20m or -95m")
    ago = int(found["hours"] or 0) * HOUR + int(found["minutes"] or 0) * MINUTE
    return Instant(now - ago - (seconds * SECOND if ago else 0))


def read(folder: Path = DEMO) -> Story:
    """Read a story. Raises StoryError for the first line that cannot be used."""
    people = _people(folder / PEOPLE)
    files = [path for path in sorted(folder.glob("*.jsonl")) if path.name not in (PEOPLE, *LATER)]
    found = [(path, number, step) for path in files for number, step in lines(path, _step)]
    parent_of: dict[str, str] = {}
    for path, number, step in found:
        if isinstance(step, Say | Reply):
            if step.id in parent_of:
                raise StoryError(path.name, number, f"there is already a message {step.id}")
            parent_of[step.id] = step.to
    for path, number, step in found:
        why = _problem(step, people, parent_of)
        if why:
            raise StoryError(path.name, number, why)
    told = [Told(theme=path.stem, step=step) for path, _, step in found]
    return Story(people=people, told=told, root_of={one: _root(one, parent_of) for one in parent_of})


_step: msgspec.json.Decoder[Step] = msgspec.json.Decoder(Step)
_person = msgspec.json.Decoder(Person)


def lines(path: Path, decoder: "msgspec.json.Decoder[T]") -> Iterator[tuple[int, T]]:
    """The decoded lines of a file with their numbers; blank lines are skipped. Raises StoryError."""
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield number, decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoryError(path.name, number, str(error)) from error


def _people(path: Path) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for number, person in lines(path, _person):
        if person.key in people or person.key in TEAM or person.key == US:
            raise StoryError(path.name, number, f"the key {person.key} is taken")
        people[person.key] = person
    return people


def _root(message: str, parent_of: dict[str, str]) -> str:
    for _ in range(1_000):
        above = parent_of[message]
        if not above:
            return message
        message = above
    raise ValueError(f"{message} is above itself")


def _problem(step: Step, people: dict[str, Person], known: dict[str, str]) -> str:
    """What is wrong with a well-formed step; empty when nothing is."""
    try:
        for text in (step.at, step.until) if isinstance(step, Snooze) else (step.at,):
            when(text, Instant(0))
    except ValueError as error:
        return str(error)
    above = [step.to, step.quotes] if isinstance(step, Say) else [step.to]
    for message in above:
        if message not in known and not (isinstance(step, Say) and not message):
            return f"there is no message {message}"
    if isinstance(step, Say):
        return speaker_problem(step.by, step.on, people)
    if isinstance(step, Edit | Delete):
        return ""
    who = [step.by, step.who] if isinstance(step, Assign) else [step.by]
    strangers = [key for key in who if key not in TEAM]
    return f"{strangers[0]} does not work at the desk" if strangers else ""


def speaker_problem(key: str, network: Network, people: dict[str, Person]) -> str:
    """Why nobody of that key can speak on that network; empty when somebody can."""
    if key == US:
        return ""
    if key not in people:
        return f"nobody in {PEOPLE} has the key {key}"
    return "" if network in people[key].on else f"{key} has no account on {network.value}"
