"""Compile a function once for this machine, and again only when the kernel's sources change.

Numba looks only at the file of the function itself when it asks whether what it kept is still true, not at the
functions that it calls. So what it keeps lies in a folder named by the contents of all of them.
"""

import hashlib
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

_SOURCES = (
    "chars.py", "compiled.py", "kernel.py", "match.py", "score.py", "extract.py", "fit.py", "similar.py", "learn.py",
)  # fmt: skip


def _folder() -> Path:
    """Where compiled functions are kept: `EARFUL_KERNEL_CACHE`, else the user's cache folder."""
    here, digest = Path(__file__).parent, hashlib.sha256(version("numba").encode())
    for name in _SOURCES:
        source = here / name
        digest.update(source.read_bytes() if source.exists() else b"")
    base = os.environ.get("EARFUL_KERNEL_CACHE")
    root = (
        Path(base) if base else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "earful"
    )
    return root / f"kernel-{digest.hexdigest()[:16]}"


FOLDER = _folder()


def compiled(function: Any) -> Any:
    """A function in machine code, kept for the next start, that lets other threads run meanwhile."""
    import numba  # noqa: PLC0415  (a third of a second, and whoever only asks for `FOLDER` need not pay it)

    # Numba reads this when a function is declared.
    numba.config.CACHE_DIR = os.fspath(FOLDER)  # type: ignore[attr-defined]
    return numba.njit(cache=True, nogil=True)(function)
