"""One IMAP session (RFC 9051, IDLE of RFC 2177). Blocking: run it in a thread of its own."""

import ssl
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError
from msgspec import Struct

from earful.channels.email.headers import message_ids
from earful.channels.email.limits import MAX_MAIL_BYTES, SOCKET_SECONDS, TRUNCATED_BYTES
from earful.channels.email.settings import EmailSecrets, EmailSettings

SENT_FLAG = b"\\Sent"


class FolderState(Struct, frozen=True):
    """RFC 9051: UIDs mean something only together with their UIDVALIDITY."""

    uid_validity: int
    uid_next: int


class StoredMail(Struct, frozen=True, kw_only=True):
    """One mail as it lies in a folder."""

    uid: int
    raw: bytes
    received_at: datetime
    size: int
    cut: bool
    """Only the first bytes were fetched."""


class MailboxError(Exception):
    """The mail server did not do what was asked, in words for an admin."""


class Mailbox:
    """A logged-in session. Every method may raise MailboxError, IMAPClientError or OSError."""

    def __init__(self, settings: EmailSettings, secrets: EmailSecrets) -> None:
        security = settings.imap_security
        context = ssl.create_default_context() if security != "plain" else None
        self._imap = IMAPClient(
            settings.imap_host,
            settings.imap_port,
            ssl=security == "tls",
            ssl_context=context if security == "tls" else None,
            timeout=SocketTimeout(10.0, SOCKET_SECONDS),
        )
        self._imap.normalise_times = False
        try:
            if security == "starttls":
                self._imap.starttls(context)
            self._imap.login(settings.username or settings.address, secrets.password)
        except LoginError:
            self.close()
            raise MailboxError(
                f"{settings.imap_host} did not accept the user name or password. Mail stays on the server "
                "until this works again. Enter the password again in the channel's settings."
            ) from None
        except BaseException:
            self.close()
            raise
        self.can_idle: bool = self._imap.has_capability("IDLE")

    def close(self) -> None:
        """Leave without ceremony: nothing of ours is pending on the server."""
        try:
            self._imap.shutdown()
        except (OSError, IMAPClientError):
            return

    def fileno(self) -> int:
        """The socket, for waiting on it while IDLE is on."""
        return int(self._imap.socket().fileno())

    def open(self, folder: str) -> FolderState:
        """Select a folder read-only, so that nothing is ever marked as seen."""
        try:
            answer = self._imap.select_folder(folder, readonly=True)
        except IMAPClientError as fault:
            if isinstance(fault, IMAPClient.AbortError):
                raise
            raise MailboxError(
                f"The folder {folder!r} cannot be opened ({fault}). Choose another in the channel's settings."
            ) from None
        return FolderState(int(answer[b"UIDVALIDITY"]), int(answer[b"UIDNEXT"]))

    def after(self, uid: int) -> list[int]:
        """UIDs above `uid`, ascending. (`n:*` always matches the last mail, so the answer is filtered.)"""
        found = self._imap.search(["UID", f"{uid + 1}:*"])
        return sorted(each for each in found if each > uid)

    def since(self, day: date) -> list[int]:
        """UIDs that came in on `day` or later, ascending."""
        return sorted(self._imap.search(["SINCE", day]))

    def fetch(self, uid: int) -> StoredMail | None:
        """One mail whole, or its beginning when it is too long; None when it is gone by now."""
        about = self._imap.fetch([uid], ["RFC822.SIZE", "INTERNALDATE"]).get(uid)
        if about is None:
            return None
        size = int(about[b"RFC822.SIZE"])
        cut = size > MAX_MAIL_BYTES
        wanted = f"BODY.PEEK[]<0.{TRUNCATED_BYTES}>" if cut else "BODY.PEEK[]"
        answer = self._imap.fetch([uid], [wanted]).get(uid) or {}
        raw = answer.get(b"BODY[]<0>" if cut else b"BODY[]")
        if not isinstance(raw, bytes):
            return None
        return StoredMail(uid=uid, raw=raw, received_at=_zoned(about[b"INTERNALDATE"]), size=size, cut=cut)

    def idle(self) -> None:
        """Ask to be told of news; nothing else may be asked until `idle_done`."""
        self._imap.idle()

    def idle_done(self) -> None:
        """End IDLE. Raises when the connection died meanwhile."""
        self._imap.idle_done()

    def noop(self) -> None:
        """A proof of life."""
        self._imap.noop()

    def sent_folder(self, wanted: str) -> str | None:
        """The folder of that name, else the one the server marks as Sent (RFC 6154), else None."""
        if wanted and self._imap.folder_exists(wanted):
            return wanted
        found = self._imap.find_special_folder(SENT_FLAG) if wanted else None
        return str(found) if found else None

    def append(self, folder: str, raw: bytes, at: datetime) -> None:
        """Put a mail into a folder, already seen; the folder is made when missing."""
        if not self._imap.folder_exists(folder):
            self._imap.create_folder(folder)
        self._imap.append(folder, raw, flags=(rb"\Seen",), msg_time=at)

    def written(self, folders: Iterable[str], message_id: str) -> datetime | None:
        """When a mail with exactly this Message-ID came into one of the folders; None when it is in none."""
        for folder in folders:
            self.open(folder)
            # The server matches a part of the header, hence the second look.
            found = self._imap.search(["HEADER", "Message-ID", message_id])
            wanted = ["INTERNALDATE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]
            answers: dict[int, dict[bytes, Any]] = self._imap.fetch(found, wanted) if found else {}
            for answer in answers.values():
                field = answer.get(b"BODY[HEADER.FIELDS (MESSAGE-ID)]", b"")
                if message_id in message_ids(field.decode("latin-1")):
                    return _zoned(answer[b"INTERNALDATE"])
        return None


def _zoned(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
