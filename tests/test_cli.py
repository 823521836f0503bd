"""The command line with Unix manners: help that teaches, results on stdout, faults on stderr, honest exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, select

from earful.cli import main
from earful.model.message import IncomingMessage
from earful.store.store import Store
from earful.store.tables import events, messages
from tests.servers.earful import EarfulServer


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], env={"COLUMNS": "200"})


def said(number: int) -> str:
    return json.dumps(
        {
            "native_id": f"m{number}",
            "occurred_at": "2026-11-01T09:00:00Z",
            "author": {"native_id": "ana"},
            "text": "My kettle leaks",
        }
    )


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself(command: str) -> None:
    for flag in ("--help", "-h"):
        told = run(command, flag)
        assert told.exit_code == 0
        assert len(told.output.splitlines()) > 4
    assert command in run("--help").output


def test_a_command_or_flag_that_is_none_is_a_usage_error() -> None:
    assert run("dance").exit_code == 2
    assert run("doctor", "--dance").exit_code == 2
    assert run("import", "/no/such/file", "--channel", "x").exit_code == 2


def test_import_export_and_doctor_from_an_empty_folder(tmp_path: Path) -> None:
    file, data = tmp_path / "said.jsonl", tmp_path / "data"
    file.write_text("\n".join(said(number) for number in range(3)))
    done = run("import", file, "--channel", "old-posts", "--network", "x", "--data", data, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["accepted"] == 3
    told = run("import", file, "--channel", "old-posts", "--data", data)
    assert "0 new, 0 changed, 3 known already, 0 left out." in told.stdout
    exported = [json.loads(line) for line in run("export", "messages", "--data", data).stdout.splitlines()]
    assert [line["native_id"] for line in exported] == ["m0", "m1", "m2"]
    assert all(line["rating"] and line["case_id"] for line in exported), "an import rates and threads at once"
    well = run("doctor", "--data", data, "--json")
    assert (well.exit_code, json.loads(well.stdout)["ok"]) == (0, True)


def test_a_broken_file_is_named_by_line_on_stderr_and_fails(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    file.write_text(f"{said(1)}\n{{broken\n")
    failed = run("import", file, "--channel", "x", "--data", tmp_path / "data")
    assert failed.exit_code == 1
    assert f"{file}:2: not valid JSON" in failed.stderr.replace("\n", "")
    assert "--keep-going" in failed.stderr
    assert failed.stdout == ""
    kept = run("import", file, "--channel", "x", "--data", tmp_path / "data", "--keep-going", "--json")
    assert (kept.exit_code, json.loads(kept.stdout)["accepted"]) == (0, 1)


def test_a_file_of_unknown_kind_asks_for_the_format(tmp_path: Path) -> None:
    file = tmp_path / "said.txt"
    file.write_text(said(1))
    assert "--format" in run("import", file, "--channel", "x", "--data", tmp_path / "data").stderr
    named = run("import", file, "--channel", "x", "--format", "jsonl", "--data", tmp_path / "data")
    assert named.exit_code == 0


def test_the_doctor_fails_when_something_was_lost(tmp_path: Path) -> None:
    file, data = tmp_path / "said.jsonl", tmp_path / "data"
    file.write_text(said(1))
    run("import", file, "--channel", "x", "--data", data)
    store = Store(f"sqlite:///{data / 'earful.sqlite3'}")
    store.write_now(lambda tx: tx.execute(delete(events)))
    assert store.read_now(lambda tx: tx.rows(select(messages.c.id)))
    store.close()
    found = run("doctor", "--data", data)
    assert found.exit_code == 1
    assert "look" in found.output


def test_a_doctor_of_nothing_says_so(tmp_path: Path) -> None:
    found = run("doctor", "--data", tmp_path / "mistyped")
    assert found.exit_code == 1
    assert not (tmp_path / "mistyped").exists(), "looking must not make a desk"


def test_the_schema_describes_what_is_taken() -> None:
    told = json.loads(run("schema").stdout)
    assert told["$schema"].endswith("2020-12/schema")
    assert set(IncomingMessage.__struct_fields__) <= set(told["$defs"]["IncomingMessage"]["properties"])


def test_a_link_signs_in_a_known_user_only(tmp_path: Path) -> None:
    server = EarfulServer(tmp_path / "data")
    server.prepare()
    told = run("link", "KIM@acme.example", "--data", tmp_path / "data")
    assert told.exit_code == 0
    assert "/sign-in/" in told.stdout
    unknown = run("link", "nobody@acme.example", "--data", tmp_path / "data")
    assert (unknown.exit_code, "Nobody active" in unknown.stderr) == (1, True)


def test_a_second_start_on_a_taken_port_fails_at_once_and_clearly(tmp_path: Path) -> None:
    server = EarfulServer(tmp_path / "data")
    server.start()
    try:
        second = server.command("up", "--port", str(server.port))
        assert second.returncode == 1
        assert f"cannot listen on 127.0.0.1:{server.port}" in second.stderr
    finally:
        server.stop()


def test_an_export_into_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    file.write_text("\n".join(said(number) for number in range(3_000)))
    run("import", file, "--channel", "x", "--data", tmp_path / "data")
    program = f"{sys.executable} -m earful.cli export messages --data {tmp_path / 'data'} | head -1"
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_the_version_is_told() -> None:
    assert "earful" in run("--version").output
