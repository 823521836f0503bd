"""`earful triage`, `earful train` and `earful evaluate`. Thin: read options, call the room, print."""

import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NAMES = "Rename labels: 0=negative,1=neutral,2=positive."
_WHERE = "Only rows whose column has this value: split=train."


@click.command()
@click.argument("file", type=_FILE, required=False)
@click.option("--brand", "brand_file", type=_FILE, help="TOML file that says who we are.")
@click.option("--explain", is_flag=True, help="Print for people: each rating with its reasons.")
@click.option("--deep", is_flag=True, help="Look again at what is least sure; needs earful[deep].")
def triage(file: Path | None, brand_file: Path | None, explain: bool, deep: bool) -> None:
    """Rate messages: lines of JSON in (FILE or standard input), lines of JSON out, in the same order.

    A line needs `text`; `id`, `author`, `followers`, `reactions`, `network`, `created_at` help.
    """
    from earful.triage.lines import rate_lines  # noqa: PLC0415
    from earful.triage.model import ModelRefused  # noqa: PLC0415
    from earful.triage.profile import InvalidProfileError, read_brand  # noqa: PLC0415
    from earful.triage.rate import Triage, load  # noqa: PLC0415
    from earful.triage.subject import Brand  # noqa: PLC0415

    try:
        brand = read_brand(brand_file.read_text("utf-8")) if brand_file else Brand()
        fast = load(brand)
        rater: Triage = fast
        if deep:
            from earful.triage.deep import Cascade  # noqa: PLC0415

            rater = Cascade(fast)
    except (ModelRefused, InvalidProfileError, UnicodeDecodeError, ImportError, OSError) as error:
        raise click.ClickException(str(error)) from error
    with file.open("rb") if file else click.open_file("-", "rb") as lines:
        for found in rate_lines(rater, lines, round(time.time() * 1000)):
            if explain:
                click.echo(_explained(found))
            else:
                sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")


def _explained(found: Mapping[str, Any]) -> str:
    """One rating as people read it."""
    if "error" in found:
        return f"{_name(found)}: {found['error']}\n"
    words = [
        f"{_name(found)}: {found['kind']}, {found['sentiment']}, {found['topic']}; severity {found['severity']}, "
        f"urgency {found['urgency']}, wants {found['wants']}; priority {found['priority']}",
        f"  relevance {found['relevance']:.2f}, churn risk {found['churn_risk']:.2f}, language {found['language']}, "
        f"reach {found['reach']:.0f} ({found['reach_tier']})",
    ]
    for name in ("tried_before", "pii"):
        words += [
            f"  {name.replace('_', ' ')}: {one.get('channel') or one.get('type')}" for one in found[name]
        ]
    words += [f"  abuse: {', '.join(found['abuse'])}"] if found["abuse"] else []
    for reason in found["reasons"]:
        weight = f" {reason['weight']:+g}" if reason.get("weight") else ""
        said = f" “{reason['words']}”" if reason.get("words") else ""
        words.append(f"    {reason['field']}{weight}: {reason['because']}{said}")
    return "\n".join(words) + "\n"


def _name(found: Mapping[str, Any]) -> str:
    return (
        str(found["id"])
        if found.get("id") is not None
        else f"line {found['line']}"
        if "line" in found
        else "-"
    )


def _names(value: str) -> dict[str, str]:
    """`0=negative,1=neutral` as a dict. Raises click.BadParameter."""
    pairs = [pair.partition("=") for pair in value.split(",") if pair]
    if any(not middle for _, middle, _ in pairs):
        raise click.BadParameter(f"{value!r} is not of the form old=new,old=new")
    return {old.strip(): new.strip() for old, _, new in pairs}


@click.command()
@click.option("--train", "train_file", type=_FILE, required=True, help="CSV file to learn from.")
@click.option("--text", required=True, help="Column of the text.")
@click.option("--label", required=True, help="Column of the label.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The model's file."
)
@click.option("--dev", type=_FILE, help="CSV file to measure on afterwards; nothing is chosen by it.")
@click.option("--where", default="", help=_WHERE)
@click.option("--dev-where", default="", help="The same for --dev.")
@click.option("--names", default="", help=_NAMES)
def train(train_file: Path, text: str, label: str, out: Path, dev: Path | None, **more: str) -> None:
    """Train a model for any task with one label a text.

    Settings are chosen by cross-validation on the training data alone. The same file gives the same model.
    """
    from earful.triage import task  # noqa: PLC0415
    from earful.triage.model import save  # noqa: PLC0415

    names = _names(more["names"])
    try:
        table = task.read_table(train_file, text, label, where=more["where"], names=names)
        against = task.read_table(dev, text, label, where=more["dev_where"], names=names) if dev else None
        model = task.train(table, dev=against, name=out.stem, say=lambda words: click.echo(words, err=True))
        save(model, out)
    except (task.TaskError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(msgspec.json.format(msgspec.json.encode(model.about), indent=1).decode())


@click.command()
@click.option(
    "--model", "model_file", type=_FILE, help="A model of `earful train`. Default: the shipped one."
)
@click.option("--test", "test_file", type=_FILE, required=True, help="CSV file with the true labels.")
@click.option("--text", required=True, help="Column of the text.")
@click.option("--label", required=True, help="Column of the label.")
@click.option("--head", default="", help="Which head of the shipped model: kind, sentiment, topic, ...")
@click.option("--where", default="", help=_WHERE)
@click.option("--names", default="", help=_NAMES)
@click.option("--group", default="", help="Column to report apart, such as the language.")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
def evaluate(model_file: Path | None, test_file: Path, text: str, label: str, head: str, **more: Any) -> None:
    """Measure a model on labelled texts: accuracy, F1, recall, calibration, confusion, speed."""
    from earful.triage import task  # noqa: PLC0415
    from earful.triage.model import ModelRefused, load_model  # noqa: PLC0415
    from earful.triage.rate import shipped  # noqa: PLC0415

    if not model_file and not head:
        raise click.UsageError("Name a --model, or the --head of the shipped one.")
    try:
        model = load_model(model_file) if model_file else shipped()
        table = task.read_table(
            test_file, text, label, where=more["where"], group=more["group"], names=_names(more["names"])
        )
        report = task.evaluate(model, table, head=head or task.HEAD)
    except (task.TaskError, ModelRefused, OSError, KeyError) as error:
        raise click.ClickException(str(error.args[0] if isinstance(error, KeyError) else error)) from error
    if more["as_json"]:
        click.echo(msgspec.json.encode(report).decode())
    else:
        click.echo("\n".join(_report(report)))


def _report(report: Mapping[str, Any]) -> Iterable[str]:
    for name in ("texts", "accuracy", "macro_f1", "macro_recall", "calibration_error", "messages_per_second"):
        yield f"{name.replace('_', ' '):<22}{report[name]}"
    yield f"\n{'label':<22}{'precision':>10}{'recall':>10}{'F1':>10}{'texts':>10}"
    for name, row in report["per_class"].items():
        yield f"{name:<22}{row['precision']:>10.3f}{row['recall']:>10.3f}{row['f1']:>10.3f}{row['texts']:>10}"
