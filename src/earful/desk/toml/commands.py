"""What the commands that read and write settings as files have in common."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from earful.config import Settings
from earful.desk.toml.reading import InvalidFileError
from earful.store.migrate import migrate
from earful.store.store import Store
from earful.store.tx import Tx

T = TypeVar("T")


class Refused(ValueError):
    """Nothing was kept; the message names every file, line and reason."""


class Commands(Protocol):
    """The module of a feature whose settings can be files."""

    @staticmethod
    def check(file: Path, settings: Settings | None) -> str:
        """Read and check a file, with settings against that desk; says what it holds. Raises Refused."""
        ...

    @staticmethod
    def read_in(settings: Settings, given: Sequence[Path]) -> list[str]:
        """Put what is in files in force, all of it or nothing; says what was done. Raises Refused."""
        ...

    @staticmethod
    def write_out(settings: Settings, path: Path) -> list[Path]:
        """Write what is in force. Returns the files."""
        ...


def reading(settings: Settings, verb: Callable[[Tx], T]) -> T:
    """Read from a desk's database."""
    store = _opened(settings)
    try:
        return store.read_now(verb)
    finally:
        store.close()


def writing(settings: Settings, verb: Callable[[Tx], T]) -> T:
    """Write to a desk's database in one transaction; a running desk follows."""
    store = _opened(settings)
    try:
        return store.write_now(verb)
    finally:
        store.close()


def _opened(settings: Settings) -> Store:
    migrate(settings.database_url)
    return Store(settings.database_url)


def text_of(file: Path) -> str:
    """The text of a file. Raises Refused."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"{file}: is not UTF-8 text.") from error


def read_file(file: Path, read: Callable[[str], T]) -> T:
    """What a file holds. Raises Refused, each line with the file's name."""
    try:
        return read(text_of(file))
    except InvalidFileError as error:
        raise Refused("\n".join(f"{file}: {line}" for line in error.lines)) from error
