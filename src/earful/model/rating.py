"""What triage says of a message, with reasons. Values are defined in `docs/reference/labels.md`."""

from msgspec import Struct

UNSURE = "unsure"
"""The label of a head that has no trustworthy answer."""

KINDS = ("complaint", "question", "request", "praise", "suggestion", "other")
SENTIMENTS = ("negative", "neutral", "positive")
TOPICS = (
    "delivery", "billing", "defect", "staff", "app_or_site", "outage",
    "returns", "account_access", "price", "safety", "other",
)  # fmt: skip
URGENCIES = ("none", "soon", "now")
WANTS = ("help", "answer", "heard", "nothing")
TRIED_CHANNELS = ("phone", "email", "chat", "store", "social", "website", "other")
ABUSES = ("threat", "hate", "spam", "bot", "copypasta")
PII_TYPES = ("card", "iban", "phone", "email", "address", "order_number", "id_number", "account_number")

Span = tuple[int, int]
"""Half-open offsets into the text, in Unicode code points."""


class TriedBefore(Struct, frozen=True, gc=False):
    """A channel that already failed the author, and the words that say so."""

    channel: str
    span: Span


class Pii(Struct, frozen=True, gc=False):
    """Private data found in the text."""

    type: str
    span: Span


class Reason(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Why a field has its value, in words a person can check.

    `words` is what was matched (and `span` where), `weight` how far it pushed: for a label its share of the
    score, for `priority` the points it added.
    """

    field: str
    because: str
    words: str = ""
    span: Span | None = None
    weight: float = 0.0


class Rating(Struct, frozen=True, kw_only=True, gc=False):
    """The whole rating of one message. Probabilities, `relevance`, `churn_risk` and confidences: 0-1."""

    relevance: float
    kind: str
    kind_p: dict[str, float]
    sentiment: str
    sentiment_p: dict[str, float]
    topic: str
    severity: int
    """0 none to 4 safety, legal or security."""
    urgency: str
    wants: str
    tried_before: list[TriedBefore]
    churn_risk: float
    abuse: list[str]
    pii: list[Pii]
    language: str
    """BCP 47, or `und`."""
    reach: float
    """Expected audience in people; `reach_tier` is its order of magnitude in words."""
    reach_tier: str
    priority: int
    """0-100: the sum of the weights of the reasons whose field is `priority`."""
    confidence: dict[str, float]
    reasons: list[Reason]
    model: str
    """Name and version of what rated, e.g. `rules-1`."""
