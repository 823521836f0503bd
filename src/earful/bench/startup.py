"""From the start of the process to the first page, and memory at rest."""

import asyncio
import statistics
from collections.abc import Callable
from pathlib import Path

from earful.bench.report import Figure
from earful.bench.server import Server, furnish, settings

NAME = "startup"
START_BAR, MEMORY_BAR = 3.0, 200
STARTS = {"tiny": 1, "small": 2, "full": 5}
IDLE_SECONDS = {"tiny": 1, "small": 10, "full": 10}
Say = Callable[[str], object]


async def run(folder: Path, size: str, say: Say) -> list[Figure]:
    """Start a desk several times; the first start only warms the file cache."""
    furnish(settings(folder))
    seconds: list[float] = []
    memory = 0.0
    starts = STARTS[size]
    say(f"startup: {starts} starts")
    for number in range(starts + 1):
        with Server(settings(folder)) as server:
            if number:
                seconds.append(server.ready_after)
            if number == starts:
                await asyncio.sleep(IDLE_SECONDS[size])
                memory = server.memory_mib()
    return [
        Figure(
            benchmark=NAME,
            what="start to first page",
            value=statistics.median(seconds),
            unit="s",
            bar=START_BAR,
            note=f"median of {starts} warm starts, slowest {max(seconds):.2f} s",
        ),
        Figure(
            benchmark=NAME,
            what="memory at rest",
            value=memory,
            unit="MiB",
            bar=MEMORY_BAR,
            note=f"resident, all processes together, after {IDLE_SECONDS[size]} s",
        ),
    ]
