"""What we posted ourselves, with the counts that its network told last: for channels that have nothing else."""

import msgspec
from msgspec import Struct

from earful.intake import store
from earful.store.tx import Tx

SHOWN = 50
COUNTS = ("views", "likes", "replies", "reposts", "saves", "clicks", "link_clicks")
"""In the order in which they are shown."""


class _Extras(Struct):
    metrics: dict[str, int] = {}
    permalink: str = ""


class Post(Struct, frozen=True, kw_only=True):
    """One post of ours."""

    text: str
    at: int
    link: str
    counts: dict[str, int]


class Posts(Struct, frozen=True, kw_only=True):
    """The newest of a channel."""

    columns: list[str]
    """The counts that at least one of them has."""
    posts: list[Post]


_extras = msgspec.json.Decoder(_Extras)


def posts(tx: Tx, channel_id: str) -> Posts:
    """The newest posts of ours on a channel."""
    found = []
    for row in store.own_posts(tx, channel_id, SHOWN):
        extras = _extras.decode(row["data"])
        found.append(
            Post(text=row["text"], at=row["occurred_at"], link=extras.permalink, counts=extras.metrics)
        )
    told = {name for one in found for name in one.counts}
    return Posts(columns=[name for name in COUNTS if name in told], posts=found)
