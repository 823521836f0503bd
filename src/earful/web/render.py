"""The Jinja environment: escaping on, strings translatable, and the filters that pages speak with."""

import gettext
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from earful.desk.outcomes.rules import span_of
from earful.model.desk import ReadAs, SendState, TimelineEvent, TimelineNote
from earful.model.message import Direction, Network
from earful.model.rating import Rating
from earful.model.time import rfc3339
from earful.web import formats, marks, places, timeline
from earful.web.assets import Assets
from earful.web.pieces import filters
from earful.web.shortcuts import GROUPS, SHORTCUTS
from earful.web.translated import TranslatedOnce
from earful.web.words import WORDS, word

TEMPLATES = Path(__file__).parent / "templates"


class Renderer:
    """Turns a template's name and values into a page, in one language."""

    def __init__(self, assets: Assets, translations: gettext.NullTranslations | None = None) -> None:
        self._translations = translations or gettext.NullTranslations()
        self.gettext = self._translations.gettext
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            # Templates are part of the program: asking the disk for each whether it changed costs a seventh of a page.
            auto_reload=False,
            extensions=[TranslatedOnce, "jinja2.ext.do"],
        )
        self.environment.extend(tongue=self.gettext)
        install = self.environment.install_gettext_translations  # type: ignore[attr-defined]
        install(self._translations, newstyle=True)
        self._register(assets)

    def render(self, template: str, *, now: int, **values: Any) -> str:
        """A page or fragment. `now` is the instant that ages are counted from.

        Raises jinja2.UndefinedError when a value that the template reads was not given.
        """
        page = self.environment.get_template(template).render(now=now, **values)
        return marks.SURROGATES.sub("\ufffd", page)

    def _register(self, assets: Assets) -> None:
        tongue = self._translations.gettext

        @pass_context
        def age(context: Context, at: int) -> str:
            return formats.age(at, context["now"], tongue)

        @pass_context
        def deadline(context: Context, due: int, warn: int) -> formats.Deadline:
            return formats.deadline(due, warn, context["now"], tongue)

        def label(value: object, family: str) -> str:
            return tongue(word(value, family))

        def event_words(event: TimelineEvent) -> str:
            pattern = tongue(word(event.what, "event"))
            detail = tongue(
                WORDS["status"].get(event.detail)
                or WORDS["outcome"].get(event.detail)
                or WORDS["clock"].get(event.detail)
                or (event.what.startswith("handoff_") and WORDS["way"].get(event.detail))
                or event.detail
            )
            return pattern.replace("{detail}", detail)

        def said(text: str, rating: Rating | None = None, read_as: ReadAs | None = None) -> Markup:
            found = marks.rating_marks(rating) if rating is not None else []
            if read_as is not None:
                found.append(marks.Mark(*read_as.span, "read", label(read_as.what, "read_as")))
            named = [m._replace(why=mark_words(m)) for m in found]
            return marks.said(text, named)

        def mark_words(mark: marks.Mark) -> str:
            if mark.kind == "pii":
                return tongue("Private data: {what}").format(what=label(mark.why, "pii"))
            if mark.kind == "tried":
                return tongue("Tried before: {what}").format(what=label(mark.why, "tried"))
            return mark.why

        def script_words() -> Markup:
            return Markup(self.environment.get_template("partials/script_words.html").render())  # noqa: S704

        def noted(note: TimelineNote) -> Markup:
            return marks.said(
                note.text, [marks.Mark(m.start, m.stop, "mention", m.name) for m in note.mentions]
            )

        self.environment.filters |= filters(assets, tongue) | {
            "about": formats.about,
            "age": age,
            "span": partial(formats.span, _=tongue),
            "took": partial(formats.took, _=tongue),
            "at": formats.at,
            "clean": marks.clean,
            "compact": formats.compact,
            "deadline": deadline,
            "event_words": event_words,
            "exact": formats.exact,
            "hits": marks.hits,
            "hue": formats.hue,
            "initials": formats.initials,
            "json_block": json_block,
            "label": label,
            "noted": noted,
            "rfc3339": rfc3339,
            "said": said,
            "span_of": span_of,
        }
        self.environment.globals |= {
            "asset": assets.url,
            "blocks": timeline.blocks,
            "Direction": Direction,
            "groups": GROUPS,
            "is_private": timeline.is_private,
            "modules": assets.modules,
            "Network": Network,
            "script_words": cache(script_words),
            "newest_rated": timeline.newest_rated,
            "SendState": SendState,
            "settings_places": places.seen_by,
            "shortcuts": SHORTCUTS,
            "view_query": view_query,
            "WIDE": formats.WIDE,
            "words": WORDS,
        }


def json_block(value: object) -> Markup:
    """JSON for a `<script type="application/json">`: nothing in it can end the element or open a comment."""
    text = msgspec.json.encode(value, enc_hook=_plain).decode()
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704  every character that HTML or a script would read is escaped above


def _plain(value: object) -> str:
    """Translations come as Markup, which is a string to everybody but the encoder."""
    if isinstance(value, Markup):
        return str.__str__(value)
    raise NotImplementedError(f"{type(value).__name__} does not belong on a page")


def view_query(chosen: Any, changes: Mapping[str, object] | None = None) -> str:
    """The query string that names a list, `view=mine&order=newest`, without defaults and empty values."""
    wanted = {**msgspec.structs.asdict(chosen), **(changes or {})}
    default = msgspec.structs.asdict(type(chosen)())
    pairs = {("q" if k == "search" else k): v for k, v in wanted.items() if v and v != default[k]}
    return urlencode({k: str(v) for k, v in pairs.items()})
