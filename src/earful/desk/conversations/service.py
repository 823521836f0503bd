"""Threading: put messages into conversations, and mend conversations when a missing link arrives."""

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from earful.desk.conversations import rules, store
from earful.model.ids import new_ids
from earful.model.message import PRIVATE, Visibility
from earful.model.time import Instant
from earful.store.tx import Tx


class Arrival(Struct, frozen=True, kw_only=True):
    """A message to be threaded."""

    message_id: str
    channel_id: str
    namespace: str
    native_id: str
    thread: str
    above: list[str]
    """Native ids of the messages above, root first, parent last."""
    visibility: Visibility


class Threaded(Struct, frozen=True, kw_only=True):
    """Where messages went."""

    conversation_of: dict[str, str]
    """message id -> conversation id."""
    private: frozenset[str]
    """Conversations in which everybody shares one case."""
    collisions: list[tuple[str, str]]
    """(kept case, other case) of one author, found in two conversations that turned out to be one."""
    moved: dict[str, str]
    """Conversations that stopped to exist -> the one that took their messages over."""


def thread(tx: Tx, arrivals: list[Arrival], now: Instant) -> Threaded:
    """Find or make the conversation of every arrival; merges what a late message connects."""
    groups: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        groups[arrival.channel_id].append(arrival)
    conversation_of: dict[str, str] = {}
    private: set[str] = set()
    collisions: list[tuple[str, str]] = []
    moved: dict[str, str] = {}
    for channel_id, group in groups.items():
        placed = _place(tx, channel_id, group)
        ids = _ensure(tx, channel_id, group, placed, now)
        for old, new in placed.merged.items():
            collisions += _merge(tx, ids, old, new, moved)
        for arrival in group:
            found, visibility = ids[placed.name_of[arrival.message_id]]
            conversation_of[arrival.message_id] = found
            if visibility in PRIVATE:
                private.add(found)
    return Threaded(
        conversation_of=conversation_of,
        private=frozenset(private),
        collisions=collisions,
        moved=moved,
    )


def _place(tx: Tx, channel_id: str, group: list[Arrival]) -> rules.Placed:
    batch = [
        rules.Threadable(
            message_id=arrival.message_id,
            key=rules.thread_key(arrival.namespace, arrival.native_id),
            thread=rules.thread_key(arrival.namespace, arrival.thread, own_thread=True)
            if arrival.thread
            else "",
            above=[rules.thread_key(arrival.namespace, above) for above in arrival.above],
        )
        for arrival in group
    ]
    above = {
        (channel_id, arrival.namespace, native_id)
        for arrival in group
        if not arrival.thread
        for native_id in arrival.above
    }
    parents = {
        rules.thread_key(row["namespace"], row["native_id"]): row["thread"]
        for row in store.ancestors(tx, above)
    }
    waiting = set(store.by_name(tx, channel_id, {message.key for message in batch}))
    return rules.place(batch, parents, waiting)


Ids = dict[str, tuple[str, Visibility]]
"""conversation name -> (id, visibility)."""


def _ensure(tx: Tx, channel_id: str, group: list[Arrival], placed: rules.Placed, now: Instant) -> Ids:
    names = set(placed.name_of.values()) | set(placed.merged) | set(placed.merged.values())
    found = store.by_name(tx, channel_id, names)
    missing: dict[str, Visibility] = {}
    for arrival in group:
        name = placed.name_of[arrival.message_id]
        if name not in found:
            missing.setdefault(name, arrival.visibility)
    rows = [
        (conversation_id, channel_id, name, visibility.value, now)
        for conversation_id, (name, visibility) in zip(
            new_ids(now, len(missing)), missing.items(), strict=True
        )
    ]
    if store.insert(tx, rows):
        found |= {name: (conversation_id, visibility) for conversation_id, _, name, visibility, _ in rows}
    else:
        found |= store.by_name(tx, channel_id, missing)
    return {name: (conversation_id, Visibility(seen)) for name, (conversation_id, seen) in found.items()}


def _merge(tx: Tx, ids: Ids, old: str, new: str, moved: dict[str, str]) -> list[tuple[str, str]]:
    """Move a conversation's messages and cases into another; authors with a case in both are collisions."""
    if old not in ids:
        return []
    (old_id, _), (new_id, _) = ids[old], ids[new]
    store.move_messages(tx, old_id, new_id)
    kept = store.cases_of(tx, new_id)
    collisions = []
    for author_id, case_id in store.cases_of(tx, old_id).items():
        if author_id in kept:
            if kept[author_id] != case_id:
                collisions.append((kept[author_id], case_id))
        else:
            store.give_case(tx, new_id, author_id, case_id)
    store.remove(tx, old_id)
    moved[old_id] = new_id
    return collisions


def private_among(tx: Tx, conversation_ids: Iterable[str]) -> frozenset[str]:
    """Those of the conversations in which everybody shares one case."""
    return frozenset(
        row["id"] for row in store.by_ids(tx, conversation_ids) if Visibility(row["visibility"]) in PRIVATE
    )


def open_named(tx: Tx, channel_id: str, thread: str, visibility: Visibility, now: Instant) -> str:
    """The conversation of a thread that its channel names itself, made when it is not there yet."""
    name = rules.thread_key("", thread, own_thread=True)
    store.insert(tx, [(new_ids(now, 1)[0], channel_id, name, visibility.value, now)])
    return store.by_name(tx, channel_id, [name])[name][0]


def give_case(tx: Tx, conversation_id: str, case_id: str) -> None:
    """Let a private conversation go on in a case, unless it has one."""
    store.give_case(tx, conversation_id, "", case_id)
