"""One page in every light and width: it fits, and axe finds nothing serious.

A page is opened once and then resized and recoloured, as people do. What axe says of names, roles and order depends on
what is drawn at a width and is asked at the widest and the narrowest; contrast is asked in each light, sizes at each
width.
"""

from typing import NamedTuple

from .conftest import AXE, playwright

CONTRAST = ("color-contrast",)
SIZES = ("target-size", "scrollable-region-focusable")


class Look(NamedTuple):
    """A light, a width, and what axe is asked there; everything when empty."""

    scheme: str
    width: int
    rules: tuple[str, ...] = ()


LOOKS = (
    Look("light", 1440),
    Look("dark", 1440, CONTRAST),
    Look("light", 1000, SIZES),
    Look("dark", 390, CONTRAST + SIZES),
    Look("light", 390),
)
WIDE_AND_NARROW = (LOOKS[0], Look("dark", 390))
SIDEWAYS = """() => {
  const main = document.querySelector(".main") ?? document.documentElement;
  return Math.max(document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth);
}"""


def fits_and_is_accessible(page: "playwright.Page", looks: tuple[Look, ...] = LOOKS) -> None:
    """Fails with the first fault of an open page, and in which look it is."""
    page.emulate_media(reduced_motion="reduce")  # no colour is asked for on its way to another
    for look in looks:
        page.set_viewport_size({"width": look.width, "height": 860})
        page.emulate_media(color_scheme=look.scheme)  # type: ignore[arg-type]
        sideways = page.evaluate(SIDEWAYS)
        assert sideways <= 0, f"{page.url} is {sideways} px too wide at {look.width}"
        assert serious(page, look.rules) == [], (page.url, look.scheme, look.width)


def serious(page: "playwright.Page", rules: tuple[str, ...] = ()) -> list[str]:
    """What axe finds serious or critical, one line each; nothing where axe is not installed."""
    if not AXE.is_file():
        return []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    asked = {"resultTypes": ["violations"]} | (
        {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    )
    found = page.evaluate("asked => axe.run(document, asked)", asked)["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0].get('failureSummary', '')[:200]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
