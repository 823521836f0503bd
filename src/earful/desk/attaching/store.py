"""The SQL of files that colleagues put to replies. They are rows of `media`, as all files are."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select, update

from earful.store.tables import cases, media, outbox
from earful.store.tx import Row, Tx


def channel_of(tx: Tx, case_id: str) -> str | None:
    """The channel of a case; None when there is no such case."""
    found = tx.value(select(cases.c.channel_id).where(cases.c.id == case_id))
    return None if found is None else str(found)


def add(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a file."""
    tx.execute(insert(media).values(row))


def of_draft(tx: Tx, owner: str, case_id: str) -> list[Row]:
    """The files of somebody's draft, in the order in which they came; none that was removed."""
    query = select(media).where(*_in_draft(owner), media.c.case_id == case_id, media.c.due_at.is_(None))
    return tx.rows(query.order_by(media.c.made_at, media.c.id))


def _in_draft(owner: str) -> tuple[Any, ...]:
    return media.c.owner == owner, media.c.case_id.is_not(None), media.c.reply_id.is_(None)


def count(tx: Tx, owner: str, case_id: str) -> int:
    """How many files a draft has."""
    wanted = *_in_draft(owner), media.c.case_id == case_id, media.c.due_at.is_(None)
    return int(tx.value(select(func.count()).select_from(media).where(*wanted)))


def change(tx: Tx, owner: str, file_id: str, values: dict[str, Any]) -> bool:
    """Change a file of somebody's draft; False when it is in none any more."""
    done = tx.execute(update(media).where(*_in_draft(owner), media.c.id == file_id).values(values))
    return bool(done.rowcount)


def find(tx: Tx, owner: str, file_id: str) -> Row | None:
    """A file of one of somebody's drafts, also one that was removed."""
    return tx.row(select(media).where(*_in_draft(owner), media.c.id == file_id))


def bind(tx: Tx, file_id: str, values: dict[str, Any]) -> None:
    """Put a file to a reply."""
    tx.execute(update(media).where(media.c.id == file_id).values(values))


def of_replies(tx: Tx, reply_ids: Sequence[str]) -> list[Row]:
    """The files of replies, each reply's in order."""
    query = select(media).where(media.c.reply_id.in_(reply_ids))
    return tx.rows(query.order_by(media.c.reply_id, media.c.place))


def release(tx: Tx, reply_ids: Sequence[str], owner: str, case_id: str) -> int:
    """Put the files of replies that are not out back into a draft. Returns how many."""
    wanted = media.c.reply_id.in_(reply_ids), media.c.message_id.is_(None)
    values = {"reply_id": None, "place": 0, "owner": owner, "case_id": case_id}
    return int(tx.execute(update(media).where(*wanted).values(values)).rowcount)


def make_room(tx: Tx, message_id: str, now: int) -> None:
    """Let the files go that came with the network's own copy of a message: ours are the same."""
    values = {"message_id": None, "state": "dropped", "due_at": now, "name": "", "source": "{}", "why": ""}
    tx.execute(
        update(media).where(media.c.message_id == message_id, media.c.reply_id.is_(None)).values(values)
    )


def say(tx: Tx, reply_id: str, message_id: str) -> None:
    """The files of a reply are those of the message that it became."""
    tx.execute(update(media).where(media.c.reply_id == reply_id).values(message_id=message_id))


def going_out(tx: Tx, file_id: str, channel_id: str, states: Sequence[str]) -> Row | None:
    """A kept file of a reply of a channel that is in one of these states."""
    query = (
        select(media)
        .join(outbox, outbox.c.id == media.c.reply_id)
        .where(
            media.c.id == file_id,
            media.c.state == "kept",
            outbox.c.channel_id == channel_id,
            outbox.c.state.in_(states),
        )
    )
    return tx.row(query)
