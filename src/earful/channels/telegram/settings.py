"""What an admin fills in to connect a Telegram bot."""

import hashlib
from typing import Annotated, Literal

from msgspec import Meta, Struct


class TelegramSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bot."""

    receive: Annotated[
        Literal["poll", "webhook"],
        Meta(
            title="How messages come",
            description="poll needs no address that the world can reach; webhook does, by https.",
        ),
    ] = "poll"
    api: Annotated[
        str,
        Meta(
            title="Bot API server",
            description="Only for a server of your own.",
            pattern=r"^https?://[^\s?#]+$",
        ),
    ] = "https://api.telegram.org"


class TelegramSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    token: Annotated[
        str,
        Meta(
            title="Bot token",
            description="As BotFather gave it: 123456:ABC-...",
            pattern=r"^[0-9]{1,20}:[A-Za-z0-9_-]{10,200}$",
        ),
    ]

    @property
    def bot_id(self) -> str:
        """The bot's own id, which its token begins with."""
        return self.token.partition(":")[0]

    @property
    def secret_token(self) -> str:
        """What the network shows us with every delivery, so that we know it: made of the token, never asked for."""
        return hashlib.sha256(f"earful webhook\n{self.token}".encode()).hexdigest()
