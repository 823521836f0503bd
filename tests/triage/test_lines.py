"""`earful triage`: lines in, ratings out, in the same order; a bad line stops no other."""

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import earful
from earful.cli import main
from earful.triage.lines import rate_lines
from earful.triage.rate import load
from earful.triage.subject import Brand

RATER = load(Brand())
FIELDS = {
    "id", "kind", "kind_p", "sentiment", "sentiment_p", "relevance", "topic", "severity", "urgency", "wants",
    "tried_before", "churn_risk", "abuse", "pii", "language", "reach", "reach_tier", "priority", "confidence",
    "reasons", "model", "group",
}  # fmt: skip


def rated(*lines: bytes) -> list[dict[str, object]]:
    return list(rate_lines(RATER, lines, 1_700_000_000_000))


def test_lines_keep_their_order_and_their_names() -> None:
    lines = [json.dumps({"id": number, "text": f"message {number}"}).encode() for number in range(600)]
    found = rated(*lines)
    assert [one["id"] for one in found] == list(range(600))
    assert all(one.keys() == FIELDS for one in found)


def test_bad_lines_say_what_is_wrong_and_stop_no_other() -> None:
    found = rated(
        b'{"id": 1, "text": "fine"}', b"not json", b'{"id": 3}', b'{"id": 4, "text": 5}', b'["list"]',
        b'{"id": 6, "text": "\xff"}', b"", b'{"id": 8, "text": "also fine", "followers": "many"}',
        b'{"id": 9, "text": "lone \\ud800 surrogate"}', b'{"id": "x", "text": ""}', b"[" * 100_000,
    )  # fmt: skip
    errors = {one["line"]: one["error"] for one in found if "error" in one}
    assert errors.keys() == {2, 3, 4, 5, 6, 8, 11}
    assert [one["id"] for one in found if "error" not in one] == [1, 9, "x"]
    assert all("no rating was made" in str(error) for error in errors.values())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=8))
def test_any_bytes_give_one_answer_a_line(lines: list[bytes]) -> None:
    assert len(rated(*lines)) == sum(bool(line.strip()) for line in lines)


def test_the_command_reads_a_brand_and_explains(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": "a", "text": "the Delta flight was late", "reactions": 4}\n')
    (tmp_path / "brand.toml").write_text('names = ["Delta"]\nwords_that_fool = ["variant"]\n')
    arguments = ["triage", str(tmp_path / "in.jsonl"), "--brand", str(tmp_path / "brand.toml")]
    plain, told = (CliRunner().invoke(main, [*arguments, *more]) for more in ([], ["--explain"]))
    assert json.loads(plain.output)["relevance"] > 0
    assert "a: complaint" in told.output
    assert "names our name" in told.output
    (tmp_path / "brand.toml").write_text("names = 3\n")
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 1
    assert "names" in refused.output


def test_the_library_gives_what_the_command_gives() -> None:
    text = "Third call about order 8812345, I am cancelling"
    (one,) = earful.triage([text])
    (other,) = rated(json.dumps({"id": 0, "text": text}).encode())
    assert one == other
    program = "import earful, json; print(json.dumps(earful.triage(['hello there'])[0]['kind']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) in ("other", "unsure", "question")
