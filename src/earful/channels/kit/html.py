"""Customers' HTML: made safe to embed, and made plain."""

import re
from html.parser import HTMLParser

import nh3


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TAGS = _names(
    "a abbr b blockquote br caption cite code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins"
    " li ol p pre q s small span strong sub sup table tbody td tfoot th thead tr u ul"
)
_DROPPED_WITH_CONTENT = _names(
    "script style title template noscript iframe object embed svg math textarea select"
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "*": {"dir", "lang"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_LINK_REL = "noopener noreferrer nofollow ugc"

_PARAGRAPHS = _names("p blockquote pre ul ol dl table h1 h2 h3 h4 h5 h6")
_LINES = _names("div li tr dt dd hr caption")
_CELLS = _names("td th")
_WORDLESS = re.compile(r"<img(?![^>]*\balt=)")
_SCHEME = re.compile(r"\s*[a-zA-Z][a-zA-Z0-9+.-]*:")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_MAX_DEPTH = 2_048
"""Parsing takes time with the square of the depth: 50,000 open tags take 8 s, 2,048 take 15 ms."""
_TAG_EDGE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")


def scrub(text: str) -> str:
    """`text` without what databases and screens choke on: NUL, control characters, lone surrogates.

    Line ends become LF. A lone surrogate becomes U+FFFD; nothing else is changed.
    """
    whole = _SURROGATES.sub("\ufffd", text)
    return _CONTROLS.sub("", whole.replace("\r\n", "\n").replace("\r", "\n"))


def sanitise(html: str) -> str:
    """HTML that is safe to embed in a page: an allow-list of tags, no styles, scripts, forms or frames.

    Pictures keep their alternative text and lose their address, so that opening a message tells its sender
    nothing. Links open without a referrer and pass no rank on. Never raises.
    """
    html = scrub(html)
    if _too_deep(html):
        return nh3.clean_text(html)
    cleaned = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        attribute_filter=_whole_links_only,
        link_rel=_LINK_REL,
        strip_comments=True,
    )
    # A picture without words is nothing to somebody who listens.
    return _WORDLESS.sub('<img alt=""', cleaned)


def _whole_links_only(tag: str, attribute: str, value: str) -> str | None:
    """A link without its scheme would lead into the page that shows the message."""
    if tag == "a" and attribute == "href" and not _SCHEME.match(value):
        return None
    return value


def to_text(html: str, *, links: bool = True) -> str:
    """The words of `html` with its paragraphs and line breaks; quotations get a leading `> `.

    With `links`, the address of a link follows its words in brackets unless the words already show it.
    Never raises, whatever the input.
    """
    html = scrub(html)
    if _too_deep(html):
        return _SPACES.sub(" ", re.sub(r"<[^<>]*>", " ", html)).strip()
    reader = _Reader(links=links)
    reader.feed(sanitise(html))
    reader.close()
    return reader.text()


def _too_deep(html: str) -> bool:
    """Whether tags nest beyond what mail programs write: such input is an attack on the parser."""
    depth = deepest = 0
    for edge in _TAG_EDGE.finditer(html):
        if edge.group(2).lower() in ("br", "img", "hr", "meta", "link", "input", "p", "li", "td", "tr"):
            continue
        depth = max(0, depth - 1) if edge.group(1) else depth + 1
        deepest = max(deepest, depth)
    return deepest > _MAX_DEPTH


class _Reader(HTMLParser):
    """Collects lines out of HTML that `sanitise` has already made regular."""

    def __init__(self, *, links: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._links = links
        self._lines: list[str] = []
        self._line = ""
        self._quotes = 0
        self._literal = 0
        self._href = ""
        self._link_words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._end_line(force=True)
        elif tag in _PARAGRAPHS:
            self._paragraph()
        elif tag in _LINES:
            self._end_line()
        elif tag in _CELLS and self._line:
            self._line += " "
        if tag == "blockquote":
            self._quotes += 1
        elif tag == "pre":
            self._literal += 1
        elif tag == "li":
            self._line += "- "
        elif tag == "img":
            self._add(dict(attrs).get("alt") or "")
        elif tag == "a":
            self._href, self._link_words = dict(attrs).get("href") or "", ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        if tag in _PARAGRAPHS:
            self._paragraph()
        elif tag in _LINES:
            self._end_line()
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
        elif tag == "pre":
            self._literal = max(0, self._literal - 1)

    def handle_data(self, data: str) -> None:
        if self._literal:
            first, *rest = data.split("\n")
            self._add(first)
            for line in rest:
                self._end_line(force=True)
                self._add(line)
            return
        words = _SPACES.sub(" ", data)
        if not self._line or self._line.endswith(" "):
            words = words.lstrip(" ")
        self._add(words)

    def text(self) -> str:
        """All lines so far, blank ones at most two in a row and none at the ends."""
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n").replace("\xa0", " ")

    def _add(self, words: str) -> None:
        self._line += words
        self._link_words += words

    def _end_link(self) -> None:
        address = self._href.removeprefix("mailto:").removeprefix("tel:")
        if self._links and address and address.rstrip("/") not in self._link_words:
            self._line += f" ({address})" if self._link_words.strip() else address
        self._href = ""

    def _end_line(self, *, force: bool = False) -> None:
        line = self._line if self._literal else self._line.rstrip(" ")
        self._line = ""
        if not line and not force:
            return
        prefix = "> " * self._quotes if line else (">" * self._quotes)
        self._lines.append(prefix + line)

    def _paragraph(self) -> None:
        self._end_line()
        if self._lines and self._lines[-1]:
            self._lines.append("")
