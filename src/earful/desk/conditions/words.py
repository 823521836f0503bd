"""Conditions in a reader's words: labels of fields, operators and values, and a condition as a sentence."""

from collections.abc import Callable, Mapping

from earful.desk.conditions.fields import FIELDS, ME, Kind, Op
from earful.model.conditions import All, AnyOf, Check, Condition, Not, Plain
from earful.web.words import N_, WORDS

Tongue = Callable[[str], str]

LABELS: Mapping[str, str] = {
    "case.status": N_("status"), "case.outcome": N_("outcome"), "case.assignee": N_("assignee"),
    "case.queue": N_("queue"),
    "case.tags": N_("tags"), "case.severity": N_("severity"), "case.priority": N_("priority"),
    "case.kind": N_("kind"), "case.topic": N_("topic"), "case.sentiment": N_("mood"),
    "case.network": N_("network"), "case.channel": N_("channel"), "case.unanswered": N_("waits for an answer"),
    "case.last_direction": N_("last word"), "case.message_count": N_("number of messages"),
    "case.tried_before": N_("channels tried before"), "case.reach_tier": N_("audience"),
    "case.title": N_("title"), "case.number": N_("number"), "case.opened_at": N_("opening"),
    "case.last_message_at": N_("newest message"), "case.awaiting_since": N_("start of the wait"),
    "case.snoozed_until": N_("return from snooze"), "case.closed_at": N_("closing"),
    "time.age": N_("age"), "time.waiting": N_("wait"), "time.hour": N_("hour"), "time.weekday": N_("weekday"),
    "message.text": N_("message"), "message.subject": N_("subject"), "message.network": N_("message's network"),
    "message.channel": N_("message's channel"), "message.visibility": N_("message's audience"),
    "message.kind": N_("kind of message"), "message.direction": N_("direction"),
    "message.language": N_("language"), "message.occurred_at": N_("time of the message"),
    "rating.relevance": N_("being about us"), "rating.kind": N_("message rated"),
    "rating.sentiment": N_("message's mood"), "rating.topic": N_("message's topic"),
    "rating.severity": N_("message's severity"), "rating.urgency": N_("hurry"), "rating.wants": N_("wish"),
    "rating.tried_before": N_("failed channels named"), "rating.churn_risk": N_("risk of leaving"),
    "rating.abuse": N_("abuse"), "rating.pii": N_("private data"),
    "rating.reach_tier": N_("message's reach"), "rating.priority": N_("message's priority"),
    "author.handle": N_("handle"), "author.name": N_("author's name"),
    "author.network": N_("author's network"), "author.followers": N_("followers"),
    "author.first_seen_at": N_("author's first message"), "person.name": N_("person's name"),
    "person.flags": N_("person's flags"),
    "person.cases": N_("person's cases"), "person.authors": N_("person's accounts"),
    "conversation.visibility": N_("conversation's audience"),
}  # fmt: skip

GROUP_LABELS: Mapping[str, str] = {
    "case": N_("Case"), "time": N_("Time"), "message": N_("Customer's newest message"),
    "rating": N_("Rating of it"), "author": N_("Author"), "person": N_("Person"),
    "conversation": N_("Conversation"),
}  # fmt: skip

OP_LABELS: Mapping[str, tuple[str, str]] = {
    "is": (N_("is"), N_("is not")), "in": (N_("is one of"), N_("is none of")),
    "contains": (N_("contains"), N_("does not contain")), "has": (N_("has"), N_("does not have")),
    "has_any": (N_("has one of"), N_("has none of")),
    "at_least": (N_("is at least"), N_("is below")), "at_most": (N_("is at most"), N_("is above")),
    "between": (N_("is between"), N_("is not between")), "before": (N_("is before"), N_("is not before")),
    "after": (N_("is after"), N_("is not after")),
    "older_than": (N_("is longer ago than"), N_("is not longer ago than")),
    "newer_than": (N_("is within the last"), N_("is not within the last")),
    "is_set": (N_("is there"), N_("is missing")),
}  # fmt: skip
"""How an operator reads, and how its denial does."""
DENIED = {"is_not": "is", "not_in": "in"}

_FAMILIES: Mapping[str, str] = {
    "case.status": "status", "case.outcome": "outcome", "case.kind": "kind", "case.topic": "topic",
    "case.sentiment": "sentiment", "case.network": "network", "case.tried_before": "tried",
    "case.reach_tier": "reach", "message.network": "network", "message.visibility": "visibility",
    "message.kind": "message_kind", "rating.kind": "kind", "rating.sentiment": "sentiment",
    "rating.topic": "topic", "rating.urgency": "urgency", "rating.wants": "wants",
    "rating.tried_before": "tried", "rating.abuse": "abuse", "rating.pii": "pii",
    "person.flags": "flag", "rating.reach_tier": "reach",
    "author.network": "network", "conversation.visibility": "visibility",
}  # fmt: skip
_DIRECTION = {"inbound": N_("the customer's"), "outbound": N_("ours")}


def says(condition: Condition, names: Mapping[str, str] | None = None, tongue: Tongue = str) -> str:
    """The condition as a sentence, such as "severity is at least 2 and not tagged vip".

    `names` maps ids of colleagues to their names; `tongue` translates.
    """
    said = _Speaker(names or {}, tongue).say(condition, top=True)
    return said[:1].upper() + said[1:]


def value_label(field: str, value: Plain, tongue: Tongue = str) -> str:
    """One value of a field in words."""
    if isinstance(value, str) and field in ("case.last_direction", "message.direction"):
        return tongue(_DIRECTION.get(value, value))
    family = WORDS.get(_FAMILIES.get(field, ""), {})
    plain = str(value)
    return tongue(family.get(plain) or (plain.replace("_", " ") if family else plain))


class _Speaker:
    def __init__(self, names: Mapping[str, str], tongue: Tongue) -> None:
        self._names = names
        self._tongue = tongue

    def say(self, condition: Condition, *, top: bool = False, denied: bool = False) -> str:
        match condition:
            case Check():
                return self._check(condition, denied=denied)
            case Not(not_=Check() as inner):
                return self._check(inner, denied=not denied)
            case Not(not_=inner):
                return self.say(inner, top=top, denied=not denied)
            case All(all=parts):
                return self._joined(parts, N_("and"), N_("everything"), top=top, denied=denied)
            case AnyOf(any=parts):
                return self._joined(parts, N_("or"), N_("nothing"), top=top, denied=denied)

    def _joined(self, parts: tuple[Condition, ...], word: str, empty: str, *, top: bool, denied: bool) -> str:
        if not parts:
            other = N_("nothing") if empty == "everything" else N_("everything")
            return self._tongue(other if denied else empty)
        if len(parts) == 1:
            return self.say(parts[0], top=top, denied=denied)
        said = f" {self._tongue(word)} ".join(self.say(one) for one in parts)
        if denied:
            return self._tongue(N_("not ({parts})")).format(parts=said)
        return said if top else f"({said})"

    def _check(self, check: Check, *, denied: bool) -> str:
        tongue, field = self._tongue, FIELDS[check.field]
        op = DENIED.get(check.op, check.op)
        denied = denied != (check.op in DENIED)
        label = tongue(LABELS[check.field])
        if field.kind is Kind.FLAG:
            holds = bool(check.value) != denied
            return label if holds else tongue(N_("not: {label}")).format(label=label)
        if op == Op.IS_SET:
            return f"{label} {tongue(OP_LABELS['is_set'][bool(check.value) == denied])}"
        if check.field == "case.tags" and op == Op.HAS:
            pattern = N_("not tagged {tag}") if denied else N_("tagged {tag}")
            return tongue(pattern).format(tag=check.value)
        said = f"{label} {tongue(OP_LABELS[op][denied])} {self._value(check, op)}"
        return f"{said} ({check.zone})" if check.zone else said

    def _value(self, check: Check, op: str) -> str:
        value = check.value
        if not isinstance(value, tuple):
            return self._one(check, value)
        said = [self._one(check, one) for one in value]
        if op == Op.BETWEEN:
            return self._tongue(N_("{low} and {high}")).format(low=said[0], high=said[1])
        return ", ".join(said) if said else self._tongue(N_("nothing"))

    def _one(self, check: Check, value: Plain) -> str:
        kind = FIELDS[check.field].kind
        if kind is Kind.USER:
            return self._tongue(N_("me")) if value == ME else self._names.get(str(value), str(value))
        if kind is Kind.TEXT:
            return f"“{value}”"
        label = value_label(check.field, value, self._tongue)
        return label.lower() if kind is Kind.CHOICE and check.field not in _PROPER else label


_PROPER = frozenset({"case.network", "message.network", "author.network"})
