"""The rating process: `python -m earful.triage.apart`. Reads a brand, then batches; answers each; ends when idle.

It ends by itself also when the desk's process has gone, because then its input ends.
"""

import gc
import select
import signal
import sys

import msgspec

from earful.triage.rate import load
from earful.triage.record import Here, read_frame, write_frame
from earful.triage.subject import Brand, Subject

IDLE_SECONDS = 60.0


def main() -> None:
    """Serve batches from standard input."""
    # Ctrl+C reaches the whole group; the desk finishes its batch and then closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    whole, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        here = Here(load(msgspec.msgpack.decode(read_frame(whole), type=Brand)))
        # The weights live for ever; the collector need not look at them after each few messages.
        gc.freeze()
        while select.select([whole], [], [], IDLE_SECONDS)[0]:
            batch = msgspec.msgpack.decode(read_frame(whole), type=list[Subject])
            write_frame(answers, msgspec.msgpack.encode(here.record(batch)))
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
