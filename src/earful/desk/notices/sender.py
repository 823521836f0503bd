"""Sends mails to colleagues through the desk's own mail server. It owns no state: the rows are the truth."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

import structlog

from earful.channels.contract import SendPostponed, SendRefused, SendUnknown
from earful.channels.email.send import close_smtp, connect_smtp, submit
from earful.channels.email.settings import EmailSecrets, EmailSettings, domain_of
from earful.desk.notices import mails
from earful.desk.notices.digest import Mail
from earful.desk.notices.mails import Parcel
from earful.model.time import Instant, moment
from earful.store.secrets import KeyLostError, Vault
from earful.store.store import Store

logger = structlog.get_logger()
POLL_SECONDS = 5.0


def compose(
    mail: Mail, settings: EmailSettings, *, to: str, name: str, mail_id: str, stop: str, now: datetime
) -> EmailMessage:
    """The mail with its headers. `stop`: the address that ends these mails with one click (RFC 8058)."""
    made = EmailMessage(policy=SMTP)
    made["From"] = formataddr((settings.sender_name, settings.address))
    made["To"] = formataddr((" ".join(name.split()), to))
    made["Subject"] = " ".join(mail.subject.split())
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<notice-{mail_id}@{domain_of(settings)}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    if stop:
        made["List-Unsubscribe"] = f"<{stop}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(mail.text, cte="quoted-printable")
    made.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return made


async def hand_over(
    settings: EmailSettings, secrets: EmailSecrets, mail: EmailMessage, to: str, *, allow_private: bool
) -> None:
    """Connect, send one mail, leave. Raises SendPostponed, SendRefused and SendUnknown."""
    smtp = await connect_smtp(settings, secrets, allow_private=allow_private)
    try:
        await submit(smtp, mail, sender=settings.address, recipients=[to])
    finally:
        await close_smtp(smtp)


class NoticeSender:
    """Makes the mails that are due and sends what is queued, one after the other."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        clock: Callable[[], Instant],
        *,
        base: str,
        workspace: str,
        allow_private: bool,
    ) -> None:
        self._store, self._vault, self._clock = store, vault, clock
        self._base, self._workspace, self._allow_private = base, workspace, allow_private

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is being handed over then is finished."""
        while not stop.is_set():
            try:
                await self.work()
            except Exception:
                logger.exception("notices.mails_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)

    async def work(self) -> int:
        """Everything that is due now. Returns how many mails were handed over."""
        found = await self._store.read(mails.server)
        if found is None:
            return 0
        now = self._clock()
        await self._store.write(lambda tx: mails.make(tx, self._base, self._workspace, now))
        ids = await self._store.write(lambda tx: mails.due(tx, now))
        return sum([await self._one(mail_id, found) for mail_id in ids])

    async def _one(self, mail_id: str, found: mails.MailServer) -> bool:
        store, clock = self._store, self._clock
        parcel = await store.write(lambda tx: mails.claim(tx, mail_id, clock()))
        if parcel is None:
            return False
        try:
            settings, secrets = mails.account(found, self._vault)
            await hand_over(
                settings, secrets, self._mail(parcel, settings), parcel.to, allow_private=self._allow_private
            )
        except (SendPostponed, KeyLostError) as fault:
            words = str(fault)
            await store.write(lambda tx: mails.postponed(tx, parcel, words, clock()))
        except SendRefused as fault:
            words = str(fault)
            await store.write(lambda tx: mails.refused(tx, mail_id, words))
        except SendUnknown as fault:
            words = str(fault)
            await store.write(lambda tx: mails.unknown(tx, mail_id, words))
        else:
            await store.write(lambda tx: mails.sent(tx, mail_id, clock()))
            return True
        logger.warning("notices.mail_not_sent", mail=mail_id, why=words)
        return False

    def _mail(self, parcel: Parcel, settings: EmailSettings) -> EmailMessage:
        stop = f"{self._base}/notices/stop/{mails.link(self._vault, parcel.user_id)}"
        return compose(
            parcel.mail,
            settings,
            to=parcel.to,
            name=parcel.name,
            mail_id=parcel.id,
            stop=stop,
            now=moment(self._clock()),
        )
