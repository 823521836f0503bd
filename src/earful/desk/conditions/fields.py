"""The fields that conditions may test, and the operators of each kind. One table: validation, SQL, the editor and the
reference page all follow it."""

from enum import StrEnum

from msgspec import Struct

from earful.model.desk import Outcome, Status
from earful.model.message import Direction, MessageKind, Network, Visibility
from earful.model.rating import ABUSES, KINDS, PII_TYPES, SENTIMENTS, TRIED_CHANNELS, UNSURE, URGENCIES, WANTS

MOST = 2**53
"""The largest whole number that JSON carries safely."""
ME = "me"
"""Stands for whoever looks, as the value of an assignee."""
FLAGS = ("vip", "vulnerable")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
REACH_TIERS = (
    "private", "a few", "tens", "hundreds", "thousands", "tens of thousands", "hundreds of thousands", "millions",
)  # fmt: skip


class Kind(StrEnum):
    """What sort of value a field has."""

    TEXT = "text"
    """Free text; capitals do not matter."""
    CHOICE = "choice"
    """One of a known list."""
    WORD = "word"
    """A name that the desk may add to: compared exactly."""
    NUMBER = "number"
    """A whole number."""
    SHARE = "share"
    """0 to 1, with fractions."""
    SET = "set"
    """Several words."""
    INSTANT = "instant"
    """A moment."""
    DURATION = "duration"
    """How long since a moment."""
    FLAG = "flag"
    """Yes or no."""
    USER = "user"
    """A colleague."""
    HOUR = "hour"
    """The hour of the day now, 0 to 23."""
    WEEKDAY = "weekday"
    """The day of the week now."""


class Op(StrEnum):
    """How a field is tested."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    HAS = "has"
    HAS_ANY = "has_any"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    OLDER_THAN = "older_than"
    NEWER_THAN = "newer_than"
    IS_SET = "is_set"


_EQUAL = (Op.IS, Op.IS_NOT, Op.IN, Op.NOT_IN)
_ORDERED = (Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN)
OPERATORS: dict[Kind, tuple[Op, ...]] = {
    Kind.TEXT: (Op.CONTAINS, *_EQUAL, Op.IS_SET),
    Kind.CHOICE: (*_EQUAL, Op.IS_SET),
    Kind.WORD: (*_EQUAL, Op.IS_SET),
    Kind.NUMBER: (*_ORDERED, *_EQUAL, Op.IS_SET),
    Kind.SHARE: (*_ORDERED, Op.IS_SET),
    Kind.SET: (Op.HAS, Op.HAS_ANY, Op.IS_SET),
    Kind.INSTANT: (Op.OLDER_THAN, Op.NEWER_THAN, Op.BEFORE, Op.AFTER, Op.BETWEEN, Op.IS_SET),
    Kind.DURATION: _ORDERED,
    Kind.FLAG: (Op.IS,),
    Kind.USER: (*_EQUAL, Op.IS_SET),
    Kind.HOUR: (*_ORDERED, *_EQUAL),
    Kind.WEEKDAY: _EQUAL,
}
LISTED = frozenset({Op.IN, Op.NOT_IN, Op.HAS_ANY})
"""Operators whose value is a list."""


class Field(Struct, frozen=True, kw_only=True):
    """One field. `fact` is its attribute of `Facts`: for a duration, of the moment since when."""

    name: str
    kind: Kind
    fact: str
    help: str
    choices: tuple[str, ...] = ()
    """The only values that there are; for words and sets without, any."""
    low: int = 0
    high: int = MOST
    ends: bool = False
    """Of a set: each word counts until a moment; its fact says until when."""

    @property
    def group(self) -> str:
        """`message`, `rating`, `author`, `person`, `conversation`, `case` or `time`."""
        return self.name.partition(".")[0]


def _field(
    name: str, kind: Kind, note: str, choices: tuple[str, ...] = (), *, high: int = MOST, fact: str = "",
    ends: bool = False,
) -> Field:  # fmt: skip
    return Field(
        name=name,
        kind=kind,
        fact=fact or name.replace(".", "_"),
        help=note,
        choices=choices,
        high=high,
        ends=ends,
    )


_NETWORKS = tuple(one.value for one in Network)
_VISIBILITIES = tuple(one.value for one in Visibility)
_DIRECTIONS = tuple(one.value for one in Direction)
_RATED_KINDS = (*KINDS, UNSURE)
_MOODS = (*SENTIMENTS, UNSURE)
T, C, W, N, S, I = Kind.TEXT, Kind.CHOICE, Kind.WORD, Kind.NUMBER, Kind.SET, Kind.INSTANT  # noqa: E741

_ALL = (
    _field("case.status", C, "Where the case stands.", tuple(one.value for one in Status)),
    _field("case.outcome", C, "What became of it.", tuple(one.value for one in Outcome)),
    _field("case.assignee", Kind.USER, "Id of the colleague who has it; `me` for whoever looks."),
    _field("case.queue", W, "Where it waits: a team's id or `skill:NAME`; missing where anybody may take it."),
    _field("case.tags", S, "Its tags."),
    _field("case.severity", N, "Highest severity of what waits for an answer.", high=4),
    _field("case.priority", N, "Its place in the queue.", high=100),
    _field("case.kind", C, "Kind of its leading message.", _RATED_KINDS),
    _field("case.topic", W, "Topic of its leading message; own topics by their names."),
    _field("case.sentiment", C, "Mood of its leading message.", _MOODS),
    _field("case.network", C, "Network of its newest message.", _NETWORKS),
    _field("case.channel", W, "Name of the channel of its newest message."),
    _field("case.unanswered", Kind.FLAG, "Whether the customer waits for an answer."),
    _field("case.last_direction", C, "Who spoke last.", _DIRECTIONS),
    _field("case.message_count", N, "Messages in it."),
    _field("case.tried_before", S, "Channels that already failed the customer.", TRIED_CHANNELS),
    _field("case.reach_tier", C, "Expected audience of its leading message.", REACH_TIERS),
    _field("case.title", T, "Its title."),
    _field("case.number", N, "Its number."),
    _field("case.opened_at", I, "When its first message was written."),
    _field("case.last_message_at", I, "When its newest message was written."),
    _field("case.awaiting_since", I, "Since when the customer waits; missing when nobody waits."),
    _field("case.snoozed_until", I, "When it comes back; missing unless it is snoozed."),
    _field("case.closed_at", I, "When it was closed; missing while it is not."),
    _field("time.age", Kind.DURATION, "How long since the case opened.", fact="case_opened_at"),
    _field("time.waiting", Kind.DURATION, "How long the customer waits.", fact="case_awaiting_since"),
    _field("time.hour", Kind.HOUR, "The hour now, 0 to 23, in `zone`.", high=23),
    _field("time.weekday", Kind.WEEKDAY, "The day of the week now, in `zone`.", WEEKDAYS),
    _field("message.text", T, "What was written."),
    _field("message.subject", T, "A mail's subject."),
    _field("message.network", C, "Where it was written.", _NETWORKS),
    _field("message.channel", W, "Name of the channel that it came by."),
    _field("message.visibility", C, "Who can see it.", _VISIBILITIES),
    _field("message.kind", C, "What the network calls it.", tuple(one.value for one in MessageKind)),
    _field("message.direction", C, "From a customer or from us; of a case always from a customer.", _DIRECTIONS),
    _field("message.language", W, "Language, as BCP 47 writes it: `en`, `pt`."),
    _field("message.occurred_at", I, "When it was written."),
    _field("rating.relevance", Kind.SHARE, "How surely it is about us.", high=1),
    _field("rating.kind", C, "What it is.", _RATED_KINDS),
    _field("rating.sentiment", C, "Its mood.", _MOODS),
    _field("rating.topic", W, "What it is about; own topics by their names."),
    _field("rating.severity", N, "0 none to 4 safety, legal or security.", high=4),
    _field("rating.urgency", C, "How soon.", (*URGENCIES, UNSURE)),
    _field("rating.wants", C, "What its author wants.", (*WANTS, UNSURE)),
    _field("rating.tried_before", S, "Channels that it says have failed.", TRIED_CHANNELS),
    _field("rating.churn_risk", Kind.SHARE, "How surely its author is about to leave.", high=1),
    _field("rating.abuse", S, "What is abusive in it.", ABUSES),
    _field("rating.pii", S, "Private data in it.", PII_TYPES),
    _field("rating.reach_tier", C, "Expected audience.", REACH_TIERS),
    _field("rating.priority", N, "Its priority.", high=100),
    _field("author.handle", T, "The account's handle, without @."),
    _field("author.name", T, "The account's name."),
    _field("author.network", C, "The account's network.", _NETWORKS),
    _field("author.followers", N, "Followers, where the network says."),
    _field("author.first_seen_at", I, "When the account first wrote."),
    _field("person.name", T, "Name of the human behind the case."),
    _field("person.cases", N, "Cases of this person, this one included."),
    _field("person.authors", N, "Accounts linked to this person."),
    _field("person.flags", S, "Flags of this person that count now.", FLAGS, ends=True),
    _field("conversation.visibility", C, "Who can see the conversation.", _VISIBILITIES),
)  # fmt: skip

FIELDS: dict[str, Field] = {one.name: one for one in _ALL}
GROUPS = tuple(dict.fromkeys(one.group for one in _ALL))
