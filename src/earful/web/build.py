"""Copy the browser libraries out of `node_modules` into the ignored `static/vendor/`.

Run `npm ci` first, then `python -m earful.web.build`; nothing here touches the network. The wheel ships the
result, so that its users need no Node. Licence texts travel along, as the licences ask.
"""

import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

SVG = "http://www.w3.org/2000/svg"

FILES = {
    "htmx.org/dist/htmx.esm.min.js": "htmx.esm.min.js",
    "htmx.org/LICENSE": "LICENSE.htmx.txt",
    "lucide-static/LICENSE": "LICENSE.lucide.txt",
    "@fontsource-variable/inter/LICENSE": "LICENSE.inter.txt",
    **{
        f"@fontsource-variable/inter/files/inter-{script}-wght-normal.woff2": f"fonts/inter-{script}.woff2"
        for script in ("latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "greek-ext", "vietnamese")
    },
}
"""What is copied, from `node_modules/` to `static/vendor/`."""

ICONS = (
    "activity", "archive", "arrow-left", "arrow-up-right", "at-sign", "bell", "check", "check-check",
    "chevron-down", "chevron-right", "circle-alert", "circle-check", "circle-dashed", "circle-dot",
    "circle-help", "circle-x", "clock", "command", "copy", "ellipsis", "eye", "file-text", "flag", "flame",
    "globe", "hand-heart", "history", "hourglass", "inbox", "key-round", "keyboard", "link", "list-filter",
    "loader", "lock", "log-out", "megaphone", "message-square", "moon", "mouse-pointer-click", "palette",
    "panel-left", "panel-right", "paperclip", "pause", "pencil", "plug", "plus", "refresh-cw", "repeat",
    "reply", "rotate-ccw", "rows-3", "rows-4", "search", "send", "settings", "shield-alert", "shield-check",
    "sliders-horizontal", "smile", "square-pen", "star", "sticky-note", "stethoscope", "sun", "tag",
    "timer", "trash-2", "triangle-alert", "undo-2", "user", "user-check", "user-plus", "user-x", "users",
    "wifi", "wifi-off", "x", "zap",
)  # fmt: skip
"""Lucide icons that the templates use; a test fails when a template asks for another."""


class MissingLibraryError(Exception):
    """A file that `npm ci` should have installed is not there."""


def sprite(icons: Path) -> str:
    """One SVG with a `<symbol>` per icon, its id the icon's name."""
    ET.register_namespace("", SVG)
    sheet = ET.Element(f"{{{SVG}}}svg")
    for name in ICONS:
        source = icons / f"{name}.svg"
        if not source.is_file():
            raise MissingLibraryError(f"no icon {name!r} in {icons}: run `npm ci`, or take it out of ICONS")
        drawing = ET.fromstring(source.read_text(encoding="utf-8"))  # noqa: S314  pinned by hash in the lock
        symbol = ET.SubElement(sheet, f"{{{SVG}}}symbol", {"id": name, "viewBox": "0 0 24 24"})
        symbol.extend(list(drawing))
    ET.indent(sheet, space="")
    return ET.tostring(sheet, encoding="unicode") + "\n"


def build(modules: Path, vendor: Path) -> list[Path]:
    """Fill `vendor` from scratch and return what was written.

    Raises MissingLibraryError, before anything is removed, when a library is not installed.
    """
    for name in FILES:
        if not (modules / name).is_file():
            raise MissingLibraryError(f"{modules / name} is missing: run `npm ci` first")
    symbols = sprite(modules / "lucide-static" / "icons")
    shutil.rmtree(vendor, ignore_errors=True)
    written = []
    for name, target in FILES.items():
        path = vendor / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / name, path)
        written.append(path)
    icons = vendor / "icons.svg"
    icons.write_text(symbols, encoding="utf-8")
    return [*written, icons]


def main() -> int:
    """Build from the checkout's `node_modules`; a path to another may be given."""
    here = Path(__file__).resolve()
    modules = Path(sys.argv[1]) if len(sys.argv) > 1 else here.parents[3] / "node_modules"
    try:
        written = build(modules, here.parent / "static" / "vendor")
    except MissingLibraryError as missing:
        print(missing, file=sys.stderr)  # noqa: T201
        return 1
    size = sum(path.stat().st_size for path in written)
    print(f"{len(written)} files, {size / 1024:.0f} KiB", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
