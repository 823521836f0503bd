"""Telegram's webhook: a secret in a header, one update in each delivery."""

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Answer, Asked, Part, Proof
from earful.channels.kit.macs import app_name, header, must_match
from earful.channels.telegram.parse import parse_update
from earful.channels.telegram.settings import TelegramSecrets, TelegramSettings
from earful.model.time import Instant

HEADER = "x-telegram-bot-api-secret-token"


class TelegramHook:
    """The header is a bearer secret, the body is not signed (setWebhook, `secret_token`)."""

    accepted = Answer()
    refusal = 401

    def __init__(self, settings: TelegramSettings, secrets: TelegramSecrets) -> None:
        self._secrets = secrets
        self.app = app_name("telegram", secrets.token)

    def challenge(self, asked: Asked) -> Answer | None:
        """Telegram asks nothing."""
        return None

    def verify(self, asked: Asked, now: Instant) -> Proof:
        """The secret that we gave with setWebhook."""
        must_match(header(asked.headers, HEADER), self._secrets.secret_token)
        return Proof(verified_by="telegram-secret-token")

    def parse(self, delivery: RawDelivery, now: Instant) -> list[Part]:
        """One update."""
        return [parse_update(delivery.body, self._secrets.bot_id, now)]
