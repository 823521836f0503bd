"""Which posts of the whole network concern us: the quick look never loses what a proper one would take."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.bluesky.watch import Watch, frame_of, record_of

ME = "did:plc:brewline"
WATCH = Watch(["Brewline", "Café Süß", "brew line"], ME)
WORDS = st.sampled_from(
    ["Brewline", "BREWLINE", "brewline", "Café Süß", "CAFÉ SÜSS", "café süß", "brew line", "tea"]
)


def frame(record: dict[str, object], *, ascii_only: bool = False, **more: object) -> bytes:
    payload = {"$type": "#commit", "did": "did:plc:ana", "operation": "create", "record": record} | more
    return json.dumps({"$type": "message", "payload": payload}, ensure_ascii=ascii_only).encode()


@given(st.text(max_size=30), WORDS, st.text(max_size=30), st.booleans())
def test_the_quick_look_loses_nothing(before: str, word: str, after: str, ascii_only: bool) -> None:
    raw = frame({"text": f"{before} {word} {after}"}, ascii_only=ascii_only)
    read = record_of(frame_of(raw).payload.record)
    if WATCH.why(read, "did:plc:ana"):
        assert WATCH.may_concern(raw)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"text": "My Brewline leaks"}, "word"),
        ({"text": "brewline!"}, "word"),
        ({"text": "Brewlines of others"}, ""),
        ({"text": "im Café Süß"}, "word"),
        ({"text": "tea"}, ""),
        ({"text": "here", "facets": [{"features": [{"uri": "https://shop.test/brewline"}]}]}, "word"),
        ({"text": "you", "facets": [{"features": [{"did": ME}]}]}, "mention"),
        (
            {"text": "no", "reply": {"parent": {"uri": f"at://{ME}/app.bsky.feed.post/3k", "cid": "c"}}},
            "reply",
        ),
        ({"text": "look", "embed": {"record": {"uri": f"at://{ME}/app.bsky.feed.post/3k"}}}, "quote"),
        ({"text": 5, "facets": "none", "reply": [], "embed": 7}, ""),
    ],
)
def test_why_a_post_concerns_us(record: dict[str, object], why: str) -> None:
    assert WATCH.why(record, "did:plc:ana") == why
    if why:
        assert WATCH.may_concern(frame(record))


def test_deletions_are_looked_at_and_chatter_is_not() -> None:
    assert WATCH.may_concern(frame({}, operation="delete"))
    assert not WATCH.may_concern(frame({"text": "Good morning, world"}))
