"""A part of an answer, where the client asks for one (RFC 9110, "Range Requests"): one range of bytes."""

import re

_ASKED = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


class UnsatisfiableError(ValueError):
    """Nothing of what is there was asked for: 416."""


def asked_for(header: str, size: int) -> range | None:
    """The bytes of `size` that a Range header asks for; None for all of them, also where it asks for several parts or
    cannot be read. Raises UnsatisfiableError."""
    found = _ASKED.fullmatch(header.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        raise UnsatisfiableError
    return range(start, stop)
