"""`earful import`: a file into a channel, with progress, and rated and threaded at once when no desk is running."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from earful.config import Settings
from earful.desk.channels import service as channels
from earful.intake import files
from earful.log.runner import step
from earful.model.message import Network
from earful.store.audit import EARFUL
from earful.wiring import Earful

Refused = files.FileRefusedError
ASSUMED = {"mbox": Network.EMAIL, "eml": Network.EMAIL, "google-plus": Network.GOOGLE_PLUS}
"""Networks of channels that are made for a file, where nobody names one."""


def run(
    settings: Settings,
    path: Path,
    *,
    channel: str,
    network: str | None,
    format_: str | None,
    keep_going: bool,
    own_addresses: tuple[str, ...],
    quiet: bool,
) -> files.Imported:
    """Import a file; raises `Refused` with the faulty lines."""
    kind = format_ or files.format_of(path)
    if kind is None:
        raise Refused(f"{path.name}: the ending does not tell the format; name it with --format.", [])
    assumed = ASSUMED.get(kind, Network.X)
    earful = Earful(settings)
    try:
        now = earful.clock()
        found = earful.store.write_now(
            lambda tx: channels.ensure(
                tx, earful.vault, EARFUL, Network(network) if network else assumed, channel, now
            )
        )
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
            reading = progress.add_task(f"importing {path.name}", total=2 * files.size_of(path))
            done = files.import_file(
                earful.store,
                earful.log,
                found.id,
                path,
                format_=kind,
                keep_going=keep_going,
                now=now,
                own_addresses=own_addresses,
                progress=lambda bytes_: progress.update(reading, completed=bytes_),
            )
            walking = progress.add_task("rating and threading", total=None)
            consumers = earful.consumers()
            while any(step(earful.store, earful.log, one, earful.clock(), limit=500) for one in consumers):
                progress.advance(walking)
        return done
    finally:
        earful.store.close()
