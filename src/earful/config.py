"""Settings: defaults, then a TOML file, then the environment, then flags. Frozen once read.

Every field is documented in docs/reference/settings.md, which a test compares with this file.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from earful.store.engine import normal_url

FILE_NAME = "earful.toml"
DATABASE_NAME = "earful.sqlite3"
PREFIX = "EARFUL_"


class SettingsError(ValueError):
    """A setting that cannot be used: names where it was set and what would be right."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an installation can choose."""

    data: str = "data/local"
    """Folder for the database, the key of secrets and what else must survive a restart."""
    host: str = "127.0.0.1"
    """Address to listen on. Put a reverse proxy with TLS in front before listening to the world."""
    port: int = 8000
    """Port to listen on."""
    database: str = ""
    """Database URL. Empty: SQLite in the data folder. `postgresql://user@host/name` for PostgreSQL."""
    public_url: str = ""
    """The address that people use, such as `https://desk.example.com`. With https, cookies are secure."""
    proxies: int = 0
    """Number of trusted reverse proxies in front; the client's address is taken from X-Forwarded-For."""
    max_body: int = 8_388_608
    """Largest request body in bytes; a larger one is refused with 413."""
    webhook_tolerance: int = 300
    """How many seconds old (or ahead) a signed delivery may be: the replay window."""
    keep_raw_days: int = 30
    """How many days raw deliveries are kept as they came; 0 keeps them for ever. Messages stay either way."""
    media_megabytes: int = 20_000
    """How much of files and pictures is kept in the data folder, in megabytes; beyond it no more are fetched."""
    reply_file_megabytes: int = 8
    """Largest file that a colleague may put to a reply, in megabytes, 1 to 16; networks may take less."""
    file_link_hours: Annotated[int, Meta(ge=1, le=168)] = 24
    """How many hours a network can fetch a file of a reply from `public_url`, 1 to 168; some fetch late, or again."""
    allow_private_addresses: bool = False
    """Let channels connect to private and loopback addresses, for servers in your own network."""
    brand: str = ""
    """Your brand's name, for relevance. More names and handles come from the channels."""
    log_format: str = "console"
    """`console` for people, `json` for machines."""

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)

    @property
    def database_url(self) -> str:
        """The database as SQLAlchemy names it."""
        if self.database:
            return normal_url(self.database)
        return normal_url(str(self.folder / DATABASE_NAME))

    @property
    def address(self) -> str:
        """Where people reach this desk."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def secure_cookies(self) -> bool:
        """Whether browsers may only send the session over TLS."""
        return self.address.startswith("https://")


def load(
    environment: Mapping[str, str] = os.environ,
    flags: Mapping[str, Any] | None = None,
    file: Path | None = None,
) -> Settings:
    """Read the settings.

    The file is `file`, else EARFUL_CONFIG, else earful.toml in the data folder, if there is one. Raises
    SettingsError for an unknown name or a value of the wrong kind.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    found = _environment(environment)
    named = file or (Path(environment[PREFIX + "CONFIG"]) if PREFIX + "CONFIG" in environment else None)
    folder = given.get("data") or found.get("data") or Settings().data
    path = named or Path(folder) / FILE_NAME
    values: dict[str, Any] = {}
    if named is not None or path.exists():
        values = _file(path)
    return _convert(values | found | given, f"{path}, the environment or flags")


def _file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {path} is not valid TOML: {error}.") from error


def _environment(environment: Mapping[str, str]) -> dict[str, Any]:
    names = {field.upper(): field for field in Settings.__struct_fields__}
    return {
        names[name.removeprefix(PREFIX)]: value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) in names
    }


def _convert(values: dict[str, Any], where: str) -> Settings:
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"A setting in {where} cannot be used: {error}.") from error
