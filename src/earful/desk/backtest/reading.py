"""Reads the histories of many cases, with what the conditions of a test ask for and no more."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.automation.consumer import KINDS
from earful.desk.automation.rules import On
from earful.desk.backtest import store
from earful.desk.backtest.past import NOW_ONLY, Change, Eyes, Past, Real, Spoken
from earful.desk.backtest.rules import Subject
from earful.desk.cases.rules import Said
from earful.desk.conditions import rules as conditions
from earful.desk.conditions import service as facts
from earful.desk.conditions.fields import FIELDS
from earful.desk.outcomes.service import CHANGED as OUTCOME
from earful.desk.playbooks import history
from earful.desk.playbooks.rules import FRESH
from earful.desk.sla import moving
from earful.desk.sla.clocks import Heard
from earful.desk.users import service as users
from earful.model.conditions import Condition
from earful.model.message import Direction, MessageKind, Visibility
from earful.store.tx import Tx

_GIVEN = frozenset({"assigned", "took_next"})
"""What of a case's history says who has it, by name."""
_RATED = frozenset({"message.language", "case.reach_tier", "case.tried_before"})
_AROUND = frozenset({"message", "author", "conversation", "rating"})
_NOTHING: Mapping[str, Any] = {}


class _Told(Struct):
    what: str = ""
    detail: str = ""
    rule: str = ""
    outcome: str = ""
    since: int = 0


_told = msgspec.json.Decoder(_Told)


class Asked(Struct, frozen=True, kw_only=True):
    """What a test must know of each case."""

    subject: Subject
    fields: frozenset[str]
    groups: frozenset[str]
    imported: bool

    @property
    def as_now(self) -> list[str]:
        """Fields that are tested and whose past is not kept."""
        return sorted(self.fields & NOW_ONLY)


def asked(subject: Subject, wanted: Iterable[Condition], *, imported: bool) -> Asked:
    """What conditions must know of each case."""
    fields = frozenset(one.field for condition in wanted for one in conditions.checks(condition))
    groups = frozenset(FIELDS[one].group for one in fields)
    return Asked(subject=subject, fields=fields, groups=groups, imported=imported)


class Reader:
    """Makes the pasts of slices of cases."""

    def __init__(self, tx: Tx, wanted: Asked) -> None:
        self._wanted = wanted
        self._channels = store.channels(tx)
        self._people = {user.name: user.id for user in users.colleagues(tx)}
        self._ratings = "rating" in wanted.groups or bool(wanted.fields & _RATED)
        self._texts = self._ratings or bool(wanted.groups & _AROUND)
        self._eyes = Eyes(values=self._values, said=self._said, heard=self._heard)
        types = {*history.TYPES, OUTCOME}
        self._types = sorted(types | set(KINDS) if wanted.subject is Subject.RULES else types)

    def read(self, tx: Tx, after: int, since: int, limit: int) -> list[Past]:
        """The next cases, by number."""
        rows = store.cases(tx, after, since, limit)
        ids = [row["id"] for row in rows]
        if not ids:
            return []
        said = store.said(tx, ids, texts=self._texts, ratings=self._ratings)
        events = store.events(tx, ids, self._types)
        book = self._wanted.subject is Subject.PLAYBOOK
        runs, steps = (store.runs(tx, ids), store.steps(tx, ids)) if book else ({}, {})
        person = "person" in self._wanted.groups
        people = facts.of_people(tx, {row["person_id"] for row in rows}) if person else {}
        return [
            self._past(
                row,
                said.get(row["id"], []),
                events.get(row["id"], []),
                runs.get(row["id"]),
                frozenset(steps.get(row["id"], ())),
                people.get(row["person_id"], {}),
            )
            for row in rows
        ]

    def _past(
        self,
        row: dict[str, Any],
        said: list[dict[str, Any]],
        events: list[dict[str, Any]],
        run: dict[str, Any] | None,
        steps: frozenset[str],
        person: Mapping[str, Any],
    ) -> Past:
        for one in said:
            one["network"], one["channel"] = self._channels[one["channel_id"]]
        # Deleted and automatic messages, and what only colleagues see, start nothing and end nothing.
        rows = [
            one
            for one in said
            if one["deleted_at"] is None
            and one["kind"] != MessageKind.SYSTEM
            and one["visibility"] != Visibility.INTERNAL
        ]
        happenings: list[tuple[int, str, On]] = []
        changes: list[Change] = []
        acts = []
        for event in events:
            if event["type"] in KINDS:
                happenings.append((event["at"], f"event:{event['seq']}", KINDS[event["type"]]))
            if event["type"] == OUTCOME:
                told = _told.decode(event["data"])
                changes.append(Change(at=event["at"], what="outcome", value=told.outcome))
            elif event["type"] == "case.changed":
                act = moving.act_of(event)
                if act is not None:
                    acts.append(act)
                changes += self._change(event)
        return Past(
            row=row,
            rows=rows,
            events=events,
            spoken=[self._spoken(one) for one in rows if one["direction"] == Direction.INBOUND],
            messages=[one for one in said if one["deleted_at"] is None],
            eyes=self._eyes,
            acts=acts,
            changes=changes,
            happenings=happenings,
            around={
                "case_id": row["id"],
                "case_number": row["number"],
                "case_title": row["title"],
                "case_queue": row["queue"],
                "case_snoozed_until": row["snoozed_until"],
                **person,
            },
            real=Real(run_id=run["id"], playbook_id=run["playbook_id"]) if run is not None else None,
            known_steps=steps,
        )

    def _change(self, event: Mapping[str, Any]) -> Sequence[Change]:
        told = _told.decode(event["data"])
        # What rules did is what is asked: they are played anew.
        if told.rule:
            return ()
        if told.what in ("tagged", "untagged"):
            return (Change(at=event["at"], what=told.what, value=told.detail),)
        if told.what in _GIVEN or told.what.startswith("routed_"):
            # Routing adds the route to the name.
            name = told.detail.rpartition(" (")[0] if told.what.startswith("routed_") else told.detail
            return (Change(at=event["at"], what="assigned", value=self._people.get(name, "")),)
        return (Change(at=event["at"], what="assigned", value=""),) if told.what == "unassigned" else ()

    @staticmethod
    def _spoken(row: Mapping[str, Any]) -> Spoken:
        return Spoken(
            id=row["id"],
            at=row["occurred_at"],
            live=row["received_at"] - row["occurred_at"] <= FRESH,
            imported=bool(row["backfill"]),
            row=row,
        )

    def _values(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return facts.of_said({"rating": None, **row}, self._wanted.groups) if self._texts else _NOTHING

    def _heard(self, row: Mapping[str, Any]) -> Heard:
        found = moving.heard_of(row)
        return msgspec.structs.replace(found, promises=True) if self._wanted.imported else found

    def _said(self, row: Mapping[str, Any]) -> Said:
        """A message as its case sees it; the channel's name stands for its id, and titles are not made anew."""
        rated = self._values(row) if self._ratings and row["direction"] == Direction.INBOUND else _NOTHING
        return Said(
            message_id=row["id"],
            direction=Direction(row["direction"]),
            kind=MessageKind(row["kind"]),
            at=row["occurred_at"],
            text="",
            subject="",
            deleted=False,
            network=row["network"],
            channel_id=row["channel"],
            rated_kind=row["rated"] or "",
            sentiment=row["sentiment"] or "",
            topic=row["topic"] or "",
            severity=row["severity"] or 0,
            priority=row["priority"] or 0,
            tried_before=tuple(rated.get("rating_tried_before", ())),
            reach_tier=rated.get("rating_reach_tier", ""),
        )
