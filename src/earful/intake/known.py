"""Recently used channels with what proves their deliveries, so that a burst of deliveries reads them once."""

from collections.abc import Callable

from msgspec import Struct

from earful.channels.hooks import Hook, Opens
from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.model.time import Instant
from earful.store.secrets import Vault
from earful.store.tx import Tx

FRESH = 2_000
"""How long a channel may be reused, in milliseconds: a switched-off channel refuses within two seconds."""

MakeHook = Callable[[Channel, dict[str, str]], Hook | None]


class Known(Struct, frozen=True, kw_only=True):
    """A channel, the secrets of its signed webhook, and its network's own hook where it has one."""

    channel: Channel
    secrets: list[str]
    hook: Hook | None
    opens: Opens | None
    """The hook, where it names windows: asked here once, since asking a protocol costs more than reading a message."""


class Channels:
    """Channels by id and by name, remembered for a moment."""

    def __init__(self, vault: Vault, make: MakeHook, clock: Callable[[], Instant]) -> None:
        self._vault = vault
        self._make = make
        self._clock = clock
        self._held: dict[str, tuple[int, Known]] = {}

    def fresh(self, name: str) -> Known | None:
        """A channel by name as it was a moment ago; None when it must be read."""
        held = self._held.get(name)
        return held[1] if held is not None and self._clock() - held[0] < FRESH else None

    def find(self, tx: Tx, name: str) -> Known | None:
        """A channel by name."""
        if not channels.NAME.fullmatch(name):
            return None
        row = channels.find(tx, name)
        return (
            None if row is None else self._keep(channels.channel_of(row), self._vault.unseal(row["secrets"]))
        )

    def all(self, tx: Tx) -> dict[str, Known]:
        """Every channel by id."""
        found = {}
        for channel, secrets in channels.with_secrets(tx, self._vault):
            found[channel.id] = self.fresh(channel.name) or self._keep(channel, secrets)
        return found

    def _keep(self, channel: Channel, secrets: dict[str, str]) -> Known:
        own = {name: value for name, value in secrets.items() if name != channels.WEBHOOK_SECRET}
        hook = self._make(channel, own) if channel.connected else None
        known = Known(
            channel=channel,
            secrets=channels.webhook_secrets(secrets),
            hook=hook,
            opens=hook if isinstance(hook, Opens) else None,
        )
        self._held[channel.name] = (self._clock(), known)
        return known
