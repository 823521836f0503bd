"""Compile the kernel for this machine: `python -m earful.triage.warm`. Quick when it was done before."""

import subprocess
import sys
import time

from earful.triage.compiled import FOLDER


def ready() -> bool:
    """Whether the kernel of this version was compiled here before."""
    return (FOLDER / _DONE).exists()


def elsewhere() -> None:
    """Compile in a process of its own, so that this one stays small and quick."""
    subprocess.run([sys.executable, "-m", "earful.triage.warm"], check=False)


_DONE = "complete"


def main() -> None:
    """Rate, group and learn once; say so when it takes time."""
    if ready():
        return
    sys.stderr.write("Compiling triage for this machine, once (about half a minute) ...\n")
    begun = time.monotonic()
    # Imported here: merely asking whether it is ready must cost nothing.
    from earful.triage.learn import Lesson, learn  # noqa: PLC0415
    from earful.triage.rate import load, shipped  # noqa: PLC0415
    from earful.triage.rulebook import phrasebook  # noqa: PLC0415
    from earful.triage.similar import Groups  # noqa: PLC0415
    from earful.triage.subject import Brand, Subject  # noqa: PLC0415

    lesson = Lesson("the foam is gone", {"topic": "foam", "tried": ("phone",)})
    grown = learn(shipped(), phrasebook(), [lesson], ["foam"], 1)
    load(Brand(), grown).rate([Subject(text="My order is late")])
    Groups(16).place(["My order is late again and nobody answers"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / _DONE).touch()
    sys.stderr.write(f"Compiled in {time.monotonic() - begun:.0f} s.\n")


if __name__ == "__main__":
    main()
