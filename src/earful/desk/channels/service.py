"""Channels: accounts of ours on a network, their settings, secrets and health."""

import base64
import re
import secrets as random
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from earful.channels import registry
from earful.desk.channels import store
from earful.model.ids import new_id
from earful.model.message import Network
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.secrets import Vault
from earful.store.tx import Row, Tx

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - the name of a field
SECRET_PREFIX = "whsec_"  # noqa: S105 - the mark that Standard Webhooks gives its secrets


class InvalidChannelError(ValueError):
    """The channel cannot be kept as given; the message says why."""


class Channel(Struct, frozen=True, kw_only=True):
    """A channel as pages and connectors see it; never its secrets."""

    id: str
    network: Network
    name: str
    handle: str
    settings: dict[str, object]
    enabled: bool
    connected: bool
    """It has settings of its own, so a connector receives and sends; otherwise others hand messages in."""
    created_at: int
    last_alive_at: int | None
    last_received_at: int | None
    trouble: str
    trouble_at: int | None
    account: str = ""
    """Its native id, where deliveries of its network name one."""


def channel_of(row: Row) -> Channel:
    """A row as a value."""
    settings = msgspec.json.decode(row["settings"])
    return Channel(
        id=row["id"],
        network=Network(row["network"]),
        name=row["name"],
        handle=row["handle"],
        settings=settings,
        enabled=row["enabled"],
        connected=bool(settings),
        created_at=row["created_at"],
        last_alive_at=row["last_alive_at"],
        last_received_at=row["last_received_at"],
        trouble=row["trouble"],
        trouble_at=row["trouble_at"],
        account=row["account"],
    )


def create(
    tx: Tx,
    vault: Vault,
    who: Who,
    *,
    network: Network,
    name: str,
    handle: str = "",
    settings: dict[str, object] | None = None,
    secrets: dict[str, str] | None = None,
    account: str = "",
    now: Instant,
) -> Channel:
    """Keep a new channel; it also gets a secret for signed webhooks.

    Raises InvalidChannelError when the name cannot be used or is taken.
    """
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        raise InvalidChannelError(
            "Name the channel with small letters, digits, dots and hyphens: support-mail, acmehelp.x."
        )
    if store.by_name(tx, name) is not None:
        raise InvalidChannelError(f"There is already a channel named {name}.")
    kept = {WEBHOOK_SECRET: new_secret()} | (secrets or {})
    row = _wiring(vault, settings or {}, kept, account) | {
        "id": new_id(now),
        "network": network.value,
        "name": name,
        "handle": handle.strip(),
        "enabled": True,
        "created_at": now,
    }
    store.insert_channel(tx, row)
    record(tx, who, "channel.create", str(row["id"]), now, f"{name} on {network.value}")
    return channel_of(store.by_id(tx, str(row["id"])) or _gone())


def _gone() -> Row:
    raise LookupError("a channel just inserted must be there")


def ensure(tx: Tx, vault: Vault, who: Who, network: Network, name: str, now: Instant) -> Channel:
    """The channel of that name; a new one, without connection, when there is none."""
    row = store.by_name(tx, name)
    return channel_of(row) if row is not None else create(tx, vault, who, network=network, name=name, now=now)


def connect_anew(
    tx: Tx, vault: Vault, channel_id: str, settings: dict[str, object], secrets: dict[str, str], account: str
) -> None:
    """Connect a channel with other settings and secrets; its history and its webhook secret stay."""
    row = store.by_id(tx, channel_id) or _gone()
    kept = {name: value for name, value in vault.unseal(row["secrets"]).items() if name == WEBHOOK_SECRET}
    store.update_channel(tx, channel_id, _wiring(vault, settings, kept | secrets, account))


def _wiring(
    vault: Vault, settings: dict[str, object], secrets: dict[str, str], account: str
) -> dict[str, object]:
    return {
        "settings": msgspec.json.encode(settings).decode(),
        "secrets": vault.seal(secrets),
        "account": account,
    }


def change(
    tx: Tx,
    vault: Vault,
    who: Who,
    channel_id: str,
    *,
    settings: dict[str, object],
    secrets: dict[str, str],
    now: Instant,
) -> None:
    """Connect a channel with other settings; secrets that are not given and its history stay.

    Raises SettingsRefused when no connector can be made of them, or when they are those of another account: what
    two accounts were told must not become one history.
    """
    row = store.by_id(tx, channel_id) or _gone()
    network, kept = Network(row["network"]), vault.unseal(row["secrets"])
    own = {name: value for name, value in {**kept, **secrets}.items() if name != WEBHOOK_SECRET}
    registry.check(network, settings, own)
    account = registry.account(network, settings)
    if row["account"] and account != row["account"]:
        raise registry.SettingsRefused(
            registry.account_field(network),
            f"This channel belongs to {row['account']}. Connect another account as a channel of its own.",
        )
    store.update_channel(tx, channel_id, _wiring(vault, settings, {**kept, **secrets}, account))
    record(tx, who, "channel.settings", channel_id, now)


def change_settings(tx: Tx, who: Who, channel_id: str, settings: dict[str, object], now: Instant) -> None:
    """Put other settings in force; secrets and history stay. They must have passed `registry.check`."""
    store.update_channel(tx, channel_id, {"settings": msgspec.json.encode(settings).decode()})
    record(tx, who, "channel.settings", channel_id, now)


def keep_secret(tx: Tx, vault: Vault, who: Who, channel_id: str, name: str, value: str, now: Instant) -> None:
    """Replace one secret of a channel's connector."""
    row = store.by_id(tx, channel_id) or _gone()
    kept = vault.unseal(row["secrets"]) | {name: value}
    store.update_channel(tx, channel_id, {"secrets": vault.seal(kept)})
    record(tx, who, f"channel.{name}", channel_id, now)


def switch(tx: Tx, who: Who, channel_id: str, *, on: bool, now: Instant) -> None:
    """Switch a channel on or off; its history stays. Raises InvalidChannelError when there is none."""
    if not store.update_channel(tx, channel_id, {"enabled": on}):
        raise InvalidChannelError("This channel does not exist.")
    record(tx, who, "channel.on" if on else "channel.off", channel_id, now)


def replace_secret(tx: Tx, vault: Vault, who: Who, channel_id: str, now: Instant) -> str:
    """A new webhook secret. The one before stays valid until the next replacement, so senders can change."""
    row = store.by_id(tx, channel_id)
    if row is None:
        raise InvalidChannelError("This channel does not exist.")
    kept = vault.unseal(row["secrets"])
    fresh = new_secret()
    newest = kept.get(WEBHOOK_SECRET, "").split(" ")[0]
    kept[WEBHOOK_SECRET] = f"{fresh} {newest}".strip()
    store.update_channel(tx, channel_id, {"secrets": vault.seal(kept)})
    record(tx, who, "channel.secret", channel_id, now)
    return fresh


def new_secret() -> str:
    """256 random bits, as Standard Webhooks writes secrets."""
    return SECRET_PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def webhook_secrets(secrets: Mapping[str, str]) -> list[str]:
    """Of a channel's secrets those in force for its signed webhook, newest first."""
    return secrets.get(WEBHOOK_SECRET, "").split()


def find(tx: Tx, name: str) -> Row | None:
    """A channel's row by name."""
    return store.by_name(tx, name)


def get(tx: Tx, channel_id: str) -> Channel | None:
    """A channel by id."""
    row = store.by_id(tx, channel_id)
    return None if row is None else channel_of(row)


def listed(tx: Tx) -> list[Channel]:
    """Every channel."""
    return [channel_of(row) for row in store.all_channels(tx)]


def with_secrets(tx: Tx, vault: Vault) -> list[tuple[Channel, dict[str, str]]]:
    """Every channel with its secrets."""
    return [(channel_of(row), vault.unseal(row["secrets"])) for row in store.all_channels(tx)]


def connectable(tx: Tx, vault: Vault) -> list[tuple[Channel, dict[str, str]]]:
    """Channels to be connected, with their secrets."""
    return [one for one in with_secrets(tx, vault) if one[0].enabled and one[0].connected]


class Refusal(Struct, frozen=True, kw_only=True):
    """Deliveries refused on one day for one reason."""

    day: str
    place: str
    reason: str
    count: int


def refusals(tx: Tx, since_day: str) -> list[Refusal]:
    """What was refused from a day on."""
    return [
        Refusal(day=row["day"], place=row["place"], reason=row["reason"], count=row["count"])
        for row in store.refusals_since(tx, since_day)
    ]


class Numbers(Struct, frozen=True, kw_only=True):
    """How much goes through a channel."""

    received_today: int = 0
    received_total: int = 0
    sent_today: int = 0
    waiting: int = 0


def numbers(tx: Tx, since: int) -> dict[str, Numbers]:
    """By channel: messages received since an instant and in all, replies sent and waiting."""
    today = store.received_since(tx, since)
    total = store.received_total(tx)
    sent, waiting = store.sent_since(tx, since), store.waiting(tx)
    return {
        channel_id: Numbers(
            received_today=today.get(channel_id, 0),
            received_total=total.get(channel_id, 0),
            sent_today=sent.get(channel_id, 0),
            waiting=waiting.get(channel_id, 0),
        )
        for channel_id in total.keys() | sent.keys() | waiting.keys()
    }
