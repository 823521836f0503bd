"""Triage: a batch of messages in, a batch of explained ratings out; no clock, no I/O, no network.

`earful.triage(["..."])` rates texts. Nothing is imported here, so that the name alone costs nothing; programs that
rate much start at `earful.triage.rate`.
"""

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    """A package that can be called."""

    def __call__(self, texts: list[str], *, brand: Any = None) -> list[dict[str, Any]]:
        """Rate texts: one dict each, with all fields of a rating, as `earful triage` prints them.

        `brand`: an `earful.triage.subject.Brand`; None rates without knowing whose desk it is. Raises ModelRefused
        when the shipped model was changed.
        """
        from earful.triage.lines import rate_texts
        from earful.triage.rate import load
        from earful.triage.subject import Brand

        return rate_texts(load(brand or Brand()), texts)


sys.modules[__name__].__class__ = _Callable
