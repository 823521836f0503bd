"""Who is told what about an event, in which way, and when. Pure."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from earful.model.time import DAY, HOUR, MINUTE, Instant, instant, moment

TOGETHER = MINUTE
"""What happens to one case within so long is one notice."""
HISTORY = DAY
"""Events older than this when they are read are history: nobody is told."""
WEEKLY_LATE = 12 * HOUR
"""A weekly overview that could not go out for longer than this is left out."""
DETAIL = 200
MADE, READ = "notice.made", "notice.read"


class Kind(StrEnum):
    """Why somebody is told; the stronger first: of two in one notice, the stronger gives its name."""

    MENTIONED = "mentioned"
    BREACHED = "breached"
    REPLY = "reply"
    RETURNED = "returned"
    ANSWERED = "answered"
    WARNING = "warning"
    DECIDED = "decided"
    ASSIGNED = "assigned"
    APPROVE = "approve"
    AUTOMATION = "automation"
    QUEUE = "queue"
    FOLLOWED = "followed"


RANK = {kind: place for place, kind in enumerate(Kind)}
WAYS = ("app", "browser", "mail")
_ALL, _SEEN, _APP = frozenset(WAYS), frozenset({"app", "browser"}), frozenset({"app"})
DEFAULTS: Mapping[Kind, frozenset[str]] = {
    Kind.MENTIONED: _ALL, Kind.BREACHED: _ALL, Kind.REPLY: _ALL, Kind.RETURNED: _SEEN, Kind.ANSWERED: _SEEN,
    Kind.WARNING: _SEEN, Kind.DECIDED: _SEEN, Kind.ASSIGNED: _ALL, Kind.APPROVE: _SEEN, Kind.AUTOMATION: _SEEN,
    Kind.QUEUE: _SEEN, Kind.FOLLOWED: _APP,
}  # fmt: skip

ASSIGNING = frozenset({"assigned", "routed_same", "routed_turn", "routed_least", "routed_owner", "took_next"})
TROUBLED_REPLIES = frozenset({"failed", "unknown", "held"})
OF_FOLLOWERS = frozenset({"case.messages", "case.changed", "case.noted", "outcome.changed", "case.returned"})
"""Events of a case that those who follow it are told of."""
QUIET_ACTS = frozenset({"unspoken"})
"""What the desk notes down in a case and nobody needs to be told."""


class About(Struct, frozen=True, kw_only=True):
    """One event, with the people around it. Users by id."""

    type: str
    actor: str = ""
    what: str = ""
    assignee: str = ""
    followers: frozenset[str] = frozenset()
    mentioned: frozenset[str] = frozenset()
    inbound: bool = False
    """A customer said something new."""
    earlier: str = ""
    """Who had the matter that came back."""
    writer: str = ""
    """Whose reply it is about."""
    state: str = ""
    approvers: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    """Whom an automation names."""


def told(about: About) -> dict[str, Kind]:
    """user -> why they are told. Nobody is told of what they did themselves; each for the strongest reason."""
    having = frozenset({about.assignee})
    reasons: dict[str, tuple[bool, frozenset[str], Kind]] = {
        "case.noted": (True, about.mentioned, Kind.MENTIONED),
        "case.changed": (about.what in ASSIGNING, having, Kind.ASSIGNED),
        "case.messages": (about.inbound, having, Kind.ANSWERED),
        "case.returned": (True, having | {about.earlier}, Kind.RETURNED),
        "sla.warning": (True, having, Kind.WARNING),
        "sla.breached": (True, having, Kind.BREACHED),
        "case.reply": (about.state in TROUBLED_REPLIES, frozenset({about.writer}), Kind.REPLY),
        "reply.decided": (True, frozenset({about.writer}), Kind.DECIDED),
        "reply.asked": (True, about.approvers - {about.writer}, Kind.APPROVE),
        "queue.troubled": (True, about.leads, Kind.QUEUE),
        "automation.notify": (True, about.named, Kind.AUTOMATION),
    }
    holds, people, kind = reasons.get(about.type, (False, frozenset(), Kind.FOLLOWED))
    found = dict.fromkeys(people, kind) if holds else {}
    new = about.type != "case.messages" or about.inbound
    if about.type in OF_FOLLOWERS and new and about.what not in QUIET_ACTS:
        found = dict.fromkeys(about.followers, Kind.FOLLOWED) | found
    return {user: why for user, why in found.items() if user and user != about.actor}


class Wishes(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one colleague wants to be told."""

    ways: dict[str, list[str]] = {}
    """kind -> ways, where they are not the usual ones; an empty list is off."""
    quiet_from: str = ""
    """`22:00` of the day; empty for no quiet hours."""
    quiet_to: str = ""
    zone: str = ""
    mails: str = "hourly"
    """`once`, `hourly`, `daily` or `never`."""
    hour: int = 8
    """Of the day, for daily mails and the weekly overview."""
    weekly: bool = False
    """The overview for leads, on Mondays."""

    def by(self, kind: Kind) -> frozenset[str]:
        """The ways of a kind."""
        return frozenset(self.ways[kind]) if kind in self.ways else DEFAULTS[kind]

    def problem(self) -> str | None:
        """Why they cannot be kept; None when they can."""
        if any(kind not in set(Kind) or set(ways) - set(WAYS) for kind, ways in self.ways.items()):
            return "There is no such notification, or no such way to be told."
        if bool(self.quiet_from) != bool(self.quiet_to):
            return "Quiet hours need a beginning and an end; leave both empty for none."
        if any(one and not _CLOCK.fullmatch(one) for one in (self.quiet_from, self.quiet_to)):
            return "Write quiet hours as 22:00."
        if self.mails not in MAILS:
            return "Choose when mails are sent."
        if not 0 <= self.hour <= 23:
            return "Choose an hour of the day, 0 to 23."
        try:
            _zone(self.zone)
        except (ValueError, KeyError, OSError):
            return f"There is no time zone {self.zone!r}; write one as Europe/Berlin."
        return None


MAILS = ("once", "hourly", "daily", "never")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name or "UTC")


def quiet(wishes: Wishes, now: Instant) -> bool:
    """Whether it is quiet now; hours over midnight too."""
    if not wishes.quiet_from or wishes.quiet_from == wishes.quiet_to:
        return False
    here = moment(now).astimezone(_zone(wishes.zone)).strftime("%H:%M")
    if wishes.quiet_from < wishes.quiet_to:
        return wishes.quiet_from <= here < wishes.quiet_to
    return here >= wishes.quiet_from or here < wishes.quiet_to


class Slot(Struct, frozen=True, kw_only=True):
    """A time at which a mail goes out once: its name, and what it is for: notices made before `before`."""

    name: str
    before: Instant


def slot(wishes: Wishes, now: Instant) -> Slot | None:
    """The slot that is due: the newest one that has begun. None while it is quiet, and for who wants no mails."""
    if wishes.mails == "never" or quiet(wishes, now):
        return None
    if wishes.mails == "daily":
        day, at = _last(wishes, now, days=1)
        return Slot(name=f"daily {day}", before=at)
    length = HOUR if wishes.mails == "hourly" else TOGETHER
    begun = Instant(now - now % length)
    return Slot(name=f"{wishes.mails} {begun}", before=begun if length == HOUR else Instant(now - TOGETHER))


def weekly(wishes: Wishes, now: Instant) -> Slot | None:
    """The slot of the weekly overview, on Monday's hour and not much later."""
    if not wishes.weekly or wishes.mails == "never":
        return None
    day, at = _last(wishes, now, days=7)
    return Slot(name=f"weekly {day}", before=at) if now - at < WEEKLY_LATE else None


def _last(wishes: Wishes, now: Instant, *, days: int) -> tuple[date, Instant]:
    """The last day and time at which the hour struck: each day has it once, whatever the clocks are put to."""
    zone = _zone(wishes.zone)
    day = moment(now).astimezone(zone).date()
    if days == 7:
        day -= timedelta(days=day.weekday())
    while (at := instant(datetime.combine(day, time(wishes.hour), zone))) > now:
        day -= timedelta(days=days)
    return day, at


class Mention(Struct, frozen=True, kw_only=True):
    """Whom a text names from `start` to `stop`, in code points. `name` is `user:ID` or `team:ID`."""

    start: int
    stop: int
    name: str


def mentions(text: str, names: Mapping[str, str]) -> list[Mention]:
    """`@name` in a text, the longest name first. `names`: what is written, in lower case, -> whom it means."""
    longest = sorted(names, key=len, reverse=True)
    found: list[Mention] = []
    for at in (one.start() for one in re.finditer(r"(?<![\w@.])@", text)):
        for name in longest:
            stop = at + 1 + len(name)
            if text[at + 1 : stop].lower() == name and not (text[stop : stop + 1].isalnum()):
                found.append(Mention(start=at, stop=stop, name=names[name]))
                break
    return found


def handles(people: Mapping[str, tuple[str, str]], teams: Mapping[str, str]) -> dict[str, str]:
    """What can be written behind `@`: a full name, the part of an address before its @, a first name, a team's name;
    what would mean two is left out. `people`: id -> (name, address); `teams`: id -> name."""
    meant: dict[str, set[str]] = {}

    def add(words: str, name: str) -> None:
        if words.strip():
            meant.setdefault(words.strip().lower(), set()).add(name)

    for user_id, (name, address) in people.items():
        for words in {name, address.partition("@")[0], name.split()[0] if name.split() else ""}:
            add(words, f"user:{user_id}")
    for team_id, name in teams.items():
        add(name, f"team:{team_id}")
    return {words: next(iter(names)) for words, names in meant.items() if len(names) == 1}
