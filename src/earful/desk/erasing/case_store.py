"""The SQL of erasing what was said in cases, and all that is kept around them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Table, bindparam, delete, or_, select, update

from earful.desk.erasing import rules
from earful.model.message import Actor
from earful.outbox.rules import BEFORE_SENDING
from earful.store.tables import (
    automation_runs,
    case_merges,
    case_outcomes,
    case_returns,
    case_runs,
    cases,
    conversations,
    drafts,
    events,
    handoffs,
    media,
    messages,
    note_mentions,
    notes,
    notice_mails,
    notices,
    outbox,
    ratings,
    reply_approvals,
    revisions,
    run_steps,
    webhook_deliveries,
    webhook_tries,
)
from earful.store.tx import Row, Tx

_encode = msgspec.json.Encoder().encode


def empty_messages(tx: Tx, rows: Sequence[Row], words: Sequence[str], now: int) -> None:
    """Tombstones without content and without whose they were; a network that tells of them again changes nothing."""
    ids = [row["id"] for row in rows]
    for table in (revisions, ratings):
        tx.execute(delete(table).where(table.c.message_id.in_(ids)))
    statement = (
        update(messages)
        .where(messages.c.id == bindparam("message"))
        .values(
            text="", html="", subject="", data="{}", thread="", native_id=bindparam("native"),
            parent_native_id=bindparam("parent"), deleted_at=bindparam("at"),
        )
    )  # fmt: skip
    named = []
    for row in rows:
        own, parent = row["native_id"], row["parent_native_id"]
        named.append(
            {
                "message": row["id"],
                # An id that names the person cannot stay, though it is what a second telling is recognised by.
                "native": f"{rules.AUTHOR}{row['id']}" if _names(own, words) else own,
                "parent": "" if _names(parent, words) else parent,
                "at": row["deleted_at"] if row["deleted_at"] is not None else now,
            }
        )
    tx.execute(statement, named)
    theirs = [
        {"message": row["id"], "who": _encode(Actor(native_id=f"{rules.AUTHOR}{row['author_id']}")).decode()}
        for row in rows
        if row["author_id"] is not None and row["direction"] == "inbound"
    ]
    if theirs:
        whose = update(messages).where(messages.c.id == bindparam("message")).values(author=bindparam("who"))
        tx.execute(whose, theirs)


def _names(native_id: str, words: Sequence[str]) -> bool:
    return any(word in native_id for word in words)


def rename_conversations(tx: Tx, ids: Sequence[str], words: Sequence[str]) -> None:
    """Conversations that are named by whom they are with get a name of ours."""
    for row in tx.rows(select(conversations.c.id, conversations.c.thread).where(conversations.c.id.in_(ids))):
        if _names(row["thread"], words):
            same = conversations.c.id == row["id"]
            tx.execute(update(conversations).where(same).values(thread=f"{rules.AUTHOR}{row['id']}"))


def empty_cases(tx: Tx, case_ids: Sequence[str], theirs: Sequence[str]) -> None:
    """Cases keep number, times, status and outcome; their words and names go. `theirs`: accounts that are erased."""
    inside = cases.c.id.in_(case_ids)
    tx.execute(update(cases).where(inside).values(title=rules.TITLE, titled=True, preview=""))
    own = inside, cases.c.author_id.in_(theirs)
    tx.execute(update(cases).where(*own).values(person_name=rules.NAME, handle=""))


def empty_around(tx: Tx, case_ids: Sequence[str]) -> None:
    """Everything that colleagues and Earful wrote about cases. What was not sent yet is not sent any more."""
    tx.execute(delete(drafts).where(drafts.c.case_id.in_(case_ids)))
    # Files that colleagues put to replies, sent or not: due at once.
    gone = {"state": "dropped", "due_at": 0, "name": "", "alt": "", "source": "{}", "why": ""}
    tx.execute(update(media).where(media.c.case_id.in_(case_ids)).values(gone))
    written = select(notes.c.id).where(notes.c.case_id.in_(case_ids))
    tx.execute(delete(note_mentions).where(note_mentions.c.note_id.in_(written)))
    _blank(tx, notes, "case_id", case_ids, text="")
    _empty_replies(tx, case_ids)
    _blank(tx, run_steps, "case_id", case_ids, reason="")
    _blank(tx, automation_runs, "case_id", case_ids, because="[]", detail="")
    _blank(tx, case_runs, "case_id", case_ids, because="[]")
    _blank(tx, handoffs, "case_id", case_ids, visitor=None)
    back = or_(case_returns.c.case_id.in_(case_ids), case_returns.c.earlier_id.in_(case_ids))
    tx.execute(update(case_returns).where(back).values(words=""))
    _scrub(tx, case_outcomes, "seq", "because", case_outcomes.c.case_id.in_(case_ids))
    _scrub(tx, events, "seq", "data", events.c.case_id.in_(case_ids))
    put = or_(case_merges.c.kept_id.in_(case_ids), case_merges.c.other_id.in_(case_ids))
    _scrub(tx, case_merges, "id", "journal", put)
    tx.execute(update(case_merges).where(put).values(reason=""))
    _empty_told(tx, case_ids)


def _empty_replies(tx: Tx, case_ids: Sequence[str]) -> None:
    inside = outbox.c.case_id.in_(case_ids)
    unsent = outbox.c.state.in_([one.value for one in BEFORE_SENDING])
    tx.execute(update(outbox).where(inside, unsent).values(state="cancelled", due_at=None))
    gone = {"text": "", "subject": "", "later": "", "error": "", "template": "", "private_reason": ""}
    tx.execute(update(outbox).where(inside).values(gone))
    replies = select(outbox.c.id).where(inside)
    asked = reply_approvals.c.reply_id.in_(replies)
    tx.execute(update(reply_approvals).where(asked).values(note="", before=""))


def _empty_told(tx: Tx, case_ids: Sequence[str]) -> None:
    """What colleagues and other programs were told. What programs already have is theirs to erase."""
    of_cases = notices.c.case_id.in_(case_ids)
    mails = select(notices.c.mail_id).where(of_cases, notices.c.mail_id.is_not(None))
    same = notice_mails.c.id.in_(mails)
    tx.execute(update(notice_mails).where(same).values(subject="", text="", html="", error=""))
    tx.execute(update(notices).where(of_cases).values(detail=""))
    seqs = select(events.c.seq).where(events.c.case_id.in_(case_ids))
    told = webhook_deliveries.c.event_seq.in_(seqs)
    tries = select(webhook_deliveries.c.id).where(told)
    tx.execute(update(webhook_tries).where(webhook_tries.c.delivery_id.in_(tries)).values(said=""))
    waits = told, webhook_deliveries.c.state == "queued"
    tx.execute(update(webhook_deliveries).where(*waits).values(state="dropped", due_at=None))
    tx.execute(update(webhook_deliveries).where(told).values(body="{}"))


def scrub_events(tx: Tx, kind: str, subject: str) -> None:
    """Empty what events of a kind say of a subject."""
    wanted = events.c.type == kind, events.c.subject == subject
    tx.execute(update(events).where(*wanted).values(data="{}"))


def _blank(tx: Tx, table: Table, key: str, ids: Sequence[str], **values: Any) -> None:
    tx.execute(update(table).where(table.c[key].in_(ids)).values(values))


def _scrub(tx: Tx, table: Table, key: str, column: str, wanted: Any) -> None:
    for row in tx.rows(select(table.c[key], table.c[column]).where(wanted, table.c[column] != "{}")):
        clean = rules.scrubbed(row[column])
        if clean != row[column]:
            tx.execute(update(table).where(table.c[key] == row[key]).values({column: clean}))
