"""`earful backtest`: try a file of a playbook, of rules or of policies on the desk's own past."""

from collections.abc import Callable
from pathlib import Path

from earful.config import Settings
from earful.desk.backtest import files, service
from earful.desk.backtest.rules import Result, What
from earful.desk.backtest.service import InvalidDraftError, Wanted
from earful.desk.toml.commands import Refused, text_of
from earful.log.runner import system_clock
from earful.store.migrate import migrate
from earful.store.store import Store

_WORDS = {
    What.TOTAL: "cases", What.WITHOUT: "cases without", What.CASES: "cases", What.MET: "steps in time",
    What.MISSED: "steps late", What.OPEN: "steps open", What.ASSUMED: "steps taken as done", What.DONE: "steps passed",
    What.KEPT: "kept", What.BROKEN: "not kept", What.WARNED: "warned", What.RUNNING: "still running",
    What.ACTED: "times", What.ACT: "acts", What.MINUTES: "minutes of work", What.SPARED: "minutes spared",
}  # fmt: skip


def run(
    desk: Settings, file: Path, weeks: int, tell: Callable[[int, int], None], *, imported: bool = False
) -> Result:
    """Test a file beside what is in force. Raises Refused, with the file's name before each reason."""
    migrate(desk.database_url)
    store = Store(desk.database_url)
    try:
        now, text = system_clock(), text_of(file)
        draft = store.read_now(lambda tx: files.read(tx, text, now))
        return service.run(store, Wanted(draft=draft, weeks=weeks, imported=imported), now, tell)
    except InvalidDraftError as error:
        raise Refused("\n".join(f"{file}: {line}" for line in error.lines)) from error
    finally:
        store.close()


def as_table(result: Result) -> str:
    """A result as lines for a terminal."""
    lines = [
        f"{result.cases:,} cases of the last {result.weeks} weeks in {result.took / 1_000:.1f} s",
        f"{'':52}{'present':>10}{'draft':>10}{'change':>10}",
    ]
    for row in result.rows:
        about = " · ".join(one for one in (row.group, row.detail, _WORDS[row.what]) if one)
        change = row.draft - row.present
        lines.append(f"{about[:50]:52}{row.present:>10,.6g}{row.draft:>10,.6g}{change:>+10,.6g}")
    for storm in result.storms:
        which = "the draft" if storm.draft else "what is in force"
        lines.append(f"{storm.rule}: {storm.acts:,} acts within an hour by {which}; it would be paused.")
    return "\n".join(lines)
