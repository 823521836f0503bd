"""`earful doctor`: was anything lost? Each check is a query that finds what must not exist."""

from typing import Any

from msgspec import Struct
from sqlalchemy import CompoundSelect, Select, func, select, text

from earful.desk.media.files import Files
from earful.log.embedded import EmbeddedLog
from earful.model.time import HOUR, MINUTE, Instant
from earful.store.migrate import head, version
from earful.store.store import Store
from earful.store.tables import (
    case_counts,
    cases,
    channels,
    conversations,
    deliveries,
    events,
    media,
    messages,
    outbox,
    ratings,
    revisions,
)
from earful.store.tx import Tx

BEHIND = 5 * MINUTE
"""An event that a consumer has not taken for longer is a finding; younger ones are only reported."""


CONSUMERS = (
    "triage",
    "desk",
    "arrivals",
    "outcomes",
    "weighing",
    "clocks",
    "recompute",
    "routing",
    "people",
    "bulk",
    "playbooks",
    "automation",
    "views",
    "search",
    "waiting",
    "reports",
    "suggestions",
    "notices",
    "media",
    "templates",
    "erasing",
    "webhooks",
)


class Finding(Struct, frozen=True, kw_only=True):
    """One check and what it found. `count` is 0 and `ok` true when all is well."""

    check: str
    ok: bool
    count: int = 0
    detail: str = ""
    advice: str = ""
    examples: list[str] = []


class Report(Struct, frozen=True, kw_only=True):
    """All checks of one run."""

    ok: bool
    checked_at: int
    database: str
    findings: list[Finding]


def examine(store: Store, log: EmbeddedLog, now: Instant, files: Files | None = None) -> Report:
    """Run every check in one read transaction; nothing is changed. `files`: the folder to look into too."""

    def run(tx: Tx) -> list[Finding]:
        found = [_version(tx), _integrity(tx)]
        found += [_rows(tx, check, advice, query) for check, advice, query in _QUERIES]
        found.append(_counts(tx))
        found += [_behind(tx, log, consumer, now) for consumer in CONSUMERS]
        found += [_files(tx, files)] if files is not None else []
        return [*found, _stuck(tx, now), *_silent(tx)]

    findings = store.read_now(run)
    return Report(
        ok=all(finding.ok for finding in findings),
        checked_at=now,
        database="postgresql" if store.path is None else "sqlite",
        findings=findings,
    )


def _files(tx: Tx, files: Files) -> Finding:
    kept = tx.rows(select(media.c.id, media.c.sha256).where(media.c.state == "kept"))
    missing = [row["id"] for row in kept if not files.has(row["sha256"])]
    return Finding(
        check="every file of a message is in the folder",
        ok=not missing,
        count=len(missing),
        examples=missing[:5],
        advice="Restore the folder `media` of the data folder from the backup; it belongs to the database.",
    )


def _version(tx: Tx) -> Finding:
    at = version(tx.conn)
    return Finding(
        check="the database has this version's tables",
        ok=at == head(),
        count=int(at != head()),
        detail=f"at {at}, this version needs {head()}",
        advice="Start Earful once with `earful up`: it migrates.",
    )


def _integrity(tx: Tx) -> Finding:
    if tx.is_postgresql:
        return Finding(
            check="the database file is sound", ok=True, detail="PostgreSQL keeps page checksums itself"
        )
    said = [row[0] for row in tx.conn.execute(text("PRAGMA integrity_check(20)"))]
    broken = list(tx.conn.execute(text("PRAGMA foreign_key_check")))
    ok = said == ["ok"] and not broken
    return Finding(
        check="the database file is sound",
        ok=ok,
        count=0 if ok else len(said) + len(broken),
        detail="; ".join(said[:5]),
        advice="Stop Earful and restore the last backup; keep the broken file for analysis.",
    )


_gone_case = ~select(cases.c.id).where(cases.c.id == messages.c.case_id).exists()

_QUERIES = (
    (
        "every message has the raw delivery that brought it",
        "A delivery was removed by hand. Its messages are complete; only the proof of origin is gone.",
        select(messages.c.id).where(
            ~select(deliveries.c.id).where(deliveries.c.id == messages.c.delivery_id).exists()
        ),
    ),
    (
        "every delivery's messages are there",
        "Restore them from the delivery: its raw bytes are kept in the table `deliveries`.",
        select(deliveries.c.id)
        .join(messages, messages.c.delivery_id == deliveries.c.id, isouter=True)
        .group_by(deliveries.c.id, deliveries.c.brought)
        .having(func.count(messages.c.seq) != deliveries.c.brought),
    ),
    (
        "every message was announced in the log",
        "Run `earful replay`: the consumers have never been told of these messages.",
        # As sets: the log has no index by subject, because intake would pay for it.
        select(messages.c.id).except_(select(events.c.subject).where(events.c.type.like("message.%"))),
    ),
    (
        "every threaded message belongs to a case that exists",
        "Report this as a bug with the ids.",
        select(messages.c.id).where(messages.c.case_id.is_not(None), _gone_case),
    ),
    (
        "every conversation has a message",
        "Report this as a bug with the ids.",
        select(conversations.c.id).where(
            ~select(messages.c.seq).where(messages.c.conversation_id == conversations.c.id).exists()
        ),
    ),
    (
        "every case has a message",
        "Report this as a bug with the ids.",
        select(cases.c.id).where(~select(messages.c.seq).where(messages.c.case_id == cases.c.id).exists()),
    ),
    (
        "no deleted message kept its words",
        "Report this as a bug with the ids; the words must go.",
        select(messages.c.id).where(
            messages.c.deleted_at.is_not(None), (messages.c.text != "") | (messages.c.html != "")
        ),
    ),
    (
        "no rating or earlier wording outlived its deleted message",
        "Report this as a bug with the ids; the words must go.",
        select(messages.c.id).where(
            messages.c.deleted_at.is_not(None),
            select(ratings.c.message_id).where(ratings.c.message_id == messages.c.id).exists()
            | select(revisions.c.message_id).where(revisions.c.message_id == messages.c.id).exists(),
        ),
    ),
    (
        "every sent reply became a message",
        "Look at the case: the network took the reply, but it is not in the timeline.",
        select(outbox.c.id).where(outbox.c.state == "sent", outbox.c.message_id.is_(None)),
    ),
)  # fmt: skip


def _rows(tx: Tx, check: str, advice: str, query: Select[Any] | CompoundSelect[Any]) -> Finding:
    found = [row[0] for row in tx.conn.execute(query.limit(1_000))]
    return Finding(
        check=check, ok=not found, count=len(found), advice=advice if found else "", examples=found[:5]
    )


def _counts(tx: Tx) -> Finding:
    kept = {
        (row.status, row.assignee_id, row.network): row.n
        for row in tx.conn.execute(select(case_counts).where(case_counts.c.n != 0))
    }
    assignee = func.coalesce(cases.c.assignee_id, "")
    real = {
        (row[0], row[1], row[2]): row[3]
        for row in tx.conn.execute(
            select(cases.c.status, assignee, cases.c.network, func.count()).group_by(
                cases.c.status, assignee, cases.c.network
            )
        )
    }
    wrong = [key for key in kept.keys() | real.keys() if kept.get(key, 0) != real.get(key, 0)]
    return Finding(
        check="the inbox counts what there is",
        ok=not wrong,
        count=len(wrong),
        examples=[f"{key}: kept {kept.get(key, 0)}, real {real.get(key, 0)}" for key in wrong[:5]],
        advice="Report this as a bug with the examples." if wrong else "",
    )


def _behind(tx: Tx, log: EmbeddedLog, consumer: str, now: Instant) -> Finding:
    place = log.position(tx, consumer)
    oldest = log.after(tx, place, 1)
    behind = log.behind(tx, consumer) if oldest else 0
    late = bool(oldest) and now - oldest[0].at > BEHIND
    return Finding(
        check=f"the consumer {consumer} keeps up",
        ok=not late,
        count=behind,
        detail=f"{behind} events behind" if behind else "up to date",
        advice="Start Earful, and look in its log for `consumer.failed`." if late else "",
    )


def _stuck(tx: Tx, now: Instant) -> Finding:
    query = select(outbox.c.id).where(
        (outbox.c.state == "unknown") | ((outbox.c.state == "queued") & (outbox.c.due_at < now - HOUR))
    )
    found = [row[0] for row in tx.conn.execute(query.limit(1_000))]
    return Finding(
        check="no reply is stuck",
        ok=not found,
        count=len(found),
        examples=found[:5],
        advice="Open the case: the reply may or may not be out. Check on the network, then retry."
        if found
        else "",
    )


def _silent(tx: Tx) -> list[Finding]:
    rows = tx.rows(select(channels).where(channels.c.enabled, channels.c.trouble != ""))
    return [
        Finding(
            check=f"the channel {row['name']} is well",
            ok=False,
            count=1,
            detail=row["trouble"],
            advice="Open Channels, mend what it says, and switch the channel on again.",
        )
        for row in rows
    ]
