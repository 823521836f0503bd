"""`earful channels`: how every channel does, and reading again what could not be read."""

from datetime import UTC
from typing import Any

import msgspec
import rich_click as click
from rich.table import Table

from earful.options import common, existing, out


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@common
@click.pass_context
def channels(context: click.Context, /, as_json: bool, **flags: Any) -> None:
    """Show how every channel does: last sign of life, lag, what waits, what could not be read, what may be missing."""
    if context.invoked_subcommand is not None:
        return
    from earful.desk.channels import commands  # noqa: PLC0415

    found = commands.listed(existing(**flags))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    table = Table(
        "channel",
        "network",
        "health",
        "to be read",
        "unread",
        "gap",
        "what is wrong",
        box=None,
        pad_edge=False,
    )
    for one in found:
        gap = "yes" if one.ledger.gap_since is not None else ""
        numbers = (str(one.ledger.to_read), str(one.ledger.unread))
        table.add_row(one.name, one.network.value, one.health, *numbers, gap, one.trouble)
    out.print(table)


@channels.command()
@click.option("--channel", default="", help="Only of the channel of this name.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="All that was pushed from this day on (UTC)."
)
@common
def reparse(channel: str, since: Any, **flags: Any) -> None:
    """Read again what was kept and could not be read, as after an update. Reading twice changes nothing."""
    from earful.desk.channels import commands  # noqa: PLC0415
    from earful.model.time import instant  # noqa: PLC0415

    at = instant(since.replace(tzinfo=UTC)) if since is not None else None
    try:
        count = commands.reparse(existing(**flags), channel, at)
    except commands.Refused as error:
        raise click.ClickException(str(error)) from error
    out.print(f"{count} deliveries will be read again by the running desk.", highlight=False)
