"""Customers who write mail: by a real Postfix into a real Dovecot mailbox. What we answer goes to an SMTP server that
fails as real ones do, when a knob says so."""

import asyncio
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP as LINES
from email.utils import format_datetime, formataddr, getaddresses
from typing import TYPE_CHECKING, Any, ClassVar

import aiosmtplib
import httpx2
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from earful.model.message import Network
from earful.playground.networks.knobs import Fault
from earful.playground.networks.simulator import Pushed, Simulator, Violation, Wiring
from earful.playground.networks.world import Account, Happened, Said, SentFile
from tests.servers.mail import PASSWORD, MailServers
from tests.servers.process import free_port

if TYPE_CHECKING:
    from tests.conformance.networks.town import Town

DOMAIN = "example.test"
LONGEST_LINE = 998
"""RFC 5322, 2.1.1."""
NEEDED = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version")


class MailSimulator(Simulator):
    """One support mailbox; it is asked by IMAP, and the copy in Sent is ours to keep."""

    network: ClassVar[Network] = Network.EMAIL
    has_public: ClassVar[bool] = False
    has_edits: ClassVar[bool] = False
    has_deletes: ClassVar[bool] = False
    can_look: ClassVar[bool] = False
    echoes: ClassVar[bool] = False
    """The copy is made by us, when the server has answered."""
    sent_copy: ClassVar[str] = "append"

    def __init__(self, town: "Town", servers: MailServers) -> None:
        super().__init__("", town.now)
        self._servers = servers
        self.address = f"support{self.world.new_id()}@brand.test"
        self._names: dict[str, str] = {}
        self._smtp = Controller(
            self, hostname="127.0.0.1", port=free_port(), authenticator=self._known, auth_require_tls=False,
            auth_required=True,
        )  # fmt: skip
        self._smtp.start()

    def look(self) -> None:
        """What was taken for a customer, they have."""

    def leave(self) -> None:
        """Stop taking mail."""
        self._smtp.stop()

    def wiring(self) -> Wiring:
        """As at a provider, without encryption on loopback."""
        settings = {
            "address": self.address, "sender_name": "Brewline", "sent_copy": self.sent_copy, "poll_seconds": 1,
            "history_days": 1,
            "imap_host": "127.0.0.1", "imap_port": self._servers.imap_port, "imap_security": "plain",
            "smtp_host": "127.0.0.1", "smtp_port": self._smtp.port, "smtp_security": "plain",
        }  # fmt: skip
        return Wiring(settings=settings, secrets={"password": PASSWORD})

    def native_id(self, said: Said) -> str:
        """The Message-ID."""
        return self._names.get(said.id, f"<{said.id}@{DOMAIN}>")

    def author_id(self, account: Account) -> str:
        """An address."""
        return f"{account.handle}@{DOMAIN}"

    # What customers write.

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """The mail, on its way to us."""
        said = happened.said
        if said.ours:
            return []
        sender = {"sender": self.author_id(said.by)}
        return [Pushed(url=self.address, body=self._mail(said).as_bytes(policy=LINES), headers=sender)]

    async def carry(self, http: httpx2.AsyncClient, pushed: Pushed) -> int:
        """Hand it to Postfix, which takes it to the mailbox."""
        try:
            await aiosmtplib.send(
                pushed.body, sender=pushed.headers["sender"], recipients=[pushed.url],
                hostname="127.0.0.1", port=self._servers.smtp_port, start_tls=False,
            )  # fmt: skip
        except (aiosmtplib.SMTPException, OSError):
            return httpx2.codes.SERVICE_UNAVAILABLE
        return httpx2.codes.OK

    def unheard(self) -> None:
        """It lies in the mailbox."""
        for pushed in self.outgoing:
            self.put("INBOX", pushed.body)
        self.outgoing.clear()

    def _mail(self, said: Said) -> EmailMessage:
        above = self._above(said)
        mail = EmailMessage()
        mail["From"] = formataddr((said.by.name, self.author_id(said.by)))
        mail["To"] = self.address
        mail["Subject"] = f"Re: {above[-1].text[:40]}" if above else " ".join(said.text.split())[:60]
        mail["Date"] = format_datetime(said.when)
        mail["Message-ID"] = self.native_id(said)
        quoted = ""
        if above:
            mail["In-Reply-To"] = self.native_id(above[-1])
            mail["References"] = " ".join(self.native_id(one) for one in above)
            lines = "\n".join(f"> {line}" for line in above[-1].text.splitlines())
            quoted = f"\n\nOn {above[-1].when:%a, %d %b %Y at %H:%M}, {above[-1].by.name} wrote:\n{lines}"
        mail.set_content(said.text + quoted)
        # Nobody makes a mail program escape what it shows.
        mail.add_alternative(f"<div>{said.text}</div>", subtype="html")
        for file in said.files:
            kind, _, subtype = file.mime.partition("/")
            mail.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
        return mail

    def _above(self, said: Said) -> list[Said]:
        found: list[Said] = []
        while (parent := self.world.said.get((found or [said])[0].parent)) is not None:
            found.insert(0, parent)
        return found

    # What we answer. The names of these methods are aiosmtpd's.

    def _known(self, server: SMTP, session: Session, envelope: Envelope, kind: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
        # Not handled here: the server says 535.
        return AuthResult(success=right and not self.knobs.revoked, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whether it is taken from us now: the server shuts down, for all that it says."""
        if self.knobs.strikes(Fault.LIMITED_BARE):
            return "421 4.3.2 Service shutting down"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whether it is taken for somebody."""
        if self.knobs.strikes(Fault.LIMITED):
            return "451 4.7.1 Too many messages, try again later"
        if self.knobs.missing_permission:
            return f"550 5.7.1 {self.address} has no permission to send: {self.knobs.missing_permission}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The mail itself; the line may break before it is taken, or right after."""
        content = envelope.content
        assert isinstance(content, bytes)
        if self.knobs.strikes(Fault.BROKEN):
            _hang_up(server)
            return "421 4.3.0 Gone"
        self._taken(content, envelope)
        if self.knobs.strikes(Fault.LOST_ANSWER):
            _hang_up(server)
        return "250 2.0.0 OK: queued"

    def _taken(self, content: bytes, envelope: Envelope) -> None:
        mail = message_from_bytes(content, policy=LINES)
        assert isinstance(mail, EmailMessage)
        known = {self.author_id(one): one for one in self.world.customers.values()}
        named = {self.native_id(one): one for one in self.world.said.values()}
        to = [address for _, address in getaddresses([str(one) for one in mail.get_all("To", [])])]
        copies = [address for _, address in getaddresses([str(one) for one in mail.get_all("Cc", [])])]
        above = named.get(str(mail["In-Reply-To"]))
        problems = [f"{name} is missing" for name in NEEDED if name not in mail]
        if envelope.mail_from != self.address or self.address not in str(mail["From"]):
            problems.append(f"it is from {mail['From']}, and handed in by {envelope.mail_from}")
        if envelope.rcpt_tos != to or len(to) != 1 or to[0] not in known or copies:
            problems.append(f"it says that it is for {to} and {copies}, and goes to {envelope.rcpt_tos}")
        if above is None or str(mail["References"]).split()[-1:] != [str(mail["In-Reply-To"])]:
            problems.append(f"it answers nothing that was said: {mail['In-Reply-To']}, {mail['References']}")
        if any(len(line) > LONGEST_LINE for line in content.splitlines()):
            problems.append("a line is too long")
        self.violations += [Violation(request="MAIL", problem=one) for one in problems]
        body = mail.get_body(("plain",))
        said = self.world.say(
            self.world.brand,
            body.get_content().replace("\r\n", "\n").strip() if body is not None else "",
            parent=above.id if above is not None else "",
            private=True,
            to=known[to[0]].id if to and to[0] in known else "",
            files=[_file(part) for part in mail.iter_attachments()],
        )
        self._names[said.id] = str(mail["Message-ID"])
        self.keep_copy(content)

    def keep_copy(self, content: bytes) -> None:
        """Nothing: who sends keeps it."""

    def put(self, folder: str, content: bytes) -> None:
        """Lay bytes into a folder of ours, past everything that would mend them on their way."""
        with self._servers.imap(self.address) as session:
            session.append(folder, content)


class ProviderSimulator(MailSimulator):
    """A provider that keeps a copy of what it takes by itself, as the large ones do."""

    can_look: ClassVar[bool] = True
    tells_ours: ClassVar[bool] = True
    sent_copy: ClassVar[str] = "provider"

    def keep_copy(self, content: bytes) -> None:
        """Into Sent, before anything is answered."""
        self.put("Sent", content)


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


def _file(part: MIMEPart) -> SentFile:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    alt = str(part["Content-Description"] or "")
    return SentFile(name=part.get_filename() or "", mime=part.get_content_type(), content=content, alt=alt)
