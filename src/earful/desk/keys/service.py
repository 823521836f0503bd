"""Keys of one's own: kept for each colleague, the same in every browser."""

from msgspec.structs import replace

from earful.desk import settings as kept
from earful.desk.keys import rules
from earful.desk.keys.rules import OwnKeys
from earful.model.time import Instant
from earful.store.audit import Who
from earful.store.tx import Tx


class RefusedError(ValueError):
    """The keys cannot be used; the message says why."""


def of(tx: Tx, user_id: str) -> OwnKeys:
    """What a colleague changed."""
    return kept.in_force(tx, f"keys:{user_id}", OwnKeys)


def change(tx: Tx, who: Who, command: str, typed: str, now: Instant) -> int:
    """Give a command other keys; empty for none. Returns the place of what was before. Raises RefusedError."""
    own, keys = of(tx, who.id), rules.read(typed)
    problem = rules.problem(own, command, keys)
    if problem:
        raise RefusedError(f"{problem} Nothing was changed.")
    return _keep(tx, who, rules.changed(own, command, keys), now)


def reset(tx: Tx, who: Who, command: str, now: Instant) -> int:
    """Give a command back the keys that it came with; empty: all of them. Raises RefusedError when they are taken."""
    own = of(tx, who.id)
    if not command:
        return _keep(tx, who, replace(own, keys={}), now)
    return change(tx, who, command, rules.STANDARD.get(command, ""), now)


def letters(tx: Tx, who: Who, now: Instant, *, on: bool) -> int:
    """Turn single letters on or off."""
    return _keep(tx, who, replace(of(tx, who.id), letters=on), now)


def take_back(tx: Tx, who: Who, place: int, now: Instant) -> None:
    """Undo. Raises RefusedError."""
    if not kept.restore(tx, who, f"keys:{who.id}", OwnKeys, place, now):
        raise RefusedError("There were no such keys; nothing was changed.")


def _keep(tx: Tx, who: Who, own: OwnKeys, now: Instant) -> int:
    return kept.keep(tx, who, f"keys:{who.id}", own, now)[1]
