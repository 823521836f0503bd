"""`earful playbooks`: check files, read them into a desk, and write a desk's playbooks out."""

from collections.abc import Sequence
from pathlib import Path

from earful.config import Settings
from earful.desk.playbooks import checking, files, service
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.playbooks.rules import Playbook
from earful.desk.toml.commands import Refused, reading, text_of, writing
from earful.log.embedded import EmbeddedLog
from earful.log.runner import system_clock
from earful.store.audit import EARFUL
from earful.store.tx import Tx


def check(file: Path, desk: Settings | None) -> str:
    """Read and check a file; with a desk against its colleagues and promises too. Raises Refused."""
    around = checking.Around()
    if desk is not None:
        around = reading(desk, lambda tx: service.around(tx, system_clock()))
    return _read(file, around).name


def _read(file: Path, around: checking.Around) -> Playbook:
    try:
        return files.read(text_of(file), around)
    except InvalidPlaybookError as error:
        raise _refused(file, error) from error


def read_in(desk: Settings, given: Sequence[Path]) -> list[str]:
    """Put the playbooks of files in force, all of them or none. Raises Refused."""

    def verb(tx: Tx) -> list[str]:
        now, done = system_clock(), []
        around = service.around(tx, now)
        for file in given:
            playbook = _read(file, around)
            try:
                saved = service.save(tx, EmbeddedLog(), EARFUL, playbook, now)
            except InvalidPlaybookError as error:
                raise _refused(file, error) from error
            said = f"version {saved.version}" if saved.changed else "as it was"
            done.append(f"{playbook.name}: {said}")
        return done

    return writing(desk, verb)


def write_out(desk: Settings, folder: Path) -> list[Path]:
    """Write each playbook in force to a file of its own. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for kept in reading(desk, service.listed):
        path = folder / f"{kept.playbook.id}.toml"
        path.write_text(files.write(kept.playbook), encoding="utf-8")
        made.append(path)
    return made


def _refused(file: Path, error: InvalidPlaybookError) -> Refused:
    return Refused("\n".join(f"{file}: {line}" for line in error.lines))
