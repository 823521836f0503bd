"""Which of all posts of the network concern us: decided on the raw frame first, for nearly none of them does."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from earful.channels.bluesky.records import POST, reference
from earful.channels.kit.loose import mapping, members, word

_ALWAYS = (b'"operation":"delete"', b'"operation": "delete"', b'#info"', b'"error"')
"""Signs of frames that are read whatever words are watched for."""


class Commit(msgspec.Struct, gc=False):
    """One change of a record, as Jetstream tells it (lexicon `network.bsky.jetstream.subscribeEvents`)."""

    did: str = ""
    time: str = ""
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    cid: str = ""
    record: msgspec.Raw = msgspec.Raw(b"{}")
    type: str = msgspec.field(name="$type", default="")
    name: str = ""
    message: str = ""

    @property
    def uri(self) -> str:
        """The at-uri of the record."""
        return f"at://{self.did}/{self.collection}/{self.rkey}"


class Frame(msgspec.Struct, gc=False):
    """What comes over the socket."""

    payload: Commit = msgspec.field(default_factory=Commit)
    type: str = msgspec.field(name="$type", default="")


frame_of = msgspec.json.Decoder(Frame).decode
record_of = msgspec.json.Decoder(dict[str, Any]).decode


class Watch:
    """Words and an account to look for. `words` may be phrases; case does not matter, and letters next to a word do."""

    def __init__(self, words: Sequence[str], did: str) -> None:
        self._did = did
        wanted = [one.strip() for one in words if one.strip()]
        whole = "|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in wanted)
        self._words = re.compile(whole or r"(?!)", re.IGNORECASE)
        spellings = {form for one in wanted for form in (one, one.lower(), one.upper(), one.title())}
        words_ = {raw.lower() for form in spellings for raw in _in_json(form)}
        # What is looked for in the bytes of a frame, without regard to case: a search for each costs a tenth of one
        # pattern for all.
        self._signs = (did.lower().encode(), *_ALWAYS, *sorted(words_))

    def may_concern(self, frame: bytes) -> bool:
        """Whether it is worth reading."""
        lower = frame.lower()
        return any(sign in lower for sign in self._signs)

    def why(self, record: dict[str, Any], author: str) -> str:
        """Why a post concerns us: `mention`, `reply`, `quote` or `word`; empty when it does not."""
        if author == self._did:
            return "own"
        features = [one for facet in members(record, "facets") for one in members(facet, "features")]
        if any(word(one, "did") == self._did for one in features):
            return "mention"
        ours = f"at://{self._did}/"
        answered = [reference(mapping(record, "reply", one)).get("uri", "") for one in ("parent", "root")]
        if any(one.startswith(ours) for one in answered):
            return "reply"
        embed = mapping(record, "embed")
        quoted = word(embed, "record", "uri") or word(embed, "record", "record", "uri")
        if quoted.startswith(ours):
            return "quote"
        told = [word(record, "text"), *(word(one, "uri") for one in features), word(embed, "external", "uri")]
        return "word" if any(self._words.search(one) for one in told) else ""


def _in_json(text: str) -> set[bytes]:
    """How a text may be written inside JSON: as it is, or with escapes for what is not ASCII."""
    return {text.encode(), msgspec.json.encode(text)[1:-1], _escaped(text)}


def _escaped(text: str) -> bytes:
    units = text.encode("utf-16-be")
    pairs = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return b"".join(bytes([one]) if 32 <= one < 127 else b"\\u%04x" % one for one in pairs)


def is_post(commit: Commit) -> bool:
    """Whether a change is one of a post."""
    return commit.collection == POST and bool(commit.did) and bool(commit.rkey)
