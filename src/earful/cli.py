"""The `earful` command. Thin: every command reads its options, calls one room, and prints."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click
from rich.progress import Progress
from rich.table import Table

from earful import __version__
from earful.desk.channels import console as channels
from earful.model.message import Network
from earful.options import common, err, existing, out, settings_of
from earful.triage import commands as triage


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="earful")
def main() -> None:
    """Earful: an open-source social customer service desk.

    Start with `earful up --demo` and open the link it prints.
    """


@main.command()
@common
@click.option("--host", help="Address to listen on (EARFUL_HOST).")
@click.option("--port", type=int, help="Port to listen on (EARFUL_PORT).")
@click.option(
    "--demo", is_flag=True, help="Fill an empty database with a fictional company and play it live."
)
def up(demo: bool, **flags: Any) -> None:
    """Start Earful: web pages, connectors, consumers and outbox in one process."""
    from earful import serve  # noqa: PLC0415 - the web server is slow to import, and only this command needs it

    serve.run(settings_of(**flags), demo=demo)


@main.command()
@click.option(
    "--port", type=int, default=8190, show_default=True, help="Port to listen on, on this machine only."
)
@click.option(
    "--desk", default="http://127.0.0.1:8080", show_default=True, help="Where the desk is, for a link to it."
)
def playground(port: int, desk: str) -> None:
    """Start simulated networks on this machine: post as a customer, see the answers, turn the knobs.

    Its page says what to fill in at the desk; the desk must allow private addresses
    (EARFUL_ALLOW_PRIVATE_ADDRESSES=true). Nothing leaves this machine, and nothing is kept when it ends.
    """
    from earful.playground.networks.serve import run  # noqa: PLC0415

    run(port, desk)


@main.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--channel", required=True, help="Name of the channel that the messages belong to; made when new."
)
@click.option(
    "--network",
    type=click.Choice([network.value for network in Network]),
    default=None,
    help="Network of a channel that is made now. Default: by format, else x.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["jsonl", "csv", "mbox", "eml", "google-plus"]),
    help="Default: by ending; a folder or .zip is an archive of Google+.",
)
@click.option(
    "--own-address",
    multiple=True,
    help="Our own mail address, or our id or name in an archive, to tell ours from theirs.",
)
@click.option(
    "--keep-going", is_flag=True, help="Leave out items that cannot be read instead of refusing the file."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@common
def import_(file: Path, as_json: bool, **options: Any) -> None:
    """Import messages from a JSONL, CSV, mbox or .eml file, or an archive of a closed network.

    Either everything is imported or nothing; a run that was cut off can be repeated without doubles.
    """
    from earful import importing  # noqa: PLC0415

    own = options.pop("own_address")
    given = {name: options.pop(name) for name in ("channel", "network", "format_", "keep_going")}
    try:
        done = importing.run(settings_of(**options), file, own_addresses=own, quiet=as_json, **given)
    except importing.Refused as error:
        for fault in error.faults:
            err.print(f"{file}:{fault.line}: {fault.detail}", highlight=False, markup=False)
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(msgspec.json.encode(done).decode())
        return
    out.print(
        f"{done.accepted} new, {done.changed} changed, {done.duplicates} known already, "
        f"{len(done.faults)} left out.",
        highlight=False,
    )


@main.command()
@click.argument("what", type=click.Choice(["messages", "conversations", "cases"]))
@common
def export(what: str, **flags: Any) -> None:
    """Write everything of a kind as JSON Lines to standard output."""
    from earful.export import export as lines  # noqa: PLC0415
    from earful.store.migrate import migrate  # noqa: PLC0415
    from earful.store.store import Store  # noqa: PLC0415

    settings = existing(**flags)
    migrate(settings.database_url)
    store = Store(settings.database_url)
    try:
        for line in lines(store, what):
            sys.stdout.buffer.write(line)
    finally:
        store.close()


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@common
def doctor(as_json: bool, **flags: Any) -> None:
    """Check that nothing was lost. Exit status 1 when something was found."""
    from earful.doctor import examine  # noqa: PLC0415
    from earful.wiring import Earful  # noqa: PLC0415

    earful = Earful(existing(**flags))
    try:
        report = examine(earful.store, earful.log, earful.clock(), earful.files)
    finally:
        earful.store.close()
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        table = Table("", "check", "found", "what to do", box=None, pad_edge=False)
        for finding in report.findings:
            found = finding.detail or (str(finding.count) if finding.count else "")
            mark = "[green]ok[/]" if finding.ok else "[red]look[/]"
            advice = "" if finding.ok else finding.advice
            table.add_row(mark, finding.check, " ".join([found, *finding.examples]), advice)
        out.print(table)
    sys.exit(0 if report.ok else 1)


@main.command()
@click.argument("email")
@common
def link(email: str, **flags: Any) -> None:
    """Print a link that signs a user in once: for the first visit, or a forgotten password."""
    from earful.desk.users import service as users  # noqa: PLC0415
    from earful.wiring import Earful  # noqa: PLC0415

    earful = Earful(existing(**flags))
    try:
        token = earful.store.write_now(lambda tx: users.link_for(tx, email, earful.clock()))
    except users.InvalidError as error:
        raise click.ClickException(str(error)) from error
    finally:
        earful.store.close()
    click.echo(f"{earful.settings.address}/sign-in/{token}")


@main.command()
@click.argument("only", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option(
    "--size", type=click.Choice(["small", "full"]), default="full", help="`small` for a quick look."
)
def bench(as_json: bool, only: tuple[str, ...], size: str) -> None:
    """Measure speed and memory on this machine, beside named peers in the same run: all, or only those named."""
    from earful.bench import run  # noqa: PLC0415

    try:
        found = asyncio.run(run.everything(only=only, size=size, say=err.print))
    except run.UnknownBenchmark as error:
        raise click.ClickException(str(error)) from error
    click.echo(msgspec.json.encode(found).decode() if as_json else run.as_table(found))


main.add_command(channels.channels)
main.add_command(triage.triage)
main.add_command(triage.train)
main.add_command(triage.evaluate)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--calendar", required=True, help="Name or id of the calendar.")
@common
def holidays(file: Path, calendar: str, **flags: Any) -> None:
    """Add the holidays of an iCalendar file to a calendar.

    The file is read whole or refused with the lines that cannot be read; holidays that are known are not added twice.
    """
    from earful.desk.calendars import commands  # noqa: PLC0415

    try:
        done = commands.read_in(existing(**flags), file, calendar)
    except commands.Refused as error:
        raise click.ClickException(str(error)) from error
    out.print(f"{done.added} added, {done.known} known already.", highlight=False)


def _with_files(command: Any) -> Any:
    command = click.argument("files", nargs=-1, type=click.Path(path_type=Path))(common(command))
    return click.argument("what", type=click.Choice(["check", "import", "export"]))(command)


def _files(room: Any, what: str, files: tuple[Path, ...], wanted: str, flags: dict[str, Any]) -> None:
    """Let a feature's commands check, read in or write out files. Everything or nothing is kept."""
    from earful.desk.toml.commands import Commands, Refused  # noqa: PLC0415

    commands: Commands = room
    missing = [str(file) for file in files if what != "export" and not file.is_file()]
    if missing or not files or (what == "export" and len(files) > 1):
        named = wanted if what == "export" else "files that are there"
        raise click.ClickException(f"Name {named}. Not found: {', '.join(missing) or 'none named'}.")
    try:
        if what == "check":
            settings = existing(**flags) if flags.get("data") or flags.get("database") else None
            said = [f"{file}: {commands.check(file, settings)} can be used." for file in files]
        elif what == "import":
            said = [f"{one}." for one in commands.read_in(existing(**flags), files)]
        else:
            said = [str(path) for path in commands.write_out(existing(**flags), files[0])]
    except Refused as error:
        for line in str(error).splitlines():
            err.print(line, highlight=False, markup=False, soft_wrap=True)
        raise click.ClickException("This cannot be used; nothing was kept.") from error
    for one in said:
        out.print(one, highlight=False, markup=False, soft_wrap=True)


@main.command()
@_with_files
def playbooks(what: str, files: tuple[Path, ...], **flags: Any) -> None:
    """Check, import or export playbooks as TOML files.

    `check FILE...` names every mistake with its line and column; with --data it also asks whether the promises of that
    desk could be kept. `import FILE...` puts them in force, all or none. `export FOLDER` writes one file for each.
    """
    from earful.desk.playbooks import commands  # noqa: PLC0415

    _files(commands, what, files, "one folder", flags)


@main.command()
@_with_files
def rules(what: str, files: tuple[Path, ...], **flags: Any) -> None:
    """Check, import or export automation rules as TOML files.

    `check FILE...` names every mistake with its line and column; with --data it also asks for the colleagues, queues
    and playbooks of that desk. `import FILE...` changes rules of the same id and adds others as the last, all or none.
    `export FILE` writes all of them.
    """
    from earful.desk.automation import commands  # noqa: PLC0415

    _files(commands, what, files, "one file", flags)


@main.command()
@_with_files
def sla(what: str, files: tuple[Path, ...], **flags: Any) -> None:
    """Check, import or export calendars and SLA policies as TOML files.

    `check FILE...` names every mistake with its line and column; with --data policies may count by the calendars of
    that desk. `import FILE...` changes what has the same id and adds the rest, all or none; open cases follow.
    `export FILE` writes all of them.
    """
    from earful.desk.sla import commands  # noqa: PLC0415

    _files(commands, what, files, "one file", flags)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--weeks", default=4, show_default=True, type=click.IntRange(1, 26), help="Weeks of cases to look at."
)
@click.option(
    "--imported", is_flag=True, help="Count what an import brought as if it had come while the desk ran."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@common
def backtest(file: Path, weeks: int, imported: bool, as_json: bool, **flags: Any) -> None:
    """Try a playbook, rules or SLA policies from a TOML file on the desk's own past.

    The file is one that `earful playbooks`, `earful rules` or `earful sla` takes. It is played over the cases that
    opened in the last weeks, beside what is in force: had everybody answered when they did. Nothing is changed.
    """
    from earful.desk.backtest import commands  # noqa: PLC0415
    from earful.desk.toml.commands import Refused  # noqa: PLC0415

    try:
        with Progress(console=err, transient=True) as bar:
            task = bar.add_task("cases", total=None)
            found = commands.run(
                existing(**flags),
                file,
                weeks,
                lambda done, total: bar.update(task, completed=done, total=total),
                imported=imported,
            )
    except Refused as error:
        for line in str(error).splitlines():
            err.print(line, highlight=False, markup=False, soft_wrap=True)
        raise click.ClickException("This cannot be tested; nothing was changed.") from error
    click.echo(msgspec.json.encode(found).decode() if as_json else commands.as_table(found))


@main.command()
@click.argument("what", type=click.Choice(["erase"]), expose_value=False)
@click.argument("person_id")
@click.option("--reason", required=True, help="Why: who asked, how and when; without the name.")
@click.option("--yes", is_flag=True, help="Do not ask: it cannot be taken back.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@common
def person(person_id: str, reason: str, *, yes: bool, as_json: bool, **flags: Any) -> None:
    """Erase what is kept of a person for good: names, accounts, words, files, raw deliveries, and notes about them.

    PERSON_ID is the last part of the address of the person's page. Cases stay as numbers, without a word. Files and the
    search follow when the desk runs.
    """
    from earful.desk.erasing import commands  # noqa: PLC0415

    settings = existing(**flags)
    if not yes:
        click.confirm("This cannot be taken back. Erase the person?", abort=True, err=True)
    try:
        with Progress(console=err, transient=True) as bar:
            task = bar.add_task("erasing", total=None)
            found = commands.erase(
                settings, person_id, reason, lambda done, total: bar.update(task, completed=done, total=total)
            )
    except commands.Refused as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo(f"Erased: {found.messages} messages and answers; {found.cases} cases stay without words.")


@main.command()
def schema() -> None:
    """Print the JSON Schema of a message, as the API, webhooks and importers take it."""
    from earful.intake.wire import schema as found  # noqa: PLC0415

    click.echo(msgspec.json.format(msgspec.json.encode(found()), indent=2).decode())


if __name__ == "__main__":
    main()
