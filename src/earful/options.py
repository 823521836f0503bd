"""What every command shares: where the desk is, and where words go."""

from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console

from earful import config

out = Console()
err = Console(stderr=True)


def settings_of(**flags: Any) -> config.Settings:
    file = flags.pop("config_file", None)
    try:
        return config.load(flags=flags, file=Path(file) if file else None)
    except config.SettingsError as error:
        raise click.ClickException(str(error)) from error


def existing(**flags: Any) -> config.Settings:
    """The settings of a desk that is there: looking at a mistyped folder must not make one in it."""
    settings = settings_of(**flags)
    if not settings.database and not (settings.folder / config.DATABASE_NAME).exists():
        raise click.ClickException(f"There is no desk in {settings.folder}; name its folder with --data.")
    return settings


def common(command: Any) -> Any:
    command = click.option("--data", metavar="DIR", help="Data folder (EARFUL_DATA).")(command)
    command = click.option("--database", metavar="URL", help="Database URL (EARFUL_DATABASE).")(command)
    return click.option("--config", "config_file", metavar="FILE", help="TOML file of settings.")(command)
