"""Which conversation a message belongs to. Pure; the same for any order of arrival.

A conversation is keyed by the highest ancestor that is known by name. When a missing link arrives later, the
conversation that waited under its name is merged into the one above (after JWZ, "message threading").
"""

from collections.abc import Mapping

from msgspec import Struct


class Threadable(Struct, frozen=True, kw_only=True):
    """What threading needs to know of a message. Ids are `thread_key`s."""

    message_id: str
    key: str
    thread: str
    """The network's own thread, as a key of its own kind; empty when it has none."""
    above: list[str]
    """Keys of the messages above, root first, parent last."""


def thread_key(namespace: str, native_id: str, *, own_thread: bool = False) -> str:
    """A conversation's name within its channel. Threads and messages do not share names."""
    mark = "thread:" if own_thread else ""
    return f"{mark}{namespace}|{native_id}"


class Placed(Struct, frozen=True, kw_only=True):
    """Where a batch of messages goes: conversations by name, and names that turned out to be the same."""

    name_of: dict[str, str]
    """message id -> conversation name."""
    merged: dict[str, str]
    """name that stops to exist -> name that it joins."""


def place(batch: list[Threadable], parents: Mapping[str, str], waiting: frozenset[str] | set[str]) -> Placed:
    """Find a name for every message.

    `parents` maps the key of each stored ancestor to the name of its conversation; `waiting` holds the names
    of stored conversations that equal the key of a message in the batch: their replies came first.
    """
    merged: dict[str, str] = {}
    name_by_key = dict(parents)
    used: set[str] = set(waiting)
    name_of: dict[str, str] = {}

    def final(name: str) -> str:
        while name in merged:
            name = merged[name]
        return name

    for message in batch:
        name = message.thread or _name(message, name_by_key)
        name = final(name)
        if message.key in used and final(message.key) != name:
            merged[final(message.key)] = name
        used.add(name)
        name_by_key[message.key] = name
        name_of[message.message_id] = name
    return Placed(
        name_of={message_id: final(name) for message_id, name in name_of.items()},
        merged={old: final(new) for old, new in merged.items()},
    )


def _name(message: Threadable, name_by_key: Mapping[str, str]) -> str:
    for above in reversed(message.above):
        known = name_by_key.get(above)
        if known is not None:
            return known
    return message.above[0] if message.above else message.key
