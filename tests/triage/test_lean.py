"""What loading the kernel needed is given back, and nothing else."""

import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from earful.triage.lean import give_back

MIB = 1024 * 1024
pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="Linux only")


def test_pages_of_a_file_that_is_only_read_are_given_back_and_come_again(tmp_path: Path) -> None:
    content = bytes(range(256)) * (4 * MIB // 256)
    (tmp_path / "library-to-read.bin").write_bytes(content)
    with (tmp_path / "library-to-read.bin").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    assert mapped[:] == content
    assert give_back("library-to-read") >= 4 * MIB - mmap.PAGESIZE
    assert give_back("library-to-read") == 0
    assert mapped[:] == content


def test_what_was_changed_in_memory_stays(tmp_path: Path) -> None:
    (tmp_path / "library-changed.bin").write_bytes(bytes(MIB))
    with (tmp_path / "library-changed.bin").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    mapped[:4] = b"keep"
    assert give_back("library-changed") == 0
    assert mapped[:4] == b"keep"


def test_a_rating_is_the_same_without_the_pages_of_its_compiler() -> None:
    script = (
        "from earful.triage.lean import give_back\n"
        "from earful.triage.rate import load, shipped\n"
        "from earful.triage.subject import Brand, Subject\n"
        "rater, said = load(Brand()), [Subject(text='My order is late')]\n"
        "before = rater.rate(said)\n"
        "assert give_back() > 0\n"
        "assert rater.rate(said) == before\n"
        "from earful.triage.similar import Groups\n"
        "Groups(16).place(['My order is late again'])\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
