"""`earful bench triage`: how fast messages are rated, beside the peers that are installed, in one run on one core.

Peers give one label of one task; Earful gives its whole rating, with near duplicates, private data and reasons. Time
is processor time of a process of its own, so that a busy machine is no excuse.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from earful.bench.report import Figure

NAME = "triage"
PEERS = ("vader", "sklearn", "fasttext")
_ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
_TEXTS = {"tiny": 512, "small": 4_096, "full": 16_384}
Say = Callable[[str], object]


async def run(folder: Path, size: str, say: Say) -> list[Figure]:
    """All figures; a peer that is not installed is named in a figure's note and has no value."""
    figures: list[Figure] = []
    for name in ("rating", "duplicates", "start", *PEERS):
        say(f"triage: {name}")
        figures += await asyncio.to_thread(_apart, name, _TEXTS[size])
    return figures


def _apart(name: str, count: int) -> list[Figure]:
    done = subprocess.run(
        [sys.executable, "-m", "earful.bench.triage_parts", name, str(count)],
        env=os.environ | _ONE_CORE,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"measuring {name} failed: {done.stderr.decode(errors='replace')[-2_000:]}")
    return msgspec.json.decode(done.stdout, type=list[Figure])
