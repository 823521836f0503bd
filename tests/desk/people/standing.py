"""Everything that a case has, to compare before and after: nothing may be lost, nothing left over."""

from typing import Any

from sqlalchemy import select

from earful.store.tables import (
    case_clocks,
    case_runs,
    case_tags,
    cases,
    conversation_cases,
    drafts,
    handoffs,
    messages,
    notes,
    outbox,
    run_steps,
)
from earful.store.tx import Tx

MOVES = ("version", "spoken_version")
"""Numbers that grow with every change."""


def everything(tx: Tx) -> tuple[list[Any], list[Any]]:
    """(cases with what hangs on them, who is in which conversation), without what only grows."""
    found = [
        {name: value for name, value in row.items() if name not in MOVES}
        for row in tx.rows(select(cases).order_by(cases.c.number))
    ]
    around = [
        [dict(row) for row in tx.rows(select(table.c.case_id, *columns).order_by(table.c.case_id, *columns))]
        for table, columns in (
            (messages, [messages.c.id]),
            (notes, [notes.c.id]),
            (outbox, [outbox.c.id]),
            (drafts, [drafts.c.user_id, drafts.c.text]),
            (case_tags, [case_tags.c.tag]),
            (handoffs, [handoffs.c.id]),
            (case_runs, [case_runs.c.id]),
            (run_steps, [run_steps.c.run_id, run_steps.c.number]),
            (case_clocks, [case_clocks.c.kind, case_clocks.c.round, case_clocks.c.due_at]),
        )
    ]
    pairs = conversation_cases.c.conversation_id, conversation_cases.c.author_id, conversation_cases.c.case_id
    where = [dict(row) for row in tx.rows(select(*pairs).order_by(*pairs))]
    return [found, around], where
