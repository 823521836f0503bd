"""One measurement of `earful bench triage`: `python -m earful.bench.triage_parts NAME COUNT` prints figures as JSON."""

import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from earful.bench.report import Figure
from earful.bench.texts import OPENINGS

NAME = "triage"
BATCH, ROUNDS, STARTS = 256, 5, 5
CORPUS = Path("data/corpus")
Labelled = tuple[list[str], list[str]]


def texts(count: int) -> Labelled:
    """Messages with their kind: the corpus when it is here, else the wordings that fill a benchmark's desk."""
    if CORPUS.is_dir():
        from earful.triage.corpus import read_corpus  # noqa: PLC0415

        known = [(example.text, example.kind) for example in read_corpus(CORPUS)]
    else:
        known = [(text, "other" if at % 2 else "complaint") for at, text in enumerate(OPENINGS)]
    random.Random(1).shuffle(known)  # noqa: S311  (an order, not a secret)
    rows = (known * (count // len(known) + 1))[:count]
    return [text for text, _ in rows], [kind for _, kind in rows]


def per_second(work: Callable[[], object], count: int) -> float:
    """Messages a second of processor time: the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return count / best


def _batches(said: Sequence[Any]) -> list[list[Any]]:
    return [list(said[at : at + BATCH]) for at in range(0, len(said), BATCH)]


def rating(count: int) -> list[Figure]:
    """The whole rating with near duplicates, in batches and alone."""
    from earful.triage.rate import WEIGHTS, load, shipped  # noqa: PLC0415
    from earful.triage.similar import Groups  # noqa: PLC0415
    from earful.triage.subject import Brand, Subject  # noqa: PLC0415

    said, _ = texts(count)
    triage, groups = load(Brand(names=("Brewline",), handles=("brewline",))), Groups()
    batches = _batches([Subject(text=text) for text in said])

    def all_at_once() -> None:
        for batch in batches:
            triage.rate(batch)
            groups.place([subject.text for subject in batch])

    def one_by_one() -> None:
        for subject in batches[0]:
            triage.rate([subject])
            groups.place([subject.text])

    all_at_once()
    single = 1e6 / per_second(one_by_one, len(batches[0]))
    length = sum(map(len, said)) / len(said)
    note = f"{len(said)} messages of {length:.0f} characters, best of {ROUNDS}, processor time"
    size = shipped().table.nbytes / 2**20
    return [
        _figure(
            "whole rating, batches of 256",
            per_second(all_at_once, len(said)),
            "msg/s",
            30_000,
            note,
            floor=True,
        ),
        _figure(
            "whole rating, one alone", single, "microseconds", 100, "all heads, near duplicates, private data"
        ),
        _figure("model in memory", size, "MiB", 20),
        _figure("model's file", WEIGHTS.stat().st_size / 2**20, "MiB", 20),
    ]


def duplicates(count: int) -> list[Figure]:
    """Near-duplicate groups alone."""
    from earful.triage.similar import BANDS, ROOM, VALUES, Groups  # noqa: PLC0415

    said, _ = texts(count)
    batches, groups = _batches(said), Groups()
    groups.place(said[:2])
    speed = per_second(lambda: [groups.place(batch) for batch in batches], len(said))
    memory = 4 * VALUES + 8 + 2 * 8 * BANDS
    note = f"{memory} bytes a message, {ROOM} remembered"
    return [_figure("near duplicates", speed, "msg/s", 100_000, note, floor=True)]


def start(count: int) -> list[Figure]:
    """From nothing to the first rating: the process, without and with the interpreter's own start."""
    command = "import earful; earful.triage(['my parcel is late'])"
    seconds, bare = [], []
    for _ in range(STARTS):
        for known, code in ((seconds, command), (bare, "pass")):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            known.append(min(time.perf_counter() - begun, spent))
    note = f"Python's own start, {min(bare):.2f} s, is part of it; best of {STARTS}"
    return [_figure("import, load, first rating", min(seconds), "s", 0.5, note)]


def vader(count: int) -> list[Figure]:
    """VADER's sentiment."""
    import vaderSentiment.vaderSentiment as peer  # noqa: PLC0415

    said, _ = texts(min(count, 4_096))
    judge = peer.SentimentIntensityAnalyzer()
    speed = per_second(lambda: [judge.polarity_scores(text) for text in said], len(said))
    return [_figure(f"VADER {version('vaderSentiment')}", speed, "msg/s", note="sentiment only")]


def sklearn(count: int) -> list[Figure]:
    """TF-IDF of words with a linear support vector machine."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    said, kinds = texts(count)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC()).fit(
        said, kinds
    )
    batches = _batches(said)
    speed = per_second(lambda: [model.predict(batch) for batch in batches], len(said))
    name = f"scikit-learn {version('scikit-learn')}, TF-IDF + LinearSVC"
    return [_figure(name, speed, "msg/s", note="kind only, batches of 256")]


def fasttext(count: int) -> list[Figure]:
    """fastText, supervised, with its usual settings for short texts."""
    import fasttext as peer  # noqa: PLC0415

    said, kinds = texts(count)
    lines = [text.replace("\n", " ") for text in said]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "train.txt"
        rows = (f"__label__{kind} {line}\n" for kind, line in zip(kinds, lines, strict=True))
        file.write_text("".join(rows), "utf-8")
        model = peer.train_supervised(str(file), wordNgrams=2, minn=3, maxn=5, epoch=5, thread=1, verbose=0)
    batches = _batches(lines)
    speed = per_second(lambda: [model.predict(batch) for batch in batches], len(lines))
    return [
        _figure(
            f"fastText {version('fasttext-numpy2-wheel')}", speed, "msg/s", note="kind only, batches of 256"
        )
    ]


def _figure(
    what: str, value: float, unit: str, bar: float | None = None, note: str = "", *, floor: bool = False
) -> Figure:
    return Figure(
        benchmark=NAME, what=what, value=round(value, 3), unit=unit, bar=bar, at_least=floor, note=note
    )


def main(name: str, count: int) -> None:
    """Print the figures of one measurement."""
    try:
        figures = globals()[name](count)
    except (ModuleNotFoundError, PackageNotFoundError) as missing:
        note = f"not installed ({missing}): pip install 'earful[peers]'"
        figures = [_figure(name, 0.0, "msg/s", note=note)]
    sys.stdout.buffer.write(msgspec.json.encode(figures))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
