"""What an admin fills in to connect a mailbox."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Security = Literal["tls", "starttls", "plain"]
SentCopy = Literal["append", "provider", "bcc", "none"]


class EmailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mailbox that is read by IMAP and answers by SMTP submission."""

    address: Annotated[
        str, Meta(title="Address", description="The address customers write to.", min_length=3)
    ]
    imap_host: Annotated[str, Meta(title="IMAP server", min_length=1)]
    smtp_host: Annotated[str, Meta(title="SMTP server", min_length=1)]
    username: Annotated[str, Meta(title="User name", description="Empty: the address.")] = ""
    sender_name: Annotated[
        str, Meta(title="Sender name", description="Shown to customers when a reply has no name of its own.")
    ] = ""
    aliases: Annotated[
        list[str], Meta(title="Aliases", description="Other addresses of ours that end in this mailbox.")
    ] = []
    own_lists: Annotated[
        list[str],
        Meta(
            title="Our own lists",
            description="List-Id of mailing lists through which customers reach us (a Google Group, say); "
            "mail from other lists is kept as a system message.",
        ),
    ] = []
    imap_port: Annotated[int, Meta(title="IMAP port", ge=1, le=65535)] = 993
    imap_security: Annotated[Security, Meta(title="IMAP security")] = "tls"
    smtp_port: Annotated[int, Meta(title="SMTP port", ge=1, le=65535)] = 587
    smtp_security: Annotated[Security, Meta(title="SMTP security")] = "starttls"
    folders: Annotated[
        list[str],
        Meta(title="Folders", description="Read in this order; the first is watched live.", min_length=1),
    ] = field(default_factory=lambda: ["INBOX"])
    sent_folder: Annotated[
        str,
        Meta(
            title="Sent folder",
            description="Also read, so that answers from mail programs appear. Empty: not used.",
        ),
    ] = "Sent"
    sent_copy: Annotated[
        SentCopy,
        Meta(
            title="Who keeps a copy of replies",
            description="`append`: Earful saves it in the Sent folder. `provider`: the server does by itself "
            "(Gmail, Microsoft 365). `bcc`: a blind copy comes back to the inbox. `none`: nobody.",
        ),
    ] = "append"
    message_id_domain: Annotated[
        str, Meta(title="Domain of message ids", description="Empty: the domain of the address.")
    ] = ""
    history_days: Annotated[
        int,
        Meta(
            title="Days of history", description="Fetched once, when the mailbox is connected.", ge=0, le=3650
        ),
    ] = 0
    poll_seconds: Annotated[
        int,
        Meta(
            title="Look at least every (seconds)",
            description="New mail is announced at once by servers with IDLE; this is for the others, and for "
            "announcements that were lost. RFC 2177 asks for less than 29 minutes.",
            ge=1,
            le=28 * 60,
        ),
    ] = 120


class EmailSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    password: Annotated[str, Meta(title="Password", description="Prefer an app password.", min_length=1)]
    smtp_username: Annotated[str, Meta(title="SMTP user name", description="Empty: as for IMAP.")] = ""
    smtp_password: Annotated[
        str, Meta(title="SMTP password", description="Empty: as for IMAP. `-`: do not log in.")
    ] = ""


def domain_of(settings: EmailSettings) -> str:
    """The right-hand side of our Message-IDs."""
    return settings.message_id_domain or settings.address.rpartition("@")[2]
