"""Suggestions: how our own solved cases were answered, found by the words of the question."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from earful.desk.suggestions import rules, store
from earful.desk.suggestions.rules import Candidate
from earful.model.desk import Outcome
from earful.model.message import PRIVATE, Actor, Direction, Network, Visibility
from earful.store.tx import Row, Tx

READ = 60
"""Messages of a case that are looked at."""
ASKED = 3
"""The customer's first messages, which ask; later ones mostly answer us."""

_actor = msgspec.json.Decoder(Actor)


class _Rating(Struct):
    language: str = ""


_rating = msgspec.json.Decoder(_Rating)


class Suggestion(Struct, frozen=True, kw_only=True):
    """An answer that worked, adapted to the customer at hand."""

    case_number: int
    title: str
    text: str
    outcome: Outcome
    network: Network
    topic: str
    answered_at: int
    was_private: bool
    """It was said in private: nothing in it was meant for everybody."""


def learn(tx: Tx, case_ids: Iterable[str]) -> int:
    """Bring the index to what these cases say now, however often; returns how many of them are in it."""
    wanted = list(dict.fromkeys(case_ids))
    store.forget(tx, wanted)
    signatures = store.signatures(tx)
    learned = 0
    for row in store.cases_of(tx, wanted):
        if Outcome(row["outcome"]) in rules.SOLVED:
            learned += _learn(tx, row, signatures)
    return learned


def _learn(tx: Tx, row: Row, signatures: list[str]) -> bool:
    said = store.said_in(tx, row["id"], READ)
    asked = [one for one in said if one["direction"] == Direction.INBOUND]
    told = [one for one in said if one["direction"] == Direction.OUTBOUND]
    if not asked or not told:
        return False
    told.sort(key=lambda one: len(one["text"]))
    answer = told[-1]
    language = _language(asked)
    names = [row["person_name"], row["handle"], *(_actor.decode(one["author"]).name for one in asked[:1])]
    author = _actor.decode(answer["author"]).name
    ours = [*signatures, author, *author.split()[:1]]
    words = rules.without_private(answer["text"], names, ours, language)
    if len(words) < rules.FEWEST_LETTERS:
        return False
    weights = rules.terms(_question(asked))
    store.add(
        tx,
        {
            "case_id": row["id"],
            "message_id": answer["id"],
            "answer": words,
            "language": language,
            "network": answer["network"],
            "topic": row["topic"],
            "outcome": row["outcome"],
            "private": int(Visibility(answer["visibility"]) in PRIVATE),
            "answered_at": answer["occurred_at"],
        },
        {term: max(round(rules.WEIGHT * weight), 1) for term, weight in weights.items()},
    )
    return True


def _question(asked: list[Row]) -> str:
    return "\n".join(f"{one['subject']}\n{one['text']}" for one in asked[:ASKED])


def _language(asked: list[Row]) -> str:
    for one in asked:
        if one["rating"]:
            found = _rating.decode(one["rating"]).language
            if found != "und":
                return found
    return ""


def cases_with(tx: Tx, message_ids: Iterable[str]) -> list[str]:
    """Cases that have one of these messages."""
    return store.cases_with(tx, message_ids)


def suggest(tx: Tx, case_id: str) -> list[Suggestion]:
    """At most `rules.SHOWN` answers for a case, best first. Reads some hundred rows, whatever the history's size."""
    rows = store.cases_of(tx, [case_id])
    asked = [one for one in store.said_in(tx, case_id, READ) if one["direction"] == Direction.INBOUND]
    if not rows or not asked:
        return []
    weights = rules.terms(_question(asked))
    picked = rules.chosen(weights, store.found_in(tx, weights, case_id), store.docs(tx))
    found = {row["doc"]: row for row in store.candidates(tx, picked, case_id)}
    ranked = rules.best([_candidate(row) for row in found.values()], rows[0]["topic"], _language(asked))
    return [_suggestion(found[one.doc], rows[0]["person_name"]) for one in ranked]


def _candidate(row: Row) -> Candidate:
    return Candidate(
        doc=row["doc"],
        score=float(row["score"]),
        language=row["language"],
        topic=row["topic"],
        outcome=row["outcome"],
        answer=row["answer"],
    )


def _suggestion(row: Row, name: str) -> Suggestion:
    return Suggestion(
        case_number=row["number"],
        title=row["title"],
        text=rules.adapted(row["answer"], name),
        outcome=Outcome(row["outcome"]),
        network=Network(row["network"]),
        topic=row["topic"],
        answered_at=row["answered_at"],
        was_private=bool(row["private"]),
    )
