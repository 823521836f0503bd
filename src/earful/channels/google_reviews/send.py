"""The reply to a review: there is one, so the same again changes nothing."""

from msgspec import Struct

from earful.channels.contract import Reply, SendRefused
from earful.channels.google_reviews.limits import CAPABILITIES
from earful.channels.google_reviews.parse import GOOGLE
from earful.channels.kit.html import scrub
from earful.channels.kit.text import count
from earful.model.message import Visibility


class Composed(Struct, frozen=True, kw_only=True):
    """A reply to a review of a location."""

    location: str
    review: str
    text: str

    @property
    def path(self) -> str:
        """The review below its account."""
        return f"locations/{self.location}/reviews/{self.review}"


def compose(reply: Reply) -> Composed:
    """What is to be said. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    if reply.audience is not Visibility.PUBLIC or reply.to.visibility is not Visibility.PUBLIC:
        raise SendRefused("Reviews are public, and so are the replies to them; nothing was sent.")
    location, _, review = reply.to.native_id.removesuffix("/reply").partition("/")
    if reply.to.namespace != GOOGLE or not location.isdigit() or not review or "/" in review:
        raise SendRefused("This is no review at Google; nothing was sent.")
    text = scrub(reply.text).strip()
    if not text:
        raise SendRefused("The reply has no text; nothing was sent.")
    length = count(text, CAPABILITIES.counter)
    if CAPABILITIES.max_length is not None and length > CAPABILITIES.max_length:
        raise SendRefused(f"The reply is {length} bytes long, Google allows 4,096; nothing was sent.")
    return Composed(location=location, review=review, text=text)
