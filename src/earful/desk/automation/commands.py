"""`earful rules`: check files of automation rules, read them into a desk, and write a desk's out."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from earful.config import Settings
from earful.desk.automation import files, service
from earful.desk.automation.checking import Around
from earful.desk.automation.service import InvalidRulesError
from earful.desk.toml.commands import Refused, read_file, reading, writing
from earful.log.embedded import EmbeddedLog
from earful.log.runner import system_clock
from earful.store.audit import EARFUL
from earful.store.tx import Tx


def check(file: Path, desk: Settings | None) -> str:
    """Read and check a file; with a desk against its colleagues, queues and playbooks too. Raises Refused."""
    around = reading(desk, service.around) if desk is not None else Around()
    return f"{len(read_file(file, partial(files.read, around=around)))} rules"


def read_in(desk: Settings, given: Sequence[Path]) -> list[str]:
    """Put rules in force, all or none: those of the same id are changed, others added as the last. Raises Refused."""

    def verb(tx: Tx) -> list[str]:
        done, around = [], service.around(tx)
        for file in given:
            rules = service.in_force(tx).rules
            found = read_file(file, partial(files.read, around=around))
            for one in found:
                rules = service.with_rule(rules, one)
            try:
                service.save(tx, EmbeddedLog(), EARFUL, rules, system_clock())
            except InvalidRulesError as error:
                raise Refused(f"{file}: {error}") from error
            done.append(f"{file}: {len(found)} rules")
        return done

    return writing(desk, verb)


def write_out(desk: Settings, path: Path) -> list[Path]:
    """Write the rules in force to a file."""
    path.write_text(files.write(reading(desk, service.in_force).rules), encoding="utf-8")
    return [path]
