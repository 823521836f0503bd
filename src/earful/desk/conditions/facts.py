"""What conditions are tested on: one flat record for a message or a case."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

NO_SET: frozenset[str] = frozenset()
NO_ENDS: Mapping[str, float] = MappingProxyType({})


class Facts(Struct, frozen=True, kw_only=True, gc=False):
    """The values of every field; None (for sets: empty) where one is missing. Instants are milliseconds UTC.

    At the time of a message, `message_*`, `rating_*`, `author_*` and `conversation_*` are those of that message. Of a
    case they are those of the newest thing that its customer said and did not delete, automatic messages aside: it
    is what an answer would answer, and what an agent sees first.
    """

    message_text: str | None = None
    message_subject: str | None = None
    message_network: str | None = None
    message_channel: str | None = None
    message_visibility: str | None = None
    message_kind: str | None = None
    message_direction: str | None = None
    message_language: str | None = None
    message_occurred_at: int | None = None
    rating_relevance: float | None = None
    rating_kind: str | None = None
    rating_sentiment: str | None = None
    rating_topic: str | None = None
    rating_severity: int | None = None
    rating_urgency: str | None = None
    rating_wants: str | None = None
    rating_tried_before: frozenset[str] = NO_SET
    rating_churn_risk: float | None = None
    rating_abuse: frozenset[str] = NO_SET
    rating_pii: frozenset[str] = NO_SET
    rating_reach_tier: str | None = None
    rating_priority: int | None = None
    author_handle: str | None = None
    author_name: str | None = None
    author_network: str | None = None
    author_followers: int | None = None
    author_first_seen_at: int | None = None
    person_name: str | None = None
    person_cases: int | None = None
    person_authors: int | None = None
    person_flags: Mapping[str, float] = NO_ENDS
    """Flag -> until when it counts (exclusive), `FOR_EVER` where it has no end."""
    conversation_visibility: str | None = None
    case_id: str | None = None
    case_number: int | None = None
    case_title: str | None = None
    case_status: str | None = None
    case_outcome: str | None = None
    case_assignee: str | None = None
    case_queue: str | None = None
    case_tags: frozenset[str] = NO_SET
    case_network: str | None = None
    case_channel: str | None = None
    case_kind: str | None = None
    case_topic: str | None = None
    case_sentiment: str | None = None
    case_severity: int | None = None
    case_priority: int | None = None
    case_reach_tier: str | None = None
    case_tried_before: frozenset[str] = NO_SET
    case_message_count: int | None = None
    case_opened_at: int | None = None
    case_last_message_at: int | None = None
    case_last_direction: str | None = None
    case_awaiting_since: int | None = None
    case_snoozed_until: int | None = None
    case_closed_at: int | None = None
    case_unanswered: bool | None = None
