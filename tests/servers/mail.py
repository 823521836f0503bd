"""A real Postfix and a real Dovecot, private to the test run: nothing in /etc is read, no mail can leave."""

import ipaddress
import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient

from tests.servers.process import Server, free_port, greets, wait_until

PASSWORD = "correct-horse"
NEEDED = {"postfix": "postfix", "dovecot": "dovecot-imapd dovecot-lmtpd"}
"""Programs, and the Debian packages that bring them."""


def missing() -> str:
    """Why these servers cannot run here; empty when they can."""
    packages = [package for program, package in NEEDED.items() if shutil.which(program, path=_path()) is None]
    if packages:
        return f"needs the Debian packages {' '.join(packages)}"
    if os.geteuid() != 0:
        return "Postfix and Dovecot start as root only"
    return ""


def _path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class MailServers:
    """SMTP with submission log-in, and IMAP: every user of every test domain exists, with one password.

    Mail to `gone@example.test` is accepted and then bounces. `user+Folder@` is filed into that folder.
    """

    def __init__(self) -> None:
        self.imap_port = free_port()
        self.imaps_port = free_port()
        self.smtp_port = free_port()
        self._lmtp_port = free_port()
        self._sasl_port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="earful-mail-"))
        # The servers drop their privileges and still must get here.
        self._home.chmod(0o755)
        self.certificate = self._home / "certificate.pem"
        """Trusted by nobody but whoever is told so by SSL_CERT_FILE."""
        _write_certificate(self.certificate, self._home / "key.pem")
        self._dovecot = self._start_dovecot()
        self._start_postfix()

    def stop(self) -> None:
        """Stop both and remove everything they wrote."""
        subprocess.run([*self._postfix(), "stop"], check=False, capture_output=True)
        self._dovecot.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def deliver(self, mail: EmailMessage | bytes, *, sender: str, to: str) -> None:
        """Hand a mail in by SMTP, as the outside world would."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as smtp:
            smtp.sendmail(sender, [to], raw)

    def imap(self, user: str) -> IMAPClient:
        """A logged-in session of a user."""
        session = IMAPClient("127.0.0.1", self.imap_port, ssl=False, timeout=20)
        session.login(user, PASSWORD)
        return session

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """Everything in a folder, oldest first."""
        with self.imap(user) as session:
            if not session.folder_exists(folder):
                return []
            session.select_folder(folder, readonly=True)
            found = session.search("ALL")
            return [session.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] for uid in sorted(found)]

    def wait_for_mail(self, user: str, count: int = 1, folder: str = "INBOX") -> list[bytes]:
        """Until that many mails are there."""
        wait_until(lambda: len(self.mails(user, folder)) >= count, f"mail for {user}")
        return self.mails(user, folder)

    def _start_dovecot(self) -> Server:
        home = self._home / "dovecot"
        mail = pwd.getpwnam("mail")
        for name in ("run", "state", "mail"):
            (home / name).mkdir(parents=True)
        os.chown(home / "mail", mail.pw_uid, mail.pw_gid)
        config = home / "dovecot.conf"
        config.write_text(
            _DOVECOT.format(
                home=home,
                tls=self._home,
                imaps=self.imaps_port,
                uid=mail.pw_uid,
                gid=mail.pw_gid,
                imap=self.imap_port,
                lmtp=self._lmtp_port,
                sasl=self._sasl_port,
                password=PASSWORD,
            )
        )
        program = shutil.which("dovecot", path=_path())
        server = Server([str(program), "-F", "-c", str(config)], home / "log")
        server.wait(lambda: greets(self.imap_port, b"* OK") and greets(self._lmtp_port, b"220"))
        return server

    def _start_postfix(self) -> None:
        home = self._home / "postfix"
        for name in ("etc", "queue", "data"):
            (home / name).mkdir(parents=True)
        owner = pwd.getpwnam("postfix")
        os.chown(home / "data", owner.pw_uid, owner.pw_gid)
        (home / "etc" / "main.cf").write_text(
            _MAIN.format(
                home=home, tls=self._home, smtp=self.smtp_port, lmtp=self._lmtp_port, sasl=self._sasl_port
            )
        )
        (home / "etc" / "master.cf").write_text(_MASTER.format(smtp=self.smtp_port))
        try:
            subprocess.run([*self._postfix(), "start"], check=True, capture_output=True, timeout=60)
            wait_until(lambda: greets(self.smtp_port, b"220"), "Postfix")
        except Exception:
            self._dovecot.stop()
            raise

    def _postfix(self) -> list[str]:
        return [str(shutil.which("postfix", path=_path())), "-c", str(self._home / "postfix" / "etc")]


def _write_certificate(certificate: Path, key: Path) -> None:
    """A certificate for loopback that signs itself and is good for a day."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    key.chmod(0o600)


_DOVECOT = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
ssl = yes
ssl_cert = <{tls}/certificate.pem
ssl_key = <{tls}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{home}/mail/%Lu
mail_max_userip_connections = 100
recipient_delimiter = +
lmtp_save_to_detail_mailbox = yes
lda_mailbox_autocreate = yes
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%Lu allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = brand.test, example.test
virtual_mailbox_maps = static:all
virtual_alias_maps = inline:{{ gone@example.test=nobody@nowhere.invalid }}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
lmtp_destination_recipient_limit = 1
recipient_delimiter = +
default_transport = error:5.1.1 outside mail is disabled in tests
relay_transport = error:5.1.1 outside mail is disabled in tests
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {tls}/certificate.pem
smtpd_tls_key_file = {tls}/key.pem
smtp_dns_support_level = disabled
"""

_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
