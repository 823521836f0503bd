"""What was measured, where, and whether it passes."""

from collections.abc import Iterable

from msgspec import Struct
from rich.console import Console
from rich.table import Table


class Figure(Struct, frozen=True, kw_only=True):
    """One measured figure beside its bar."""

    benchmark: str
    what: str
    value: float
    unit: str
    bar: float | None = None
    """None for a figure that is shown for comparison only."""
    at_least: bool = False
    """The bar is a floor; otherwise the value must stay below it."""
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the bar is met; None without a bar."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.at_least else self.value < self.bar


class Machine(Struct, frozen=True, kw_only=True):
    """Where it was measured."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    sqlite: str
    postgresql: str
    earful: str
    date: str
    load_before: float
    """Load average of a minute when the run began: what others did meanwhile."""
    load_after: float


class Outcome(Struct, frozen=True, kw_only=True):
    """A figure with its verdict, as JSON readers get it."""

    figure: Figure
    passed: bool | None


class Report(Struct, frozen=True, kw_only=True):
    """One run."""

    size: str
    machine: Machine
    results: list[Outcome]
    skipped: dict[str, str]
    """Benchmark -> why it did not run."""

    @property
    def passed(self) -> bool:
        """Whether every bar was met."""
        return all(result.passed is not False for result in self.results)


def outcomes(figures: Iterable[Figure]) -> list[Outcome]:
    """Figures with their verdicts."""
    return [Outcome(figure=figure, passed=figure.passed) for figure in figures]


def as_table(report: Report) -> str:
    """The report for people."""
    table = Table("", "benchmark", "figure", "measured", "bar", "note", box=None, pad_edge=False)
    for result in report.results:
        figure = result.figure
        mark = {True: "pass", False: "MISS", None: ""}[result.passed]
        bar = "" if figure.bar is None else f"{'>=' if figure.at_least else '<'} {number(figure.bar)}"
        value = f"{number(figure.value)} {figure.unit}"
        table.add_row(mark, figure.benchmark, figure.what, value, bar, figure.note)
    for name, why in report.skipped.items():
        table.add_row("skip", name, "", "", "", why)
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        console.print(machine_lines(report), highlight=False)
        console.print(table)
    return capture.get()


def machine_lines(report: Report) -> str:
    """The machine in words."""
    here = report.machine
    return (
        f"{here.date}, size {report.size}, Earful {here.earful}\n"
        f"{here.cpu}, {here.cores} cores, {here.memory_gib:.0f} GiB, Linux {here.kernel}, Python {here.python}, "
        f"SQLite {here.sqlite}, PostgreSQL {here.postgresql}; "
        f"load average {here.load_before:.2f} before, {here.load_after:.2f} after\n"
    )


def number(value: float) -> str:
    """As many digits as mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0-1) of the values lie: nearest rank, NaN for none."""
    if not values:
        return float("nan")
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]
