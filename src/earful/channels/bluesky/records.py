"""What Bluesky keeps in records: keys that have a time in them, and marks in a text counted in bytes of UTF-8."""

import hashlib
import re
from typing import Any

from earful.channels.kit.loose import mapping, members, number, word
from earful.channels.kit.text import URL
from earful.model.time import DAY

POST = "app.bsky.feed.post"
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_UUID7 = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_TAG = re.compile(r"(?<![\w/&])#(\w*[^\W\d_]\w*)")
_FIRST = 1_704_067_200_000
"""2024-01-01: where keys of replies begin whose id has no time in it."""


def tid(microseconds: int, clock: int) -> str:
    """A record key (TID): 53 bits of time and 10 of a clock's number, sortable."""
    value = (microseconds & (2**53 - 1)) << 10 | (clock & 1023)
    return "".join(_LETTERS[value >> shift & 31] for shift in range(60, -1, -5))


def key_of(client_id: str) -> str:
    """The record key of a reply of ours: always the same for the same reply, so that a resend changes nothing."""
    digest = int.from_bytes(hashlib.sha256(client_id.encode()).digest()[:8], "big")
    stamp = _UUID7.search(client_id.lower())
    at = int(stamp.group(1) + stamp.group(2), 16) if stamp else _FIRST + digest % (365 * DAY)
    return tid(at * 1000 + (digest >> 10) % 1000, digest & 1023)


def parts_of(uri: str) -> tuple[str, str, str]:
    """Repository, collection and key of an at-uri; empty ones when it is none."""
    found = uri.removeprefix("at://").split("/") if uri.startswith("at://") else []
    return (found[0], found[1], found[2]) if len(found) == 3 and all(found) else ("", "", "")


def facets(text: str, known: dict[str, str]) -> list[dict[str, Any]]:
    """Links, tags and mentions in a text. `known` has the accounts by handle that may be mentioned."""
    found: list[tuple[int, int, dict[str, str]]] = []
    for link in URL.finditer(text):
        end = link.start() + len(link.group().rstrip(".,;:!?)"))
        feature = {"$type": "app.bsky.richtext.facet#link", "uri": text[link.start() : end]}
        found.append((link.start(), end, feature))
    found += [
        (*tag.span(), {"$type": "app.bsky.richtext.facet#tag", "tag": tag.group(1)[:64]})
        for tag in _TAG.finditer(text)
    ]
    found += [
        (*name.span(), {"$type": "app.bsky.richtext.facet#mention", "did": did})
        for handle, did in known.items()
        for name in re.finditer(rf"(?<![\w@.])@{re.escape(handle)}(?![\w-])", text, re.IGNORECASE)
    ]
    taken = 0
    facets_: list[dict[str, Any]] = []
    for start, end, feature in sorted(found, key=lambda one: one[:2]):
        if start < taken:
            continue
        taken = end
        index = {"byteStart": len(text[:start].encode()), "byteEnd": len(text[:end].encode())}
        facets_.append({"index": index, "features": [feature]})
    return facets_


def with_links(text: str, marks: list[dict[str, Any]]) -> str:
    """A text with its links as they lead: apps shorten them."""
    raw = text.encode("utf-8", "surrogatepass")
    links = []
    for one in marks:
        uri = next((word(each, "uri") for each in members(one, "features") if word(each, "uri")), "")
        start, end = number(one, "index", "byteStart"), number(one, "index", "byteEnd")
        if uri.startswith(("https://", "http://")) and start is not None and end is not None:
            links.append((start, end, uri))
    for start, end, uri in sorted(links, reverse=True):
        shown = raw[start:end].decode("utf-8", "replace")
        if 0 <= start < end <= len(raw) and shown != uri:
            words = (
                uri
                if uri.removeprefix("https://").startswith(shown.rstrip(".…")[:20])
                else f"{shown} ({uri})"
            )
            raw = raw[:start] + words.encode() + raw[end:]
    return raw.decode("utf-8", "replace")


def reference(value: Any) -> dict[str, str]:
    """A strong reference as it is, or empty."""
    found = mapping(value)
    uri, cid = word(found, "uri"), word(found, "cid")
    return {"uri": uri, "cid": cid} if uri and cid else {}
