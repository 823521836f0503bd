"""What every channel promises: the seam between Earful and a network.

A connector receives by calling an `Inlet` (which stores before it returns) and sends one reply at a time.
It keeps no state of its own: cursors live in the store and move in the transaction of their messages.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from msgspec import Struct, structs

from earful.model.message import PRIVATE, IncomingMessage, Network, Visibility
from earful.model.template import FilledTemplate, Template
from earful.model.time import Instant


class Window(Struct, frozen=True, kw_only=True):
    """How long a network lets us answer freely in private after the customer wrote. Data of its `limits.py`."""

    seconds: int
    extended_seconds: int = 0
    """How long a human may still answer, where the network allows more for that; 0 for no longer."""
    after: str = ""
    """What is left to do when it has closed, in words for an agent."""


class Files(Struct, frozen=True, kw_only=True):
    """Files that a network takes with a reply. Data of its `limits.py`; sizes in bytes."""

    largest: Mapping[str, int]
    """By type: how large one may be. A type that is not in it is not taken."""
    most: int
    """With one reply."""
    together: int | None = None
    """All of one reply; None for no limit that matters."""
    in_one: int | None = None
    """How many go out in one message, the others following in messages of their own; None for all of them."""
    caption: int | None = None
    """Longest words that go out in one message with a file, counted as the channel counts, 0 for none at all: longer
    ones go first, in a message of their own. None: any that fit without a file."""
    alone: frozenset[str] = frozenset()
    """Types of which one goes out, and with nothing else."""
    fetched: bool = False
    """The network fetches them from a public address of ours, and has none where we have none."""
    alt: int = 0
    """Longest description for those who cannot see a picture, in characters; 0: the network has none."""


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a channel can do, so that nobody has to guess."""

    receive: str
    """How messages arrive: `push`, `stream`, `poll`, `mailbox` or `api`."""
    public_reply: bool
    private_reply: bool
    max_length: int | None
    """Longest reply, in the unit of `counter`; None means no limit that matters."""
    private_max_length: int | None = None
    """Longest private reply, where it is another; None where it is the same."""
    private_to_public: bool = True
    """Where private replies can be had at all: a public message can be answered in private, too."""
    counter: str = "codepoints"
    """How the network counts: see `channels.kit.text.count`."""
    edits: bool
    deletes: bool
    idempotent_send: bool
    """The network itself recognises a repeated send."""
    threads: bool = False
    """A long reply may go out as numbered parts, each answering the one before."""
    window: Window | None = None
    """For private replies; None where they may be sent at any time."""
    reports: bool = False
    """The network tells when a reply was delivered or read."""
    history: bool = False
    """What is older can be fetched, and all that is there be compared, when somebody asks for it."""
    metrics_only: bool = False
    """Nothing is said there that could be had: our own posts come with their counts, and that is all."""
    templates: bool = False
    """When the window has closed, templates that the network approved can be sent: see `TemplateSource`."""
    template_files: Mapping[str, Files] = {}
    """What templates begin with, by the kind that they name: exactly one file."""
    kept_seconds: int | None = None
    """How long the network keeps for us what we did not take; None where it can be fetched as long as it is there."""
    public_files: Files | None = None
    """Files that go out with a public reply; None where none can."""
    private_files: Files | None = None
    """Those of a private reply."""
    private_files_to_public: bool = True
    """Also of a private reply to a public message, where there are such."""
    no_files: str = ""
    """Why there are none, and what to do instead, in words for an agent; empty where nothing more is known."""

    def within(self, audience: Visibility) -> "Capabilities":
        """The same for one audience: `max_length` is what it may read."""
        if self.private_max_length is None or audience not in PRIVATE:
            return self
        return structs.replace(self, max_length=self.private_max_length)

    def answering(self, visibility: Visibility) -> "Capabilities":
        """The same for answers to messages that are seen so: `private_files` are what they may have."""
        if self.private_files_to_public or visibility in PRIVATE:
            return self
        return structs.replace(self, private_files=None)


class RawDelivery(Struct, frozen=True, kw_only=True):
    """What came over the wire, kept before it is understood."""

    transport: str
    """`webhook`, `stream`, `poll`, `mailbox`, `api` or `import`."""
    body: bytes
    headers: dict[str, str] = {}
    native_delivery_id: str = ""
    """The network's id of this delivery, if any: a repeat is acknowledged and not stored again."""
    verified_by: str = ""
    """The rule that proved the sender: `standard-webhooks`, `token`, `oauth`, `imap-login`, ..."""


class Receipt(Struct, frozen=True, kw_only=True):
    """What became of a delivery, after commit."""

    accepted: int = 0
    """Messages that were new."""
    changed: int = 0
    """Edits and deletes that changed a message."""
    duplicates: int = 0
    """Already known, nothing to do."""


class Inlet(Protocol):
    """The way in. Every call returns after commit: what it returned for can no longer be lost."""

    async def accept(
        self,
        delivery: RawDelivery,
        messages: Sequence[IncomingMessage],
        *,
        cursors: dict[str, str] | None = None,
    ) -> Receipt:
        """Keep a delivery, its messages and the moved cursors in one transaction."""
        ...

    async def cursor(self, name: str) -> str | None:
        """The cursor as last committed."""
        ...

    async def alive(self) -> None:
        """Note a proof of life: the network answered, though it may have had nothing new."""
        ...

    async def trouble(self, what: str) -> None:
        """Note what is wrong, in words for an admin: what happened, what was kept, what to do."""
        ...

    async def wanted(self) -> list[str]:
        """What came without its content and is to be fetched now: `kind:id`."""
        ...

    async def fetched(self, what: str, delivery: RawDelivery, messages: Sequence[IncomingMessage]) -> Receipt:
        """Keep what was fetched; nothing when it is not there any more."""
        ...

    async def not_fetched(self, what: str, why: str, after_seconds: float) -> None:
        """It could not be fetched now; ask again later."""
        ...

    async def recent(self, since: Instant, limit: int) -> "list[Known]":
        """What customers wrote since then and is still there, the newest first: to look whether it still is."""
        ...

    async def gap(self, since: Instant, why: str) -> None:
        """From then on messages may be missing, until a job or a resumed stream has filled it."""
        ...

    async def no_gap(self) -> None:
        """Everything up to now was fetched: open gaps are filled."""
        ...

    async def job(self) -> "Job | None":
        """A piece of history that somebody asked for, the oldest first."""
        ...

    async def job_moved(
        self, job_id: str, delivery: RawDelivery, messages: Sequence[IncomingMessage], *, place: str
    ) -> Receipt:
        """Keep a page of it with the place to go on from, in one transaction."""
        ...

    async def job_ended(self, job_id: str, error: str = "") -> None:
        """It is done, or given up with the reason."""
        ...


class Known(Struct, frozen=True, kw_only=True):
    """A message that is kept."""

    namespace: str
    native_id: str
    occurred_at: Instant


class Job(Struct, frozen=True, kw_only=True):
    """Something that somebody asked for: fetch what is older, or compare all that is there."""

    id: str
    kind: str
    """`backfill` or `reconcile`."""
    since: Instant | None
    asked_at: Instant
    place: str
    """Where an earlier run of it stopped; empty for the beginning."""


class ReplyFile(Struct, frozen=True, kw_only=True):
    """A file that goes out with a reply."""

    id: str = ""
    """Ours: what an address is made of, where the network fetches it."""
    name: str
    mime: str
    content: bytes = b""
    """Empty while a reply is only looked for."""
    alt: str = ""
    """The picture in words, for those who cannot see it."""


class Reply(Struct, frozen=True, kw_only=True):
    """One reply to be sent: everything a connector needs, nothing that it must look up."""

    client_id: str
    """Our outbox id; the idempotency key where the network has one."""
    text: str
    audience: Visibility
    """Who may see it. Never widened: a connector that cannot keep it refuses to send."""
    to: "ReplyTarget"
    subject: str = ""
    sender_name: str = ""
    files: list[ReplyFile] = []
    """As many as the channel takes in one message. Only with one there may be no text."""
    template: FilledTemplate | None = None
    """A template to be sent instead of `text`, which then is how it reads."""


class ReplyTarget(Struct, frozen=True, kw_only=True):
    """The message being answered, as the network knows it."""

    native_id: str
    namespace: str = ""
    thread: str = ""
    author_native_id: str = ""
    author_handle: str = ""
    author_name: str = ""
    visibility: Visibility
    subject: str = ""
    ancestor_ids: list[str] = []
    permalink: str = ""
    context: dict[str, object] = {}


class Sent(Struct, frozen=True, kw_only=True):
    """The network took the reply and named it."""

    native_id: str
    namespace: str = ""
    occurred_at: datetime
    permalink: str = ""
    thread: str = ""


class SendRefused(Exception):
    """The network (or the connector) refused for good; trying again as it stands cannot help."""


class SendPostponed(Exception):
    """Nothing was sent; worth another try, after `after_seconds` if the network said when."""

    def __init__(self, why: str, *, after_seconds: float | None = None) -> None:
        super().__init__(why)
        self.after_seconds = after_seconds


class SendUnknown(Exception):
    """The reply may or may not be out (a time-out after the request left): look before any resend."""


class Connector(Protocol):
    """One channel, connected. Built by `connect(channel)` of its folder."""

    network: Network

    @property
    def capabilities(self) -> Capabilities:
        """What the channel can do now."""
        ...

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Bring messages in until `stop` is set; passing faults go to the inlet and are retried inside."""
        ...

    async def send(self, reply: Reply) -> Sent:
        """Send one reply.

        Raises SendRefused, SendPostponed or SendUnknown; any other exception counts as unknown.
        """
        ...

    async def find(self, reply: Reply) -> Sent | None:
        """Look on the network for a reply whose fate is unknown; None when it is surely not there.

        Raises SendUnknown when the network cannot tell.
        """
        ...

    async def check(self) -> list[str]:
        """Try the credentials; one sentence for each thing that is wrong, an empty list when all is well."""
        ...


class TemplatesUnreadError(Exception):
    """The templates could not be read now; the message says why, in words for an admin."""


@runtime_checkable
class TemplateSource(Protocol):
    """A connector whose network lets approved templates through at any time."""

    async def templates(self) -> list[Template]:
        """All templates of the account, whatever the network thinks of them. Raises TemplatesUnreadError."""
        ...
