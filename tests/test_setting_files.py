"""Calendars, promises and rules as files: from the command line, in and out, with the place of every mistake."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from earful.cli import main
from earful.desk.automation import service as automation
from earful.desk.sla import files, settings
from earful.desk.toml.reading import InvalidFileError
from earful.model.time import Instant
from earful.store.store import Store
from tests.conftest import fresh_sqlite

SLA = """\
[[calendars]]
id = "office"
name = "Office"
zone = "Europe/Vienna"
holidays = [
  { name = "Christmas", day = "2026-12-25", days = 2, repeat = "yearly" },
]
[calendars.week]
mon = "09:00-17:00"
tue = "09:00-17:00"

[[policies]]
id = "all"
name = "All"
calendar = "office"
warn = 75
pauses = ["waiting"]
[policies.targets]
first_answer = [60, 60, 60, 60, 30]
next_answer = [0, 0, 0, 0, 0]
resolution = [0, 0, 0, 0, 0]
[policies.when]
all = [
  { field = "case.kind", op = "is", value = "complaint" },
]
"""
RULES = """\
[[rules]]
id = "late"
name = "Late"
on = ["opened"]
acts = [
  { act = "tag", value = "late" },
]
[rules.when]
field = "case.topic"
op = "is"
value = "delivery"
"""


def run(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def test_what_is_read_in_comes_out_again(tmp_path: Path) -> None:
    url = fresh_sqlite(tmp_path)
    given = {"sla": SLA, "rules": RULES}
    for name, text in given.items():
        file, out = tmp_path / f"{name}.toml", tmp_path / f"{name}-out.toml"
        file.write_text(text)
        assert "can be used" in run(name, "check", str(file))
        assert str(file) in run(name, "import", str(file), "--data", str(tmp_path), "--database", url)
        run(name, "export", str(out), "--data", str(tmp_path), "--database", url)
        assert "can be used" in run(name, "check", str(out), "--data", str(tmp_path), "--database", url)
        run(name, "import", str(out), "--data", str(tmp_path), "--database", url)
    store = Store(url)
    book = store.read_now(settings.in_force)
    rules = store.read_now(automation.in_force)
    store.close()
    assert (book.seq, [one.id for one in book.policies]) == (1, ["all"])
    assert (rules.versions, [one.id for one in rules.rules]) == ({"late": 1}, ["late"])


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (('zone = "Europe/Vienna"', "zone = 7"), "line 4, column 8: calendars[0].zone: Expected `str`"),
        (('mon = "09', 'day = "09'), "line 9, column 7: calendars[0].week.day"),
        (("60, 30]", "60]"), "line 12, column 1: policies[0]: All: first_answer needs 5 numbers"),
        (('"case.kind"', '"case.unanswered"'), "line 24, column 51: policies[0].when.all[0].value"),
        (
            ('"case.kind", op = "is", value = "complaint"', '"case.status", op = "is", value = "open"'),
            "line 22, column 1: policies[0].when: a promise cannot depend on case.status",
        ),
        (
            ('calendar = "office"', 'calendar = "shop"'),
            "line 12, column 1: policies[0]: All: there is no calendar",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_by_line_and_column(change: tuple[str, str], where: str) -> None:
    with pytest.raises(InvalidFileError) as error:
        files.read(SLA.replace(*change), {}, Instant(0))
    assert error.value.lines[0].startswith(where), error.value.lines


def test_a_file_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    url, file = fresh_sqlite(tmp_path), tmp_path / "rules.toml"
    file.write_text(RULES.replace('"tag"', '"tug"'))
    words = ["rules", "import", str(file), "--data", str(tmp_path), "--database", url]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "nothing was kept" in done.output
