"""The corpus, the labels, and that the shipped weights were trained from them."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from earful.triage.card import kappa
from earful.triage.corpus import CorpusError, read_corpus, read_file
from earful.triage.rate import shipped
from earful.triage.similar import Groups

DATA = Path(__file__).parents[2] / "data"
CORPUS = DATA / "corpus"


def test_the_shipped_weights_come_from_these_files() -> None:
    sources = shipped().about["sources"]
    files = [*CORPUS.glob("*.tsv"), *(DATA / "demo_labels").glob("*.tsv")]
    assert {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }.items() <= sources.items()


def test_the_corpus_has_what_the_guide_asks() -> None:
    examples = read_corpus(CORPUS)
    assert len(examples) >= 10_000
    assert len({example.industry for example in examples}) >= 40
    languages = Counter(example.language for example in examples)
    assert all(languages[one] >= 300 for one in ("en", "es", "fr", "de", "pt", "it", "nl"))
    for field in ("kind", "sentiment", "topic", "severity", "urgency", "wants", "churn"):
        assert min(Counter(getattr(example, field) for example in examples).values()) >= 100, field


def test_few_are_alike() -> None:
    texts = [example.text for example in read_corpus(CORPUS)]
    copies = sum(group is not None and group != at for at, group in enumerate(Groups().place(texts)))
    same = len(texts) - len({" ".join(text.casefold().split()) for text in texts})
    assert (copies + same) / len(texts) < 0.02


def test_two_readers_agree() -> None:
    agreed = kappa(DATA / "demo_labels")
    assert min(agreed.values()) > 0.8
    assert shipped().about["kappa"] == agreed


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("en\tcomplaint", "2 columns instead of 13"),
        ("en\trant\tnegative\tother\t1\tnone\theard\t-\t0\t-\t1\tAcme\thello", "kind"),
    ],
)
def test_a_line_that_is_not_one_is_named(tmp_path: Path, line: str, why: str) -> None:
    header = (CORPUS / "bank.tsv").read_text("utf-8").splitlines()[0]
    (tmp_path / "new.tsv").write_text(f"{header}\n{line}\n")
    with pytest.raises(CorpusError, match=rf"new\.tsv, line 2: .*{why}"):
        read_file(tmp_path / "new.tsv")
