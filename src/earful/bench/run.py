"""Run the benchmarks one after the other, each with a data folder of its own, and report."""

import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from earful.bench import channels, desk, inbox, machine, pipeline, startup, triage, webhooks
from earful.bench.report import Figure, Report, as_table, outcomes

__all__ = ["BENCHMARKS", "as_table", "everything"]

Say = Callable[[str], object]
Benchmark = Callable[[Path, str, Say], Awaitable[list[Figure]]]
BENCHMARKS: dict[str, Benchmark] = {
    webhooks.NAME: webhooks.run,
    pipeline.NAME: pipeline.run,
    inbox.NAME: inbox.run,
    desk.NAME: desk.run,
    channels.NAME: channels.run,
    startup.NAME: startup.run,
    triage.NAME: triage.run,
}


class UnknownBenchmark(ValueError):
    """There is no benchmark of that name; the message lists those there are."""


class Skipped(Exception):
    """This machine lacks what a benchmark needs; the message says what."""


async def everything(only: Sequence[str] = (), size: str = "full", say: Say = print) -> Report:
    """Run all benchmarks, or those named. Raises UnknownBenchmark."""
    unknown = set(only) - set(BENCHMARKS)
    if unknown:
        raise UnknownBenchmark(
            f"no benchmark {', '.join(sorted(unknown))}; choose of {', '.join(BENCHMARKS)}"
        )
    load_before = os.getloadavg()[0]
    figures: list[Figure] = []
    skipped: dict[str, str] = {}
    for name, benchmark in BENCHMARKS.items():
        if only and name not in only:
            continue
        with tempfile.TemporaryDirectory(prefix="earful-bench-", ignore_cleanup_errors=True) as folder:
            try:
                figures += await benchmark(Path(folder), size, say)
            except Skipped as why:
                skipped[name] = str(why)
    return Report(
        size=size, machine=machine.describe(load_before), results=outcomes(figures), skipped=skipped
    )
