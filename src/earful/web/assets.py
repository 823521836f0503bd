"""Static files under an address that names their content.

One hash stands for the whole tree and sits in front of the path (`/static/3f9a.../js/main.js`). So relative
addresses inside stylesheets and ES modules stay inside the same release, with no import map and no rewriting,
and every file may be cached for ever.
"""

import hashlib
import mimetypes
from functools import cached_property
from pathlib import Path

STATIC = Path(__file__).parent / "static"

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".woff2": "font/woff2",
}


class Assets:
    """The static tree at `root`. `fixed=False` reads it anew for each page, for work on the files."""

    def __init__(self, root: Path = STATIC, *, prefix: str = "/static", fixed: bool = True) -> None:
        self._root = root.resolve()
        self._prefix = prefix
        self._fixed = fixed

    @cached_property
    def _frozen(self) -> str:
        return self._fingerprint()

    @property
    def version(self) -> str:
        """Twelve hex digits that change when any file changes."""
        return self._frozen if self._fixed else self._fingerprint()

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(p for p in self._root.rglob("*") if p.is_file()):
            digest.update(path.relative_to(self._root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:12]

    def url(self, path: str) -> str:
        """The address of a file such as `css/tokens.css`."""
        return f"{self._prefix}/{self.version}/{path}"

    def modules(self) -> list[str]:
        """Every ES module of ours, so that a page can ask for all of them at once instead of one by one."""
        return sorted(
            f"js/{path.name}" for path in (self._root / "js").glob("*.js") if path.name != "early.js"
        )

    def read(self, path: str) -> tuple[bytes, str] | None:
        """Content and media type of a file; None when there is none below the root."""
        try:
            found = (self._root / path).resolve()
        except (OSError, ValueError):
            return None
        if not found.is_relative_to(self._root) or not found.is_file():
            return None
        kind = TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        return found.read_bytes(), kind
