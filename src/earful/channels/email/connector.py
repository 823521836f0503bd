"""A mailbox as a channel: watched by IMAP, answered by SMTP."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from imapclient.exceptions import IMAPClientError

from earful.channels.contract import Inlet, Reply, SendPostponed, SendUnknown, Sent
from earful.channels.email.limits import CAPABILITIES
from earful.channels.email.mailbox import Mailbox, MailboxError
from earful.channels.email.send import close_smtp, compose, connect_smtp, message_id_of, submit
from earful.channels.email.settings import EmailSecrets, EmailSettings
from earful.channels.email.watch import Watch
from earful.channels.kit.addresses import AddressRefused, resolve
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.running import keep_up
from earful.model.message import Network

log = structlog.get_logger(__name__)
T = TypeVar("T")


class EmailConnector:
    """One mailbox. Holds no state but its settings; see `Connector` for the promises."""

    network = Network.EMAIL
    capabilities = CAPABILITIES

    def __init__(
        self,
        settings: EmailSettings,
        secrets: EmailSecrets,
        *,
        allow_private: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._allow_private = allow_private
        self._now = now

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Watch the folders until `stop`."""
        await keep_up(inlet, stop, lambda backoff: self._session(inlet, stop, backoff), self._explain)

    async def send(self, reply: Reply) -> Sent:
        """Submit one reply and keep its copy as the settings say; see `Connector.send`."""
        now = self._now()
        mail = await asyncio.to_thread(compose, reply, self._settings, now=now)
        recipients = [each for field in ("To", "Cc") for each in str(mail[field] or "").split(", ") if each]
        if self._settings.sent_copy == "bcc":
            recipients.append(self._settings.address)
        smtp = await connect_smtp(self._settings, self._secrets, allow_private=self._allow_private)
        try:
            await submit(smtp, mail, sender=self._settings.address, recipients=recipients)
        finally:
            await close_smtp(smtp)
        if self._settings.sent_copy == "append" and self._settings.sent_folder:
            await self._keep_copy(mail.as_bytes(), now)
        return Sent(native_id=message_id_of(reply, self._settings), occurred_at=now)

    async def find(self, reply: Reply) -> Sent | None:
        """Look for a reply by its Message-ID in the Sent folder and the watched ones.

        None only where every mail that leaves also comes back (`sent_copy` is `provider` or `bcc`).

        Raises SendUnknown otherwise: SMTP cannot be asked what it did.
        """
        message_id = message_id_of(reply, self._settings)
        try:
            found = await self._alone(lambda box: box.written(self._searched(box), message_id))
        except (MailboxError, IMAPClientError, OSError, AddressRefused) as fault:
            raise SendUnknown(
                f"The mailbox could not be searched for the reply: {self._words(fault)}"
            ) from None
        if found is not None:
            return Sent(native_id=message_id, occurred_at=found)
        if self._settings.sent_copy in ("provider", "bcc"):
            return None
        raise SendUnknown(
            "The reply is in neither the Sent folder nor the inbox, but it may be out all the same: a mail "
            "server cannot be asked. Ask the customer, or send it again knowingly."
        )

    async def check(self) -> list[str]:
        """Log in to both servers and open every folder."""
        problems: list[str] = []
        try:
            problems += await self._alone(self._check_folders)
        except (MailboxError, IMAPClientError, OSError, AddressRefused) as fault:
            problems.append(self._explain(fault))
        try:
            smtp = await connect_smtp(self._settings, self._secrets, allow_private=self._allow_private)
            await close_smtp(smtp)
        except SendPostponed as fault:
            problems.append(str(fault))
        for what, security in (
            ("IMAP", self._settings.imap_security),
            ("SMTP", self._settings.smtp_security),
        ):
            if security == "plain" and not self._allow_private:
                problems.append(f"{what} sends the password unencrypted; choose tls or starttls.")
        return problems

    def _check_folders(self, box: Mailbox) -> list[str]:
        problems = []
        for folder in self._settings.folders:
            try:
                box.open(folder)
            except MailboxError as fault:
                problems.append(str(fault))
        wanted = self._settings.sent_folder
        if wanted and self._settings.sent_copy != "append" and box.sent_folder(wanted) is None:
            problems.append(f"There is no folder {wanted!r} and none marked as Sent.")
        return problems

    async def _session(self, inlet: Inlet, stop: asyncio.Event, backoff: Backoff) -> None:
        """One connection, from log-in until it breaks or `stop` is set."""
        with ThreadPoolExecutor(1, "imap") as pool:
            loop = asyncio.get_running_loop()
            await self._allowed()
            box = await loop.run_in_executor(pool, Mailbox, self._settings, self._secrets)
            try:
                watch = Watch(box, pool, self._settings, inlet=inlet, stop=stop, now=self._now)
                await watch.run(backoff)
            finally:
                await loop.run_in_executor(pool, box.close)

    async def _keep_copy(self, raw: bytes, at: datetime) -> None:
        """The reply is out: a copy that cannot be saved is a pity, not a failure of the reply."""
        wanted = self._settings.sent_folder
        try:
            await self._alone(lambda box: box.append(box.sent_folder(wanted) or wanted, raw, at))
        except (MailboxError, IMAPClientError, OSError, AddressRefused) as fault:
            log.warning("reply sent, but its copy was not saved", folder=wanted, fault=self._words(fault))

    async def _alone(self, work: Callable[[Mailbox], T]) -> T:
        """Do something in a session of its own, in a thread."""
        await self._allowed()

        def session() -> T:
            box = Mailbox(self._settings, self._secrets)
            try:
                return work(box)
            finally:
                box.close()

        return await asyncio.to_thread(session)

    async def _allowed(self) -> None:
        host, port = self._settings.imap_host, self._settings.imap_port
        await resolve(host, port, allow_private=self._allow_private)

    def _searched(self, box: Mailbox) -> list[str]:
        sent = box.sent_folder(self._settings.sent_folder)
        return list(dict.fromkeys([*([sent] if sent else []), *self._settings.folders]))

    def _explain(self, fault: Exception) -> str:
        if isinstance(fault, MailboxError | AddressRefused):
            return str(fault)
        return (
            f"The connection to {self._settings.imap_host} broke ({self._words(fault)}). Mail stays on "
            "the server and is fetched when it is back; Earful keeps trying."
        )

    def _words(self, fault: Exception) -> str:
        words = str(fault).replace(self._secrets.password, "***")
        return f"{type(fault).__name__}: {words[:200]}" if words else type(fault).__name__
