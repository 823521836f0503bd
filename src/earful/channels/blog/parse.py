"""Comments of WordPress and of isso as messages. Other versions answer in other shapes: no comment raises."""

import hmac
import html
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import msgspec

from earful.channels.kit.api import NotJson
from earful.channels.kit.html import sanitise, scrub, to_text
from earful.channels.kit.loose import mapping, members, moment, number, word
from earful.channels.kit.macs import hex_mac
from earful.model.message import Actor, Direction, IncomingMessage, MessageKind

APPROVED, HELD = "approved", "hold"
STANDING = frozenset({APPROVED, HELD})
SOFT_DELETED = 4
_LONGEST = 200_000


def listed(raw: bytes) -> list[dict[str, Any]]:
    """The objects of a list. Raises NotJson for anything else: an error page must not read as an empty blog."""
    try:
        found = msgspec.json.decode(raw)
    except msgspec.MsgspecError as fault:
        raise NotJson(f"The answer is no JSON: {str(fault)[:100]}") from None
    if not isinstance(found, list):
        raise NotJson("The answer is no list of comments.")
    return [one for one in found if isinstance(one, dict)]


def wordpress(raw: dict[str, Any], namespace: str, us: str) -> IncomingMessage | None:
    """A comment of WordPress; None for spam, the trash, and without an id or time."""
    native_id, at = word(raw, "id"), moment(raw.get("date_gmt"))
    if not native_id or at is None or (word(raw, "status") or APPROVED) not in STANDING:
        return None
    parent, user = word(raw, "parent"), word(raw, "author")
    answers = parent not in ("", "0")
    raw_html = word(raw, "content", "raw")[:_LONGEST]
    rendered = word(raw, "content", "rendered")[:_LONGEST]
    return IncomingMessage(
        native_id=native_id[:998],
        namespace=namespace,
        occurred_at=at,
        author=_commenter(raw, native_id, user),
        direction=Direction.OUTBOUND if us and user == us else Direction.INBOUND,
        kind=MessageKind.REPLY if answers else MessageKind.COMMENT,
        # What is shown has its quotes and dashes made typographic; what was written has not.
        text=to_text(raw_html.replace("\r\n", "\n").replace("\n", "<br>") or rendered),
        html=sanitise(rendered),
        parent_id=parent[:998] if answers else "",
        permalink=_link(word(raw, "link")),
        context={"post": number(raw, "post") or 0},
    )


def _commenter(raw: dict[str, Any], comment: str, user: str) -> Actor:
    """A user of the blog, or whoever left an address; without one each comment has an author of its own."""
    name = scrub(html.unescape(word(raw, "author_name"))).strip()[:1_000]
    mail = scrub(word(raw, "author_email")).strip().casefold()[:320]
    known = f"user:{user}" if user not in ("", "0") else f"mail:{mail}" if mail else f"comment:{comment}"
    pictures = sorted((int(size), url) for size, url in mapping(raw, "author_avatar_urls").items()
                      if size.isascii() and size.isdecimal() and len(size) < 6 and isinstance(url, str))  # fmt: skip
    return Actor(
        native_id=known[:998],
        name=name,
        profile_url=_link(word(raw, "author_url"))[:1_000],
        avatar_url=pictures[-1][1][:1_000] if pictures else "",
        alt_ids={"email": mail} if mail else {},
    )


def _link(url: str) -> str:
    return scrub(url)[:4_000] if url.startswith(("https://", "http://")) else ""


class Signing:
    """How our replies at isso are known: it has no accounts, and anybody may write under our name.

    The address of a website that goes with each comment names the reply, and signs it with page and words.
    """

    def __init__(self, secret: str, site: str) -> None:
        self._secret = secret
        self._site = site.rstrip("/")

    def website(self, page: str, client_id: str, text: str) -> str:
        """What goes with a reply."""
        return f"{self._site}/#reply:{quote(client_id, safe='')}:{self._mac(page, client_id, text)}"

    def client_id(self, page: str, website: str, text: str) -> str:
        """Which reply of ours a comment is; empty when it is none."""
        name, _, mac = _fragment(website).removeprefix("reply:").rpartition(":")
        client_id = unquote(name)
        right = self._mac(page, client_id, text).encode()
        good = hmac.compare_digest(mac.encode("utf-8", "surrogatepass"), right)
        return client_id[:1_000] if name and good else ""

    def _mac(self, page: str, client_id: str, text: str) -> str:
        words = "\n".join((page, client_id, " ".join(text.split())))
        return hex_mac(self._secret, words.encode("utf-8", "surrogatepass"))[:32]


def _fragment(url: str) -> str:
    """What follows the # of an address; empty when there is none."""
    try:
        return urlsplit(url).fragment
    except ValueError:
        return ""


def isso(
    raw: dict[str, Any], namespace: str, page: str, site: str, signing: Signing
) -> IncomingMessage | None:
    """A comment of isso; None for one that was deleted but is still answered, and without an id or time."""
    number_, at = word(raw, "id"), moment(raw.get("created"))
    text = scrub(word(raw, "text"))[:_LONGEST]
    if not number_ or at is None or number(raw, "mode") == SOFT_DELETED:
        return None
    parent, website = word(raw, "parent"), html.unescape(word(raw, "website"))
    ours, mark = signing.client_id(page, website, text), word(raw, "hash")
    # Names are stored escaped, words as they were written.
    name = scrub(html.unescape(word(raw, "author"))).strip()[:1_000]
    return IncomingMessage(
        native_id=comment_id(page, number_),
        namespace=namespace,
        occurred_at=at,
        edited_at=moment(raw["modified"]) if raw.get("modified") else None,
        author=Actor(
            native_id=f"hash:{mark}"[:998] if mark else f"comment:{number_}"[:998],
            name=name,
            profile_url="" if ours else _link(website)[:1_000],
        ),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        client_id=ours,
        kind=MessageKind.REPLY if parent else MessageKind.COMMENT,
        text=text,
        parent_id=comment_id(page, parent) if parent else "",
        permalink=f"{site.rstrip('/')}{page}#isso-{number_}"[:4_000] if site else "",
        context={"page": page},
    )


def comment_id(page: str, number_: str) -> str:
    """What a comment of isso is called: numbers are told apart by page, so that a page can be left out."""
    return f"{page}#isso-{number_}"[:998]


def tree(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """All comments of a page. Raises NotJson where there is no list of them."""
    if not isinstance(answer.get("replies"), list):
        raise NotJson("The answer is no page of comments.")
    found, open_ = [], members(answer, "replies")
    while open_:
        one = open_.pop()
        found.append(one)
        open_ += members(one, "replies")
    return found
