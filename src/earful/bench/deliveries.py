"""Deliveries as networks sign and send them, made before any clock starts."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from earful.bench.texts import text_of
from earful.channels.facebook.settings import FacebookSettings
from earful.channels.kit.macs import base64_mac, hex_mac
from earful.channels.meta.hook import HEADER as META_HEADER
from earful.channels.x.hook import HEADER as X_HEADER
from earful.channels.x.settings import XSettings
from earful.model.message import Network
from earful.model.time import Instant, rfc3339

ACCOUNT, SECRET = "9000", "bench-app-secret"
NOWHERE = "http://127.0.0.1:9"
"""Where the connectors look for the network: nobody listens there."""
AUTHORS = 20_000
START = 1_795_000_000_000


class Shape(Struct, frozen=True, kw_only=True):
    """One network's deliveries."""

    network: Network
    per_delivery: int
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    make: Callable[[random.Random, int, int], tuple[bytes, dict[str, str]]]
    """Dice, number of the first message, how many -> body and headers."""


def _x(dice: random.Random, first: int, _many: int) -> tuple[bytes, dict[str, str]]:
    author = str(10_000 + int(AUTHORS * dice.random() ** 2))
    text = f"@brewline {text_of(dice)}"
    post = {
        "id": str(1_900_000_000_000_000_000 + first), "text": text, "author_id": author,
        "conversation_id": str(1_900_000_000_000_000_000 + first), "lang": "en",
        "created_at": rfc3339(Instant(START + first)),
        "edit_history_tweet_ids": [str(1_900_000_000_000_000_000 + first)],
        "entities": {"mentions": [{"start": 0, "end": 9, "username": "brewline", "id": ACCOUNT}]},
        "public_metrics": {"like_count": dice.randrange(5), "reply_count": 0, "retweet_count": 0, "quote_count": 0},
    }  # fmt: skip
    user = {
        "id": author, "username": f"customer_{author}", "name": f"Customer {author}",
        "public_metrics": {"followers_count": dice.randrange(2_000)},
    }  # fmt: skip
    event = {
        "event_uuid": str(first), "filter": {"user_id": ACCOUNT}, "event_type": "post.mention.create",
        "tag": "", "payload": post, "includes": {"users": [user]},
    }  # fmt: skip
    body = msgspec.json.encode({"data": event})
    return body, {X_HEADER: f"sha256={base64_mac(SECRET, body)}"}


def _meta(dice: random.Random, first: int, many: int) -> tuple[bytes, dict[str, str]]:
    def change(number: int) -> dict[str, Any]:
        author = str(10_000 + int(AUTHORS * dice.random() ** 2))
        value = {
            "item": "comment", "verb": "add", "comment_id": f"500_{number}", "post_id": f"{ACCOUNT}_500",
            "parent_id": f"{ACCOUNT}_500", "from": {"id": author, "name": f"Customer {author}"},
            "message": text_of(dice), "created_time": START // 1000 + number,
        }  # fmt: skip
        return {"field": "feed", "value": value}

    changes = [change(number) for number in range(first, first + many)]
    entry = {"id": ACCOUNT, "time": START // 1000, "changes": changes}
    body = msgspec.json.encode({"object": "page", "entry": [entry]})
    return body, {META_HEADER.lower(): f"sha256={hex_mac(SECRET, body)}"}


_META_SECRETS = {"app_secret": SECRET, "verify_token": "bench-verify-token", "access_token": "t"}
SHAPES = {
    "X, one in a delivery": Shape(
        network=Network.X, per_delivery=1, make=_x,
        settings=msgspec.to_builtins(XSettings(user_id=ACCOUNT, api=NOWHERE)),
        secrets={"consumer_secret": SECRET, "bearer_token": "b", "access_token": "t"},
    ),
    "Meta, 50 in a delivery": Shape(
        network=Network.FACEBOOK, per_delivery=50, make=_meta, secrets=_META_SECRETS,
        settings=msgspec.to_builtins(FacebookSettings(page_id=ACCOUNT, api=NOWHERE)),
    ),
    "Meta, one in a delivery": Shape(
        network=Network.FACEBOOK, per_delivery=1, make=_meta, secrets=_META_SECRETS,
        settings=msgspec.to_builtins(FacebookSettings(page_id=ACCOUNT, api=NOWHERE)),
    ),
}  # fmt: skip


def made(name: str, requests: int, *, first: int = 0, seed: int = 1) -> list[tuple[bytes, dict[str, str]]]:
    """(body, headers) of each delivery of a shape."""
    shape, dice = SHAPES[name], random.Random(seed)  # noqa: S311 - the same messages each time
    return [
        shape.make(dice, first + number * shape.per_delivery, shape.per_delivery)
        for number in range(requests)
    ]
