"""What triage learned from corrections: replayed every night, kept when no worse, taken back by a word."""

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import func, insert, select, update

from earful.model.ids import new_id
from earful.model.time import DAY, Instant
from earful.store.audit import Who, record
from earful.store.tables import corrections, learned, messages
from earful.store.tx import Row, Tx
from earful.triage import workspace
from earful.triage.rate import shipped
from earful.triage.workspace import ACTIVE, KEPT, REJECTED, REJECTED_AS_WORSE, ROLLED_BACK, Figures, Version

SHOWN = 30
"""Versions on the page, the newest first."""
_figures = msgspec.json.Decoder(Figures)
_encode = msgspec.json.Encoder().encode


class NothingLearnedError(ValueError):
    """There is no such version to change; the message says what to do."""


class Learned(Struct, frozen=True, kw_only=True):
    """One replay, as people see it. `state`: active, kept (replaced by a later one), rejected (no better than learning
    as it comes), worse (than what came with Earful; then nothing learned before counts), rolled_back."""

    id: str
    made_at: Instant
    state: str
    figures: Figures
    newest: bool


class Standing(Struct, frozen=True, kw_only=True):
    """Where learning stands: versions, and corrections by field, all of them and those since the last replay."""

    versions: list[Learned]
    by_field: list[tuple[str, int]]
    total: int
    since: int


def standing(tx: Tx) -> Standing:
    """Where learning stands now."""
    rows = tx.rows(select(learned).order_by(learned.c.made_at.desc(), learned.c.id.desc()).limit(SHOWN))
    versions = [replace(_shown(row), newest=at == 0) for at, row in enumerate(rows)]
    # A field that was corrected twice is one correction, and deleted messages teach nothing.
    count = func.count(corrections.c.message_id.distinct()).label("count")
    counted = tx.rows(
        select(corrections.c.field, count)
        .join(messages, messages.c.id == corrections.c.message_id)
        .where(corrections.c.undone_at.is_(None), messages.c.deleted_at.is_(None))
        .group_by(corrections.c.field)
        .order_by(count.desc(), corrections.c.field)
    )
    through = rows[0]["corrections_through"] if rows else 0
    return Standing(
        versions=versions,
        by_field=[(row["field"], int(row["count"])) for row in counted],
        total=sum(int(row["count"]) for row in counted),
        since=_since(tx, through),
    )


def _since(tx: Tx, through: int) -> int:
    query = (
        select(corrections.c.message_id, corrections.c.field)
        .join(messages, messages.c.id == corrections.c.message_id)
        .where(
            corrections.c.seq > through, corrections.c.undone_at.is_(None), messages.c.deleted_at.is_(None)
        )
        .distinct()
    )
    return int(tx.value(select(func.count()).select_from(query.subquery())) or 0)


def due(tx: Tx, now: Instant) -> bool:
    """Whether a night has passed since the last replay, and somebody corrected something since."""
    row = workspace.newest_version(tx)
    if row is not None:
        return now - int(row["made_at"]) >= DAY and _since(tx, row["corrections_through"]) > 0
    query = (
        select(func.min(corrections.c.at))
        .join(messages, messages.c.id == corrections.c.message_id)
        .where(corrections.c.undone_at.is_(None), messages.c.deleted_at.is_(None))
    )
    first = tx.value(query)
    return first is not None and now - int(first) >= DAY


def keep(tx: Tx, who: Who, version: Version, now: Instant) -> Learned:
    """Keep a replay's outcome: from now on it decides what is in force, and none before it."""
    before = workspace.newest_version(tx)
    if before is not None:
        if (
            _figures.decode(before["figures"]).stamp == version.figures.stamp
            and before["state"] == version.state
        ):
            # Somebody else replayed the same at the same time.
            return _shown(before)
        # The newest is the last made, whatever the clock did.
        now = Instant(max(now, int(before["made_at"]) + 1))
    tx.execute(update(learned).where(learned.c.state == ACTIVE).values(state=KEPT))
    made = new_id(now)
    tx.execute(
        insert(learned).values(
            id=made, made_at=now, model=shipped().name, corrections_through=version.through, data=version.data,
            figures=_encode(version.figures).decode(), state=version.state,
        )
    )  # fmt: skip
    record(tx, who, "triage.replay", made, now, version.state)
    return Learned(id=made, made_at=now, state=version.state, figures=version.figures, newest=True)


def roll_back(tx: Tx, who: Who, now: Instant, version_id: str = "") -> str:
    """Forget everything learned up to the newest version, until it is brought back; returns the state it had.

    `version_id` is the one that was seen as the newest. Raises NothingLearnedError.
    """
    return _set_newest(tx, who, ROLLED_BACK, "triage.roll_back", now, version_id)


def bring_back(tx: Tx, who: Who, now: Instant, version_id: str = "", state: str = ACTIVE) -> str:
    """Put the newest version in force, or give it back the `state` that it had; returns the one it has until now.

    Raises NothingLearnedError.
    """
    if state not in (ACTIVE, REJECTED, REJECTED_AS_WORSE, ROLLED_BACK):
        raise NothingLearnedError("A version cannot be brought into such a state; nothing was changed.")
    return _set_newest(tx, who, state, "triage.bring_back", now, version_id)


def _set_newest(tx: Tx, who: Who, state: str, act: str, now: Instant, version_id: str) -> str:
    row = workspace.newest_version(tx)
    if row is None:
        raise NothingLearnedError(
            "Nothing was learned yet: correct ratings in the inbox, then learn from them here."
        )
    if version_id and row["id"] != version_id:
        raise NothingLearnedError("There is a newer version by now; nothing was changed. Look at it first.")
    if row["state"] != state:
        tx.execute(update(learned).where(learned.c.id == row["id"]).values(state=state))
        record(tx, who, act, row["id"], now, row["state"])
    return str(row["state"])


def _shown(row: Row) -> Learned:
    return Learned(
        id=row["id"], made_at=row["made_at"], state=row["state"], figures=_figures.decode(row["figures"]),
        newest=True,
    )  # fmt: skip
