"""The machine that the figures belong to."""

import os
import platform
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from earful import __version__
from earful.bench import postgres
from earful.bench.report import Machine


def describe(load_before: float) -> Machine:
    """This machine, now."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        memory_gib=round(pages * size / 2**30, 1),
        kernel=platform.release(),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        postgresql=postgres.version() or "not installed",
        earful=__version__,
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        load_before=round(load_before, 2),
        load_after=round(os.getloadavg()[0], 2),
    )


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
