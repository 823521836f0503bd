"""Small pieces of markup that every page draws many times: icons, faces, times.

They are filters and no macros: a filter of a constant is worked out once, when its template is read, and one of a
value costs a tenth of a macro. A page of a long case has over a thousand of them.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from earful.model.message import Visibility
from earful.model.time import rfc3339
from earful.web import formats, marks
from earful.web.assets import Assets
from earful.web.timeline import is_private
from earful.web.words import N_, word

PUBLICLY, PRIVATELY = N_("Public on {network}"), N_("Private on {network}")


def filters(assets: Assets, tongue: formats.Gettext) -> dict[str, Callable[..., Any]]:
    """The filters by name, for one set of assets and one language."""
    icons, glyphs = escape(assets.url("vendor/icons.svg")), escape(assets.url("glyphs.svg"))

    @lru_cache(maxsize=1024)
    def icon(name: str, more: str = "") -> Markup:
        """A line icon of `build.ICONS`; what it means stands beside it in words."""
        return Markup(
            '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
        ).format(more, icons, name)

    @lru_cache(maxsize=256)
    def glyph(network: str, more: str = "") -> Markup:
        """The sign of a network, which says its name."""
        name = tongue(word(network, "network"))
        return Markup(
            '<svg class="glyph {}" role="img" aria-label="{}"><title>{}</title><use href="{}#{}"></use></svg>'
        ).format(more, name, name, glyphs, network)

    @lru_cache(maxsize=256)
    def bare_glyph(network: str) -> Markup:
        """The sign of a network whose name stands beside it."""
        return Markup(
            '<svg class="glyph" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
        ).format(glyphs, network)

    @lru_cache(maxsize=4096)
    def face(name: str, network: str | None = None, more: str = "") -> Markup:
        """Initials in the colour of a name, with the network's sign where one is given."""
        sign = Markup('<span class="face-network">{}</span>').format(glyph(network)) if network else ""
        return Markup('<span class="face hue-{} {}"><span aria-hidden="true">{}</span>{}</span>').format(
            formats.hue(name), more, formats.initials(marks.clean(name)), sign
        )

    @lru_cache(maxsize=256)
    def audience(visibility: Visibility, network: str) -> Markup:
        """Who could read a message, and where."""
        private = is_private(visibility)
        words = tongue(PRIVATELY if private else PUBLICLY)
        return Markup('<span class="audience {}">{}{}</span>').format(
            "private" if private else "public",
            icon("lock" if private else "globe"),
            words.format(network=tongue(word(network, "network"))),
        )

    @pass_context
    def ago(context: Context, at: int, more: str = "") -> Markup:
        """How long ago, as of the page's `now`; the browser keeps it true."""
        # Nothing of it but the words of the language could hold markup.
        words = escape(formats.age(at, context["now"], tongue))
        return Markup(  # noqa: S704
            f'<time class="{more}" datetime="{rfc3339(at)}" title="{formats.exact(at)}" data-age>{words}</time>'
        )

    def clock(at: int) -> Markup:
        """A point in time; the browser writes it in its own zone."""
        words = formats.exact(at)
        return Markup(f'<time datetime="{rfc3339(at)}" title="{words}" data-clock>{words}</time>')  # noqa: S704

    return {
        "ago": ago,
        "audience": audience,
        "bare_glyph": bare_glyph,
        "clock": clock,
        "face": face,
        "glyph": glyph,
        "icon": icon,
    }
