"""A reply as a mail, and its way out by SMTP submission (RFC 6409)."""

import asyncio
import re
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

import aiosmtplib

from earful.channels.contract import Reply, SendPostponed, SendRefused, SendUnknown
from earful.channels.email.limits import MAX_REFERENCES, SOCKET_SECONDS
from earful.channels.email.settings import EmailSecrets, EmailSettings, domain_of
from earful.channels.kit.addresses import AddressRefused, resolve
from earful.channels.kit.html import scrub
from earful.model.message import Visibility

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_RE = re.compile(r"^\s*(?:(?:re|aw|antw|sv|rép|ref|rif|res)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_UNSAFE = re.compile(r"[\r\n\x00]")
_NO_LOGIN = "-"


def message_id_of(reply: Reply, settings: EmailSettings) -> str:
    """The Message-ID a reply has, before and after it is sent: `<client_id@domain>`."""
    return f"<{reply.client_id}@{domain_of(settings)}>"


def compose(reply: Reply, settings: EmailSettings, *, now: datetime) -> EmailMessage:
    """The mail for a reply: plain text, nothing quoted, threaded by In-Reply-To and References.

    A `direct` reply goes to Reply-To or the author alone; a `group` reply also to the others on the mail.

    Files are attached. Raises SendRefused when mail cannot keep the audience, nobody can be addressed, or there is no
    text.
    """
    if reply.audience not in (Visibility.DIRECT, Visibility.GROUP):
        raise SendRefused(f"Mail is private, it cannot be answered for a {reply.audience} audience.")
    if not reply.text.strip():
        raise SendRefused("The reply has no text; nothing was sent.")
    to, cc = _recipients(reply, settings)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((_line(reply.sender_name or settings.sender_name), settings.address))
    mail["To"] = ", ".join(to)
    if cc:
        mail["Cc"] = ", ".join(cc)
    mail["Subject"] = _subject(reply)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id_of(reply, settings)
    references = _references(reply)
    if _MESSAGE_ID.fullmatch(reply.to.native_id) and not reply.to.native_id.startswith("<sha256:"):
        mail["In-Reply-To"] = reply.to.native_id
    if references:
        mail["References"] = " ".join(references)
    # Exchange would otherwise answer us with out-of-office notes; people still may.
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail.set_content(scrub(reply.text), cte="quoted-printable")
    for file in reply.files:
        maintype, _, subtype = file.mime.partition("/")
        mail.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=_line(file.name))
        if file.alt:
            # RFC 2183 leaves the words of a part to this field (RFC 2045).
            mail.get_payload()[-1]["Content-Description"] = _line(file.alt)  # type: ignore[index]
    return mail


def _line(value: str) -> str:
    """A header value on one line: a line break in it would begin a header of somebody else's choice."""
    return _UNSAFE.sub(" ", value).strip()


def _recipients(reply: Reply, settings: EmailSettings) -> tuple[list[str], list[str]]:
    asked = reply.to.context.get("reply_to")
    to = _valid(asked) if isinstance(asked, list) else []
    to = to or _valid([reply.to.author_handle, reply.to.author_native_id])[:1]
    ours = {settings.address.lower(), *(each.lower() for each in settings.aliases)}
    to = [each for each in to if each.lower() not in ours]
    if not to:
        raise SendRefused("The message has no address that could be answered; nothing was sent.")
    others = reply.to.context.get("others")
    if reply.audience is not Visibility.GROUP or not isinstance(others, list):
        return to, []
    return to, [each for each in _valid(others) if each.lower() not in ours | {t.lower() for t in to}]


def _valid(candidates: list[object]) -> list[str]:
    """Addresses that any server takes; those outside ASCII need SMTPUTF8 (RFC 6531) all the way."""
    return [
        each
        for each in candidates
        if isinstance(each, str)
        and each.isascii()
        and _ADDRESS.fullmatch(each)
        and not each.endswith("@invalid")
    ]


def _subject(reply: Reply) -> str:
    subject = _line(reply.subject or reply.to.subject)
    return f"Re: {_RE.sub('', subject)}".strip()


def _references(reply: Reply) -> list[str]:
    chain = [*reply.to.ancestor_ids, reply.to.native_id]
    known = [each for each in chain if _MESSAGE_ID.fullmatch(each) and not each.startswith("<sha256:")]
    known = list(dict.fromkeys(known))
    return known if len(known) <= MAX_REFERENCES else known[:1] + known[-(MAX_REFERENCES - 1) :]


async def connect_smtp(
    settings: EmailSettings, secrets: EmailSecrets, *, allow_private: bool
) -> aiosmtplib.SMTP:
    """A logged-in session; close it with `quit`.

    Raises SendPostponed for everything that goes wrong: nothing has been sent yet.
    """
    host, port = settings.smtp_host, settings.smtp_port
    smtp = aiosmtplib.SMTP(
        hostname=host,
        port=port,
        timeout=SOCKET_SECONDS,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        tls_context=ssl.create_default_context() if settings.smtp_security != "plain" else None,
    )
    try:
        await resolve(host, port, allow_private=allow_private)
        await smtp.connect()
        if secrets.smtp_password != _NO_LOGIN:
            await smtp.login(
                secrets.smtp_username or settings.username or settings.address,
                secrets.smtp_password or secrets.password,
            )
    except aiosmtplib.SMTPAuthenticationError as fault:
        await close_smtp(smtp)
        raise SendPostponed(
            f"{host} did not accept the user name or password ({fault.code}); nothing was sent, the reply is "
            "kept. Enter the password again in the channel's settings."
        ) from None
    except (aiosmtplib.SMTPException, OSError, AddressRefused) as fault:
        await close_smtp(smtp)
        raise SendPostponed(
            f"{host}:{port} could not be reached ({_words(fault)}); nothing was sent, the reply is kept."
        ) from None
    return smtp


async def close_smtp(smtp: aiosmtplib.SMTP) -> None:
    """Leave politely; a server that is gone is gone."""
    try:
        if smtp.is_connected:
            await smtp.quit()
    except (aiosmtplib.SMTPException, OSError):
        smtp.close()


async def submit(smtp: aiosmtplib.SMTP, mail: EmailMessage, *, sender: str, recipients: list[str]) -> None:
    """Hand one mail to the server.

    Raises SendRefused or SendPostponed while nothing is out (5xx or 4xx before the data was taken), and
    SendUnknown when the connection broke after the data began to flow.
    """
    try:
        await smtp.mail(sender)
        for each in recipients:
            await smtp.rcpt(each)
    except aiosmtplib.SMTPResponseException as fault:
        raise _refusal(fault) from None
    except (aiosmtplib.SMTPException, OSError) as fault:
        raise SendPostponed(f"The mail server went away ({_words(fault)}); nothing was sent.") from None
    try:
        await smtp.data(await asyncio.to_thread(mail.as_bytes))
    except aiosmtplib.SMTPResponseException as fault:
        raise _refusal(fault) from None
    except (aiosmtplib.SMTPException, OSError) as fault:
        raise SendUnknown(
            f"The mail server went away while it took the mail ({_words(fault)}). The mail may be out."
        ) from None


def _refusal(fault: aiosmtplib.SMTPResponseException) -> SendRefused | SendPostponed:
    words = f"The mail server answered {fault.code} {_line(str(fault.message))[:300]}; nothing was sent."
    return SendRefused(words) if 500 <= fault.code < 600 else SendPostponed(words)


def _words(fault: Exception) -> str:
    return _line(str(fault))[:200] or type(fault).__name__
