"""Mails to colleagues: the desk's own mail server, digests that are made once, and links that end them."""

import base64
import hashlib
import hmac

from msgspec import Struct, structs

from earful.channels.email.settings import EmailSecrets, EmailSettings
from earful.desk import settings as kept
from earful.desk.notices import digest, mail_store, rules, service
from earful.desk.notices.digest import Figures, Mail
from earful.desk.notices.rules import Slot
from earful.desk.users import service as users
from earful.model.desk import Role
from earful.model.ids import new_id
from earful.model.time import DAY, HOUR, MINUTE, Instant
from earful.store.audit import EARFUL, Who
from earful.store.secrets import Vault
from earful.store.tx import Row, Tx

KIND = "mail_server"
LEASE = 2 * MINUTE
"""Longer than handing over a mail may take: after that the process that did is gone."""
WAITS = (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR)
"""Between one try and the next, while the mail is surely not out."""
AT_ONCE = 10
SECURITY = ("starttls", "tls", "plain")
LOST = "The desk stopped while this mail was handed over. It may be out; it is not sent again."


class RefusedError(ValueError):
    """The mail server cannot be used so; the message says why."""


class MailServer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The account that the desk itself sends from. `sealed`: the password, encrypted; empty to send without."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    username: str = ""
    address: str = ""
    sender: str = "Earful"
    sealed: str = ""

    def problem(self) -> str | None:
        """Why it cannot be used; None when it can, or when there is none."""
        if not self.host and not self.address:
            return None
        if not self.host or "@" not in self.address:
            return "Name the server, and the address that the desk sends from."
        if not 1 <= self.port <= 65535:
            return "A port is a number from 1 to 65535."
        return None if self.security in SECURITY else "Choose how the connection is secured."


class Parcel(Struct, frozen=True, kw_only=True):
    """A mail that was claimed, with everything that sending needs."""

    id: str
    to: str
    name: str
    user_id: str
    attempts: int
    mail: Mail


def server(tx: Tx) -> MailServer | None:
    """The desk's mail server; None without."""
    found = kept.in_force(tx, KIND, MailServer)
    return found if found.host else None


def save(tx: Tx, vault: Vault, who: Who, wanted: MailServer, password: str, now: Instant) -> tuple[bool, int]:
    """Put a mail server in force; an empty password keeps the one before, `-` sends without. Raises RefusedError."""
    problem = wanted.problem()
    if problem:
        raise RefusedError(problem)
    before = kept.in_force(tx, KIND, MailServer)
    if before.sealed and not password and before.host != wanted.host:
        raise RefusedError("Another server: enter the password again, so that it does not go to a stranger.")
    sealed = before.sealed if not password else ""
    if password and password != "-":  # noqa: S105  the sign for none
        sealed = vault.seal({"password": password}).decode()
    return kept.keep(tx, who, KIND, structs.replace(wanted, sealed=sealed), now)


def account(found: MailServer, vault: Vault) -> tuple[EmailSettings, EmailSecrets]:
    """A mail server as the mail channel's way out knows one. Raises KeyLostError."""
    settings = EmailSettings(
        address=found.address,
        sender_name=found.sender,
        username=found.username,
        # Only the way out is used.
        imap_host=found.host,
        smtp_host=found.host,
        smtp_port=found.port,
        smtp_security=found.security,  # type: ignore[arg-type]
    )
    password = vault.unseal(found.sealed.encode()).get("password", "") if found.sealed else ""
    return settings, EmailSecrets(password=password or "-", smtp_password=password or "-")


def make(tx: Tx, base: str, workspace: str, now: Instant) -> int:
    """Queue the mails that are due. Returns how many. Each slot gives one mail, however often this runs.

    A desk without a mail server queues none, and what is older than three days is not sent any more.
    """
    if server(tx) is None:
        return 0
    active = {one.id: one for one in users.colleagues(tx)}
    made = 0
    for user_id in mail_store.wanting(tx, now - 3 * DAY):
        slot = rules.slot(service.wishes(tx, user_id), now)
        if user_id in active and slot is not None:
            made += _digest(tx, user_id, slot, base, workspace, now)
    for user_id, user in active.items():
        if user.role is Role.AGENT:
            continue
        slot = rules.weekly(service.wishes(tx, user_id), now)
        if slot is not None and not mail_store.there(tx, user_id, slot.name):
            made += bool(_queue(tx, user_id, slot, digest.of_week(figures(tx, now), base, workspace), now))
    return made


def _digest(tx: Tx, user_id: str, slot: Slot, base: str, workspace: str, now: Instant) -> int:
    if mail_store.there(tx, user_id, slot.name):
        return 0
    ids = mail_store.to_carry(tx, user_id, slot.before)
    if not ids:
        return 0
    notices = [service.find(tx, user_id, notice_id) for notice_id in ids]
    mail_id = _queue(tx, user_id, slot, digest.of_notices(notices, base, workspace), now)
    if mail_id:
        mail_store.carried(tx, ids, mail_id)
    return int(bool(mail_id))


def _queue(tx: Tx, user_id: str, slot: Slot, mail: Mail, now: Instant) -> str:
    made = new_id(now)
    row = {
        "id": made, "user_id": user_id, "slot": slot.name, "state": "queued", "subject": mail.subject,
        "text": mail.text, "html": mail.html, "made_at": now, "due_at": now,
    }  # fmt: skip
    return made if mail_store.add(tx, row) else ""


def figures(tx: Tx, now: Instant) -> Figures:
    """How the desk stands, and what the last seven days brought."""
    since = now - 7 * DAY
    return Figures(
        waiting=mail_store.waiting(tx),
        unassigned=mail_store.unassigned(tx),
        breached=mail_store.breached(tx, since),
        returned=mail_store.returned(tx, since),
        outcomes=mail_store.outcomes(tx, since),
    )


def due(tx: Tx, now: Instant) -> list[str]:
    """Mails to be sent; those that were cut off before are unknown from here on."""
    mail_store.lost(tx, now, LOST)
    return mail_store.due(tx, now, AT_ONCE)


def claim(tx: Tx, mail_id: str, now: Instant) -> Parcel | None:
    """Take a mail to send it; None when somebody else did, or its reader is not active any more."""
    row = mail_store.claim(tx, mail_id, now, now + LEASE)
    if row is None:
        return None
    if not row["active"]:
        _done(tx, mail_id, "failed", "This colleague was switched off.")
        return None
    return Parcel(
        id=mail_id,
        to=row["email"],
        name=row["name"],
        user_id=row["user_id"],
        attempts=row["attempts"],
        mail=Mail(subject=row["subject"], text=row["text"], html=row["html"]),
    )


def sent(tx: Tx, mail_id: str, now: Instant) -> None:
    """The server took it."""
    mail_store.change(tx, mail_id, {"state": "sent", "sent_at": now, "due_at": None, "error": ""})


def postponed(tx: Tx, parcel: Parcel, words: str, now: Instant) -> None:
    """It is surely not out: tried again, at most five times."""
    if parcel.attempts > len(WAITS):
        _done(tx, parcel.id, "failed", words)
        return
    wait = WAITS[parcel.attempts - 1]
    values = {"state": "queued", "due_at": now + wait, "error": words}
    mail_store.change(tx, parcel.id, values)


def refused(tx: Tx, mail_id: str, words: str) -> None:
    """The server does not want it."""
    _done(tx, mail_id, "failed", words)


def unknown(tx: Tx, mail_id: str, words: str) -> None:
    """It may be out: mail cannot be asked, so it is not sent again."""
    _done(tx, mail_id, "unknown", words)


def _done(tx: Tx, mail_id: str, state: str, words: str) -> None:
    mail_store.change(tx, mail_id, {"state": state, "due_at": None, "error": words})


def purge(tx: Tx, now: Instant) -> None:
    """Forget mails that were made long ago, and what was read long ago."""
    mail_store.purge(tx, now - service.KEPT, AT_ONCE * AT_ONCE)
    service.purge(tx, now)


def troubled(tx: Tx, user_id: str, now: Instant) -> Row | None:
    """The newest mail of the last days to somebody that did not surely arrive."""
    return mail_store.troubled(tx, user_id, now - 7 * DAY)


def link(vault: Vault, user_id: str) -> str:
    """What ends the mails to somebody, in a link: it says who, and is signed."""
    name = base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")
    return f"{name}.{_signature(vault, user_id)}"


def user_of(vault: Vault, text: str) -> str | None:
    """Whose mails a link ends; None for one that is not ours."""
    name, _, signature = text.partition(".")
    try:
        user_id = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except ValueError:
        return None
    right = hmac.compare_digest(signature.encode(), _signature(vault, user_id).encode())
    return user_id if right else None


def _signature(vault: Vault, user_id: str) -> str:
    key = vault.derive("notices.stop").encode()
    return hmac.new(key, user_id.encode(), hashlib.sha256).hexdigest()[:40]


def stop(tx: Tx, user_id: str, now: Instant) -> None:
    """No more mails to somebody, as they asked by the link in one."""
    wishes = service.wishes(tx, user_id)
    who = structs.replace(EARFUL, id=user_id)
    service.wish(tx, who, user_id, structs.replace(wishes, mails="never"), now)
