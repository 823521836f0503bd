"""Words as the HTML that servers pass on: what strangers write loses its tags and keeps the text between them."""

import html
import re

_TAG = re.compile(r"<[^>]*>")


def without_tags(text: str) -> str:
    """What a server leaves of markup that nobody may use."""
    return _TAG.sub("", text)


def paragraphs(text: str) -> str:
    """Text as paragraphs and lines, with everything in it escaped."""
    escaped = html.escape(text, quote=False)
    return "<p>" + escaped.replace("\n\n", "</p><p>").replace("\n", "<br />") + "</p>"
