"""The folder of kept files: each under the SHA-256 of its content, so that the same picture is kept once."""

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

NAME = "media"
"""Below the data folder. It belongs to every backup of the database."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Files:
    """Content by digest. What was put is on the disk before `put` returns."""

    def __init__(self, data: Path) -> None:
        self._root = data / NAME

    def put(self, content: bytes) -> str:
        """Keep content. Returns its digest. Raises OSError when the disk is full."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if path.exists():
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        return digest

    def read(self, digest: str) -> bytes | None:
        """The content; None when it is not there."""
        try:
            return self._path(digest).read_bytes()
        except OSError:
            return None

    def has(self, digest: str) -> bool:
        """Whether it is there."""
        return self._path(digest).is_file()

    def remove(self, digest: str) -> None:
        """Let content go."""
        with suppress(FileNotFoundError):
            self._path(digest).unlink()

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError("this is no digest")
        return self._root / digest[:2] / digest
