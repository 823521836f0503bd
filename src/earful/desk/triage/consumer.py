"""Weighs the open cases anew after the weights changed, some at a time: each step's event asks for the next."""

import msgspec
from sqlalchemy import select

from earful.desk.cases import joining
from earful.desk.consumer import CASE_RATED
from earful.desk.triage import settings, store
from earful.log.contract import Event, NewEvent
from earful.model.rating import Rating
from earful.model.time import Instant
from earful.store.tables import channels
from earful.store.tx import Tx
from earful.triage import guidance
from earful.triage.priority import Weights, explained, parts_of

STEP = 100
"""Cases in one transaction: the writer is busy for some tens of milliseconds."""
_rating = msgspec.json.Decoder(Rating)
_encode = msgspec.json.Encoder().encode


class WeighingConsumer:
    """Follows the newest weights; what asks for older ones is dropped."""

    name = "weighing"
    types = frozenset({settings.WEIGHED})

    def prepare(self, tx: Tx, events: list[Event]) -> dict[str, str]:
        """channel -> network."""
        return {row["id"]: row["network"] for row in tx.rows(select(channels.c.id, channels.c.network))}

    def apply(self, tx: Tx, events: list[Event], prepared: dict[str, str], now: Instant) -> list[NewEvent]:
        """The next cases by the newest weights, and the event for those after them."""
        newest = guidance.newest(tx, guidance.PRIORITY)
        asking = [event for event in events if newest is not None and event.subject == newest["id"]]
        if not asking:
            return []
        before = settings.progress_from(asking[-1].data)
        if before.finished:
            return []
        cases = store.cases_to_weigh(tx, before.after, STEP)
        changed = _weigh(tx, [case_id for case_id, _ in cases], guidance.weights(tx))
        rated = joining.rate_anew(tx, changed, prepared) if changed else []
        told = [NewEvent(type=CASE_RATED, subject=one, case_id=one, at=now) for one in rated]
        done = before.done + len(cases)
        after = settings.Progress(
            after=cases[-1][1] if cases else before.after,
            done=done,
            # They were counted at the save; some have come since.
            total=max(before.total, done),
            finished=len(cases) < STEP,
        )
        return [*told, settings.weighed(asking[-1].subject, after, now)]


def _weigh(tx: Tx, case_ids: list[str], weights: Weights) -> list[str]:
    """Bring stored ratings to the weights; returns the messages whose priority changed."""
    changed = []
    for message_id, data, _ in store.ratings_in(tx, case_ids) if case_ids else []:
        rating = _rating.decode(data)
        points, contributions = explained(parts_of(rating), weights)
        others = [reason for reason in rating.reasons if reason.field != "priority"]
        fresh = msgspec.structs.replace(rating, priority=points, reasons=[*contributions, *others])
        if fresh != rating:
            changed.append((message_id, _encode(fresh).decode(), points))
    store.set_priorities(tx, changed)
    return [message_id for message_id, _, _ in changed]
