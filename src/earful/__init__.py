"""Earful: an open-source social customer service desk."""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`earful.triage` without importing it by name: it costs half a second that other commands need not pay."""
    if name == "triage":
        import importlib

        return importlib.import_module("earful.triage")
    raise AttributeError(f"module 'earful' has no attribute {name!r}")
