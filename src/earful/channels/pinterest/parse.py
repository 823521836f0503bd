"""Pins as posts of ours, with their counts."""

from typing import Any

from earful.channels.kit.loose import mapping, moment, number, word
from earful.model.message import Actor, Attachment, Direction, IncomingMessage, MessageKind, Visibility

PINTEREST = "pinterest"
COUNTS = {
    "impression": "views", "reaction": "likes", "comment": "replies", "save": "saves", "pin_click": "clicks",
    "clickthrough": "link_clicks",
}  # fmt: skip
"""Pinterest's names of what it counts, and ours."""
SIZES = ("600x", "400x300", "1200x", "150x150")


def pin(raw: dict[str, Any], username: str) -> IncomingMessage | None:
    """A pin; None when it has no id or time. It counts as history: it is shown, and starts nothing."""
    native_id, at = word(raw, "id"), moment(raw.get("created_at"))
    if not native_id or at is None:
        return None
    text = "\n\n".join(one for one in (word(raw, "title"), word(raw, "description")) if one)
    images = mapping(raw, "media", "images")
    url = next((found for size in SIZES if (found := word(images, size, "url"))), "")
    return IncomingMessage(
        native_id=native_id,
        namespace=PINTEREST,
        occurred_at=at,
        author=Actor(native_id=username, handle=username),
        direction=Direction.OUTBOUND,
        kind=MessageKind.POST,
        visibility=Visibility.PUBLIC,
        text=text or word(raw, "alt_text"),
        attachments=[Attachment(kind="image", url=url[:4_000])] if url.startswith("https://") else [],
        metrics=counts(raw),
        permalink=f"https://www.pinterest.com/pin/{native_id}/",
        backfill=True,
    )


def counts(raw: dict[str, Any]) -> dict[str, int]:
    """What Pinterest counted since the pin was made, where it tells that; of the last 90 days otherwise."""
    told = mapping(raw, "pin_metrics", "lifetime_metrics") or mapping(raw, "pin_metrics", "all_time")
    told = told or mapping(raw, "pin_metrics", "90d")
    found = {ours: number(told, theirs) for theirs, ours in COUNTS.items()}
    return {name: count for name, count in found.items() if count is not None}
