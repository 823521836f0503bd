"""`earful train` and `earful evaluate`: any task, the same file the same model, clear words for what is wrong."""

import csv
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from earful.cli import main
from earful.triage import task

WORDS = {
    "late": ("my parcel is late", "where is my order", "the courier never came", "still not delivered"),
    "money": ("you charged me twice", "refund my money", "the bill is wrong", "why this fee"),
}  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("task") / "rows.csv"
    chosen = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["split", "text", "mood", "language"])
        for number in range(240):
            label = chosen.choice(sorted(WORDS))
            words = chosen.choice(WORDS[label]).split()
            chosen.shuffle(words)
            rows.writerow(["dev" if number % 4 == 0 else "train", f"{' '.join(words)} {number}", label, "en"])
    return path


def run(*arguments: object) -> str:
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_task_is_learned_and_measured(table: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.model", tmp_path / "b.model"
    for out in (first, second):
        run(
            "train",
            "--train",
            table,
            "--text",
            "text",
            "--label",
            "mood",
            "--where",
            "split=train",
            "--out",
            out,
        )
    assert first.read_bytes().replace(b'"name":"a"', b"") == second.read_bytes().replace(b'"name":"b"', b"")
    said = run(
        "evaluate", "--model", first, "--test", table, "--text", "text", "--label", "mood", "--where", "split=dev",
        "--group", "language", "--json",
    )  # fmt: skip
    report = json.loads(said)
    assert report["texts"] == 60
    assert report["accuracy"] > 0.95
    assert sum(map(sum, report["confusion"])) == 60
    assert report["per_class"].keys() == WORDS.keys()
    assert report["groups"]["en"]["macro_f1"] == report["macro_f1"]
    assert 0 <= report["calibration_error"] < 0.2
    assert report["messages_per_second"] > 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--text", "nothing", "--label", "mood"], "no column 'nothing'"),
        (["--text", "text", "--label", "language"], "teach nothing"),
        (["--text", "text", "--label", "mood", "--where", "split=never"], "no row"),
    ],
)
def test_what_cannot_be_learned_says_why(table: Path, tmp_path: Path, options: list[str], why: str) -> None:
    done = CliRunner().invoke(main, ["train", "--train", str(table), "--out", str(tmp_path / "m"), *options])
    assert done.exit_code != 0
    assert why in " ".join(done.output.replace("│", " ").split())
    assert not (tmp_path / "m").exists()


def test_a_label_that_the_model_does_not_know_is_named(table: Path) -> None:
    with pytest.raises(task.TaskError, match="the file has late, money"):
        task.evaluate(
            task.train(task.Table(["a", "b"] * 9, ["x", "y"] * 9)), task.read_table(table, "text", "mood")
        )
