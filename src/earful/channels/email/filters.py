"""Mail that no customer wrote: a named, ordered chain of small filters.

What a filter catches is kept as a system message that says which filter caught it; nothing is dropped. The
order matters: a bounce is also an automatic reply, and a mailing list may carry our own mail back.
"""

import re
from collections.abc import Callable, Sequence

from earful.channels.email.bounces import read_bounce
from earful.channels.email.facts import Caught, MailFacts
from earful.channels.email.headers import header, raw_header

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_AUTO_SUBJECT = re.compile(
    r"^\s*(?:auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office|automatische antwort|"
    r"abwesenheit\w*|réponse automatique|respuesta automática|risposta automatica|automatisch antwoord|"
    r"resposta automática)\b",
    re.IGNORECASE,
)
_BULK = frozenset(("bulk", "junk", "list"))

Filter = Callable[[MailFacts], Caught | None]


def our_client_id(message_id: str, our_domain: str) -> str:
    """The outbox id inside a Message-ID of ours (`<uuid@our-domain>`); empty when it is not one."""
    local, _, domain = message_id.strip("<>").rpartition("@")
    if domain.lower() != our_domain.lower() or not _UUID.fullmatch(local):
        return ""
    return local.lower()


def bounce(facts: MailFacts) -> Caught | None:
    """A delivery report (RFC 3464), or mail from the null sender that names a message of ours."""
    found = read_bounce(facts.mail, facts.text, facts.our_domain)
    if found is None:
        return None
    details: dict[str, object] = {
        "original_message_id": found.original_message_id,
        "client_id": our_client_id(found.original_message_id, facts.our_domain),
        "recipient": found.recipient,
        "action": found.action,
        "status": found.status,
        "diagnostic": found.diagnostic,
    }
    who = found.recipient or "a recipient"
    if found.action in ("delayed", "delivered", "relayed", "expanded"):
        why = f"A mail server reports on the way to {who}: {found.action}."
    else:
        reason = found.diagnostic or found.status or "no reason given"
        why = f"A mail to {who} could not be delivered: {reason}."
    return Caught(by="bounce", why=why, details=details, parent_id=found.original_message_id)


def auto_reply(facts: MailFacts) -> Caught | None:
    """Answers written by a program: Auto-Submitted (RFC 3834) and what came before it."""
    submitted = raw_header(facts.mail, "auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return Caught(by="auto_reply", why=f"The mail says that it was sent by a program ({submitted}).")
    for name in ("x-autoreply", "x-autorespond", "x-auto-reply-from", "x-mail-autoreply"):
        value = raw_header(facts.mail, name)
        if value and value.lower() not in ("no", "false"):
            return Caught(by="auto_reply", why=f"The mail is an automatic answer (header {name}).")
    if raw_header(facts.mail, "precedence").lower() in ("auto_reply", "auto-reply"):
        return Caught(by="auto_reply", why="The mail is an automatic answer (header precedence).")
    if _AUTO_SUBJECT.match(header(facts.mail, "subject")):
        return Caught(by="auto_reply", why="The subject is that of an automatic answer.")
    return None


def own_mail(facts: MailFacts) -> Caught | None:
    """Mail from one of our own addresses that came in from outside: a loop, or a forgery."""
    if facts.sender is None or facts.sender.address not in facts.ours:
        return None
    return Caught(
        by="own_mail",
        why="The mail claims to come from our own address; answering it would be talking to ourselves.",
    )


def mailing_list(facts: MailFacts) -> Caught | None:
    """Mail sent to many: List-Id (RFC 2919), List-Unsubscribe (RFC 2369) with bulk precedence."""
    list_id = raw_header(facts.mail, "list-id")
    bare = list_id.rpartition("<")[2].strip("<> ").lower()
    if bare and bare in facts.own_lists:
        return None
    if list_id:
        return Caught(by="mailing_list", why=f"The mail came through the list {bare or list_id}.")
    precedence = raw_header(facts.mail, "precedence").lower()
    if precedence in _BULK and not facts.own_lists:
        return Caught(by="mailing_list", why=f"The mail was sent to many (precedence {precedence}).")
    if raw_header(facts.mail, "list-unsubscribe"):
        return Caught(by="mailing_list", why="The mail was sent to many (it can be unsubscribed from).")
    return None


def null_sender(facts: MailFacts) -> Caught | None:
    """The null return path: whoever sent this asks not to be answered (RFC 5321, 4.5.5)."""
    if "".join(raw_header(facts.mail, "return-path").split()) != "<>":
        return None
    return Caught(by="null_sender", why="The mail has no return path: it asks not to be answered.")


CHAIN: Sequence[tuple[str, Filter]] = (
    ("bounce", bounce),
    ("auto_reply", auto_reply),
    ("own_mail", own_mail),
    ("mailing_list", mailing_list),
    ("null_sender", null_sender),
)
"""First match wins."""


def catch(facts: MailFacts) -> Caught | None:
    """The first finding of the chain; None for mail that a person wrote to us."""
    for _, look in CHAIN:
        found = look(facts)
        if found is not None:
            return found
    return None
