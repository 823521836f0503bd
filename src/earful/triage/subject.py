"""What triage is given: one message as a plain value, and the brand it may be about."""

from msgspec import Struct

from earful.model.message import PRIVATE

# Plain strings: hashing an enum's member is Python code, and this is asked of every message.
_PRIVATE = frozenset(value.value for value in PRIVATE)


class Subject(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message to rate. Any text is accepted: empty, huge, with NUL or lone surrogates."""

    text: str
    network: str = ""
    visibility: str = "public"
    """A value of `Visibility`; what is not known counts as public."""
    author_handle: str = ""
    followers: int | None = None
    reactions: dict[str, int] = {}
    """Counts as the network gave them: likes, replies, reposts, quotes, views. Other keys are ignored."""
    age_ms: int = 0
    """Time since writing, in milliseconds; negative counts as zero."""
    language: str = ""
    """BCP 47 hint of the network; it decides only when the words do not."""
    addressed: bool = False
    """A mention of us, a reply to us, a direct message or a mail to us."""
    in_reply_to_us: bool = False

    @property
    def private(self) -> bool:
        """True when nobody but the author and chosen people can see it."""
        return self.visibility in _PRIVATE


class Brand(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who we are, for relevance. All lists are case-blind; handles with or without the leading @."""

    names: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    words_that_fool: tuple[str, ...] = ()
    """Words that show that our name stands in another sense: `pie` for a brand named Apple."""
    campaigns: tuple[str, ...] = ()
    """Slogans and hashtags of campaigns: whoever uses one speaks of us."""
    competitors: tuple[str, ...] = ()
    """Names of others: a message about them is not about us."""
    domains: tuple[str, ...] = ()
    """Our own domains: links there are links to us."""


def words_of(subject: str, text: str) -> str:
    """A message as it is rated, learned from and compared: a mail's subject is its first line."""
    return f"{subject}\n{text}" if subject else text
