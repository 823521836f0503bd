"""Identifiers: UUIDv7 (RFC 9562) as text inside Earful, native ids exactly as the network wrote them."""

import os
from typing import NewType

from earful.model.time import Instant

ChannelId = NewType("ChannelId", str)
DeliveryId = NewType("DeliveryId", str)
MessageId = NewType("MessageId", str)
AuthorId = NewType("AuthorId", str)
PersonId = NewType("PersonId", str)
ConversationId = NewType("ConversationId", str)
CaseId = NewType("CaseId", str)
OutboxId = NewType("OutboxId", str)
UserId = NewType("UserId", str)


def new_id(now: Instant) -> str:
    """A UUIDv7: 48 bits of `now` in milliseconds, then 74 random bits, as 36 characters."""
    return new_ids(now, 1)[0]


def new_ids(now: Instant, count: int) -> list[str]:
    """`count` UUIDv7 of one instant, from a single draw of randomness."""
    stamp = f"{now & 0xFFFFFFFFFFFF:012x}"
    head = f"{stamp[:8]}-{stamp[8:]}-7"
    noise = os.urandom(10 * count).hex()
    ids = []
    for start in range(0, 20 * count, 20):
        piece = noise[start : start + 20]
        variant = "89ab"[int(piece[3], 16) & 3]
        ids.append(f"{head}{piece[:3]}-{variant}{piece[4:7]}-{piece[7:19]}")
    return ids
