"""No message can stop the desk: whatever passes the door is rated, threaded, searchable and shown, on both stores."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from earful.intake import wire
from earful.model.message import Change, Direction, MessageKind, Visibility
from earful.store.tables import messages
from tests.conftest import Desk, write

NAMES = st.one_of(
    st.sampled_from(
        ["a", "b", "c", "x\x00y", "|", "thread:", "a" * 998, "\U0001f4a5" * 300, "<x@y>", " ", "'", "%", "\\"]
    ),
    st.text(min_size=1, max_size=12),
)
WORDS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", "\x00", "\u202e", "𐀀" * 9, "a" * 20_001, "' OR 1=1 --", "w" * 3_000]),
)
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2026, 11, 22), timezones=st.just(UTC))  # noqa: DTZ001 - zones are added
COUNTS = st.one_of(st.integers(0, 10), st.sampled_from([2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**30]))


def said() -> st.SearchStrategy[dict[str, Any]]:
    author = st.fixed_dictionaries(
        {"native_id": NAMES},
        optional={
            "name": WORDS,
            "handle": WORDS.map(lambda text: text[:900]),
            "followers": COUNTS,
            "bot": st.booleans(),
        },
    )
    return st.fixed_dictionaries(
        {"native_id": NAMES, "occurred_at": TIMES.map(lambda at: at.isoformat()), "author": author},
        optional={
            "text": WORDS,
            "html": WORDS,
            "subject": WORDS.map(lambda text: text[:900]),
            "namespace": NAMES,
            "thread": NAMES,
            "parent_id": NAMES,
            "ancestor_ids": st.lists(NAMES, max_size=4),
            "quoted_id": NAMES,
            "kind": st.sampled_from(list(MessageKind)),
            "direction": st.sampled_from(list(Direction)),
            "visibility": st.sampled_from(list(Visibility)),
            "change": st.sampled_from(list(Change)),
            "edited_at": TIMES.map(lambda at: at.isoformat()),
            "revision": NAMES,
            "language": NAMES,
            "metrics": st.dictionaries(NAMES, COUNTS, max_size=3),
            "permalink": WORDS,
            "attachments": st.lists(
                st.fixed_dictionaries({"url": WORDS, "size": COUNTS, "alt": WORDS}), max_size=2
            ),
            "recipients": st.lists(author, max_size=2),
            "client_id": NAMES,
            "context": st.dictionaries(WORDS, WORDS, max_size=2),
            "backfill": st.booleans(),
        },
    )


@given(st.lists(said(), min_size=1, max_size=6), st.booleans())
@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)  # fmt: skip
def test_whatever_passes_the_door_goes_all_the_way(
    desk: Desk, batch: list[dict[str, Any]], together: bool
) -> None:
    read = wire.read(json.dumps(batch).encode(), desk.now)
    if together and read.messages:
        desk.receive(*read.messages)
    for one in [] if together else read.messages:
        desk.receive(one)
    desk.settle()
    behind = (
        select(func.count())
        .select_from(messages)
        .where(messages.c.conversation_id.is_(None), messages.c.deleted_at.is_(None))
    )
    assert desk.store.read_now(lambda tx: tx.value(behind)) == 0
    desk.receive(write("after", "still working"))
