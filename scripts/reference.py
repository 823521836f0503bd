"""Write docs/reference from the code: settings, commands, routes, the message's schema.

`python scripts/reference.py` writes; `--check` fails when a page is not what the code says.
"""

import ast
import sys
from itertools import pairwise
from pathlib import Path

import click
import msgspec

from earful import cli, config
from earful.channels import registry
from earful.channels.contract import Files
from earful.desk.attaching import rules as attaching
from earful.desk.conditions import fields, reading
from earful.desk.conditions.words import GROUP_LABELS, OP_LABELS
from earful.desk.handoff import settings as handoffs
from earful.desk.macros import rules as macros
from earful.desk.outcomes.texts import VARIABLES
from earful.desk.playbooks import checking, texts
from earful.desk.playbooks import rules as playbooks
from earful.intake.calls import schema as call_schema
from earful.intake.wire import schema
from earful.web.app import HANDLERS
from earful.web.words import WORDS

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "reference"


def networks_page() -> str:
    """What a channel of each network can do, from the code of its connector."""
    lines = [
        "# Networks",
        "",
        "What a channel of each network can do, as its connector says. How each behaves when things go wrong is in",
        "[what every channel was tried with](conformance.md); what to create at the network, and what cannot be had,",
        "is in the README of its folder under `src/earful/channels`.",
        "",
        "| network | arrives by | public replies | private replies | longest reply | counted in | edits | deletes | "
        "time to answer freely | delivered and read | older messages | kept for us |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for network in registry.NETWORKS:
        can = registry.capabilities(network)
        if can is None:
            raise LookupError(f"{network} has no capabilities")
        longest = "any" if can.max_length is None else f"{can.max_length:,}"
        window = "always" if can.window is None else f"{can.window.seconds // 3600} h"
        if can.window is not None and can.window.extended_seconds:
            window += f", a human {can.window.extended_seconds // 3600} h"
        kept = "as long as it is there" if can.kept_seconds is None else f"{can.kept_seconds // 3600} h"
        told = (can.public_reply, can.private_reply, can.edits, can.deletes, can.reports, can.history)
        public, private, edits, deletes, reports, history = ("yes" if one else "no" for one in told)
        name = WORDS["network"][network.value]
        row = (
            name,
            f"{can.receive}, metrics only" if can.metrics_only else can.receive,
            public,
            private,
            longest,
            can.counter,
            edits,
            deletes,
            window,
            reports,
            history,
            kept,
        )
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join([*lines, *_files_section()]) + "\n"


def _files_section() -> list[str]:
    """Files that go out with replies, and why there are none elsewhere."""
    lines = [
        "",
        "## Files with replies",
        "",
        "| network | public replies | private replies |",
        "|---|---|---|",
    ]
    without: dict[str, list[str]] = {}
    for network in registry.NETWORKS:
        can = registry.capabilities(network)
        name = WORDS["network"][network.value]
        if can is None or not (can.public_reply or can.private_reply):
            continue
        if can.public_files is None and can.private_files is None:
            without.setdefault(attaching.why_none(can), []).append(name)
            continue
        lines.append(f"| {name} | {_files(can.public_files)} | {_files(can.private_files)} |")
    lines += ["", "None elsewhere:", ""]
    return lines + [f"- {', '.join(names)}: {why}" for why, names in without.items()]


def _files(takes: Files | None) -> str:
    """What a network takes with one reply, and how."""
    if takes is None:
        return "none"
    words = [attaching.in_words(takes).rstrip(".")]
    if takes.alt:
        words.append(f"described in {takes.alt:,} characters")
    fetched = "Fetched from the desk's public https address" if takes.fetched else ""
    return ". ".join(["; ".join(words), *filter(None, [attaching.in_messages(takes).rstrip("."), fetched])])


def settings_page() -> str:
    """Every setting with its documentation string."""
    tree = ast.parse(Path(config.__file__).read_text())
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    lines = [
        "# Settings",
        "",
        "Read in this order, later ones win: defaults, a TOML file, the environment, flags of `earful up`.",
        "The file is the one named by `--config` or `EARFUL_CONFIG`, else `earful.toml` in the data folder.",
        "",
        "| in the file | in the environment | default | meaning |",
        "|---|---|---|---|",
    ]
    for node, after in pairwise(body):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.value is None:
            continue
        words = ast.literal_eval(after.value) if isinstance(after, ast.Expr) else ""
        name, default = node.target.id, ast.literal_eval(node.value)
        shown = f"`{default}`" if default != "" else "empty"
        lines.append(f"| `{name}` | `EARFUL_{name.upper()}` | {shown} | {' '.join(str(words).split())} |")
    lines += [
        "",
        "Example:",
        "",
        "```toml",
        'public_url = "https://desk.example.com"',
        "proxies = 1",
        'database = "postgresql://earful@db.internal/earful"',
        "```",
    ]
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """Every command with its help."""
    lines = ["# Commands", "", "`earful COMMAND --help` says the same.", ""]
    context = click.Context(cli.main, info_name="earful")
    for name in sorted(cli.main.commands):
        command = cli.main.commands[name]
        usage = command.get_usage(click.Context(command, parent=context, info_name=name)).removeprefix(
            "Usage: "
        )
        lines += [f"## earful {name}", "", f"    {usage}", "", (command.help or "").strip(), ""]
        rows = [param for param in command.params if isinstance(param, click.Option)]
        if rows:
            lines += ["| option | meaning |", "|---|---|"]
            lines += [f"| `{'`, `'.join(param.opts)}` | {param.help or ''} |" for param in rows]
            lines.append("")
    return "\n".join(lines)


def api_page() -> str:
    """The routes for programs; what pages use among themselves is not an interface."""
    lines = [
        "# HTTP for programs",
        "",
        "Errors are problem details (RFC 9457, `application/problem+json`): `detail` says what happened, what was",
        "kept and what to do. `/api/openapi/openapi.json` describes the same routes. Tokens are made under",
        "Settings, API tokens, and sent as `Authorization: Bearer earful_...`.",
        "",
    ]
    for handler in HANDLERS:
        if handler.include_in_schema is False:
            continue
        permission = next(
            (guard.permission for guard in handler.guards or () if hasattr(guard, "permission")), None
        )
        needs = f"Needs `{permission}`." if permission else "Needs no sign-in."
        method = ", ".join(sorted(handler.http_methods - {"OPTIONS", "HEAD"}))
        words = "\n".join(line.strip() for line in (handler.fn.__doc__ or "").strip().splitlines())
        for path in sorted(handler.paths):
            lines += [f"## {method} {path}", "", words, "", needs, ""]
    return "\n".join(lines)


MEANINGS = {
    "is": "equal; text without the difference of capitals",
    "is_not": "the opposite of `is`, also true of a missing value",
    "in": "equal to one of a list",
    "not_in": "the opposite of `in`, also true of a missing value",
    "contains": "the text is part of it, without the difference of capitals",
    "has": "the word is among them",
    "has_any": "one of a list is among them",
    "at_least": "so much or more",
    "at_most": "so much or less",
    "between": "from the first of two values to the second, both included; a day as the second is its whole day",
    "before": "earlier than a moment; a day is its start in UTC",
    "after": "at that moment or later",
    "older_than": "so long ago or longer",
    "newer_than": "less long ago",
    "is_set": "`true`: there is a value; `false`: it is missing",
}


def conditions_page() -> str:
    """The language of conditions: its text, then operators and fields as the code has them."""
    lines = [(OUT / "conditions.template.md").read_text().rstrip(), "", "## Operators", ""]
    lines += ["| operator | meaning | goes with |", "|---|---|---|"]
    for op, meaning in MEANINGS.items():
        kinds = [kind.value for kind, ops in fields.OPERATORS.items() if op in ops]
        lines.append(f"| `{op}` | {meaning} | {', '.join(kinds)} |")
    assert set(MEANINGS) == set(fields.Op) and set(OP_LABELS) <= set(MEANINGS)  # noqa: PT018, S101
    for group in fields.GROUPS:
        lines += [
            "",
            f"## {GROUP_LABELS[group]}",
            "",
            "| field | kind | meaning | values |",
            "|---|---|---|---|",
        ]
        for field in fields.FIELDS.values():
            if field.group == group:
                lines.append(f"| `{field.name}` | {field.kind} | {field.help} | {_values(field)} |")
    lines += [
        "",
        "## Limits",
        "",
        f"{reading.DEPTH} levels, {reading.CHECKS} tests, {reading.BYTES:,} bytes, {reading.LIST} values in a list, "
        f"{reading.TEXT} characters in a text.",
    ]
    return "\n".join(lines) + "\n"


def playbooks_page() -> str:
    """Playbooks: their text, then kinds, ends and variables as the code has them."""
    lines = [(OUT / "playbooks.template.md").read_text().rstrip(), "", "## Kinds of steps", ""]
    lines += ["| kind | reads as | ends with, unless `ends` says otherwise |", "|---|---|---|"]
    for kind, usual in playbooks.USUAL.items():
        ends = ", ".join(f"`{one}`" for one in usual)
        lines.append(f"| `{kind}` | {WORDS['step_kind'][kind]} | {ends} |")
    lines += ["", "## Ends", "", "| end | when |", "|---|---|"]
    lines += [f"| `{one}` | {WORDS['step_end'][one]} |" for one in playbooks.End]
    lines += ["", "## Variables", "", "| variable | stands for | where it is not known |", "|---|---|---|"]
    for name, (meaning, instead) in texts.VARIABLES.items():
        lines.append(f"| `{{{{{name}}}}}` | {meaning} | {instead or 'nothing'} |")
    lines += [
        "",
        "## Limits",
        "",
        f"{checking.PATHS_MOST} paths, {checking.STEPS_MOST} steps in a path, {texts.LONGEST} characters in a text, "
        "a year for a deadline.",
    ]
    return "\n".join(lines) + "\n"


def _values(field: fields.Field) -> str:
    if field.choices:
        return ", ".join(f"`{one}`" for one in field.choices)
    if field.kind in (fields.Kind.NUMBER, fields.Kind.SHARE, fields.Kind.HOUR):
        return f"{field.low} to {field.high}" if field.high < fields.MOST else f"from {field.low} on"
    return ""


def variables_page() -> str:
    """The variables of macros and of the texts of outcomes and handoffs."""
    rows = [
        ("macros", macros.USABLE),
        ("asking whether it is fixed", frozenset({"name", "brand"})),
        *((f"inviting by {way.value}", handoffs.VARIABLES | handoffs.NEEDED[way]) for way in handoffs.NEEDED),
    ]
    lines = [
        "# Variables",
        "",
        "Written `{name}` in macros and in the texts of outcomes and handoffs.",
        "",
        "| variable | stands for | usable in |",
        "|---|---|---|",
    ]
    for name, meaning in VARIABLES.items():
        lines.append(
            f"| `{{{name}}}` | {meaning} | {', '.join(place for place, names in rows if name in names)} |"
        )
    return "\n".join(lines) + "\n"


def schema_page() -> str:
    """The JSON Schema of a message."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


PAGES = {
    "settings.md": settings_page,
    "networks.md": networks_page,
    "cli.md": cli_page,
    "api.md": api_page,
    "conditions.md": conditions_page,
    "variables.md": variables_page,
    "playbooks.md": playbooks_page,
    "message.schema.json": schema_page,
    "call.schema.json": lambda: (
        msgspec.json.format(msgspec.json.encode(call_schema()), indent=2).decode() + "\n"
    ),
}


def main() -> None:
    """Write the pages, or check them."""
    stale = []
    for name, make in PAGES.items():
        path, text = OUT / name, make()
        if "--check" in sys.argv:
            if not path.exists() or path.read_text() != text:
                stale.append(name)
        else:
            path.write_text(text)
    if stale:
        sys.exit(f"docs/reference is not what the code says: {', '.join(stale)}. Run: make reference")


if __name__ == "__main__":
    main()
