"""`earful playbooks`: check files, read them into a desk, and write a desk's playbooks out."""

from collections.abc import Sequence
from pathlib import Path

from earful.config import Settings
from earful.desk.playbooks import checking, files, service
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.playbooks.rules import Playbook
from earful.log.embedded import EmbeddedLog
from earful.log.runner import system_clock
from earful.store.audit import EARFUL
from earful.store.migrate import migrate
from earful.store.store import Store
from earful.store.tx import Tx


class Refused(ValueError):
    """Nothing was kept; the message names every file, line and reason."""


def check(file: Path, settings: Settings | None) -> Playbook:
    """Read and check a file; with the settings of a desk against its colleagues and promises too. Raises Refused."""
    around = checking.Around()
    if settings is not None:
        store = _opened(settings)
        try:
            around = store.read_now(lambda tx: service.around(tx, system_clock()))
        finally:
            store.close()
    try:
        return files.read(_text(file), around)
    except InvalidPlaybookError as error:
        raise Refused(_named(file, error)) from error


def read_in(settings: Settings, given: Sequence[Path]) -> list[tuple[str, service.Saved]]:
    """Put the playbooks of files in force, all of them or none. Raises Refused."""
    store = _opened(settings)

    def verb(tx: Tx) -> list[tuple[str, service.Saved]]:
        now, done = system_clock(), []
        around = service.around(tx, now)
        for file in given:
            try:
                playbook = files.read(_text(file), around)
                done.append((playbook.name, service.save(tx, EmbeddedLog(), EARFUL, playbook, now)))
            except InvalidPlaybookError as error:
                raise Refused(_named(file, error)) from error
        return done

    try:
        return store.write_now(verb)
    finally:
        store.close()


def write_out(settings: Settings, folder: Path) -> list[Path]:
    """Write each playbook in force to a file of its own. Returns the files."""
    store = _opened(settings)
    try:
        found = store.read_now(service.listed)
    finally:
        store.close()
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for kept in found:
        path = folder / f"{kept.playbook.id}.toml"
        path.write_text(files.write(kept.playbook), encoding="utf-8")
        made.append(path)
    return made


def _opened(settings: Settings) -> Store:
    migrate(settings.database_url)
    return Store(settings.database_url)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"{file}: is not UTF-8 text.") from error


def _named(file: Path, error: InvalidPlaybookError) -> str:
    return "\n".join(f"{file}: {line}" for line in error.lines)
