"""What happened on a simulated network: who said what to whom, in the order in which it happened."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from earful.channels.kit.media import IMAGES
from earful.model.message import Change
from earful.model.time import Instant


class Account(Struct, frozen=True, kw_only=True):
    """Somebody there."""

    id: str
    handle: str
    name: str
    followers: int = 40


class SentFile(Struct, frozen=True, kw_only=True):
    """A file that the brand said something with."""

    name: str
    mime: str
    content: bytes
    alt: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown."""
        return self.mime in IMAGES


class Said(Struct, kw_only=True):
    """One thing that was said. Times are instants."""

    id: str
    by: Account
    text: str
    at: Instant
    ours: bool = False
    """By the brand."""
    private: bool = False
    to: str = ""
    """The other side of a private conversation: always the customer."""
    parent: str = ""
    root: str = ""
    """The first of its thread; itself when it is the first."""
    edited_at: Instant | None = None
    deleted: bool = False
    kind: str = ""
    """Something that the network has and Earful cannot know; empty for words."""
    files: list[SentFile] = []

    @property
    def when(self) -> datetime:
        """The time of writing."""
        return datetime.fromtimestamp(self.at / 1000, UTC)


class Happened(Struct, frozen=True):
    """Something to be told to whoever listens."""

    said: Said
    change: Change


class World:
    """One network with its brand, its customers and what they said."""

    def __init__(self, brand: Account, clock: Callable[[], Instant]) -> None:
        self.brand = brand
        self.clock = clock
        self.customers: dict[str, Account] = {}
        self.said: dict[str, Said] = {}
        self.told: list[Happened] = []
        """Everything that happened, in order."""
        # A network that was started again must not give out an id twice: a desk remembers.
        self._next = int(clock())
        self.on_change: Callable[[Happened], None] | None = None

    def customer(self, handle: str, name: str = "", followers: int = 40) -> Account:
        """A customer by handle; new ones are made, with the same id whenever and wherever that is."""
        if handle not in self.customers:
            number = int.from_bytes(hashlib.blake2b(handle.encode(), digest_size=5).digest())
            self.customers[handle] = Account(
                id=str(10_000 + number), handle=handle, name=name or handle.title(), followers=followers
            )
        return self.customers[handle]

    def new_id(self) -> str:
        """A number that only grows."""
        self._next += 1
        return str(self._next)

    def say(
        self,
        by: Account,
        text: str,
        *,
        parent: str = "",
        private: bool = False,
        to: str = "",
        kind: str = "",
        files: Sequence[SentFile] = (),
    ) -> Said:
        """Somebody says something."""
        new = self.new_id()
        above = self.said.get(parent)
        one = Said(
            id=new,
            by=by,
            text=text,
            at=self.clock(),
            ours=by.id == self.brand.id,
            private=private or (above is not None and above.private),
            to=to or (above.to if above is not None else "" if by.id == self.brand.id else by.id),
            parent=parent,
            root=above.root if above is not None else new,
            kind=kind,
            files=list(files),
        )
        self.said[new] = one
        self._tell(Happened(one, Change.CREATE))
        return one

    def edit(self, said_id: str, text: str) -> Said:
        """Its author changes it. Raises KeyError when there is no such thing."""
        one = self.said[said_id]
        one.text, one.edited_at = text, Instant(max(self.clock(), (one.edited_at or one.at) + 1000))
        self._tell(Happened(one, Change.EDIT))
        return one

    def delete(self, said_id: str) -> Said:
        """Its author takes it back."""
        one = self.said[said_id]
        one.deleted, one.text = True, ""
        self._tell(Happened(one, Change.DELETE))
        return one

    def thread(self, root: str) -> list[Said]:
        """All of a thread that is there, oldest first."""
        return [one for one in self.said.values() if one.root == root and not one.deleted]

    def with_customer(self, customer_id: str) -> list[Said]:
        """A private conversation, oldest first."""
        return [
            one for one in self.said.values() if one.private and one.to == customer_id and not one.deleted
        ]

    def _tell(self, happened: Happened) -> None:
        self.told.append(happened)
        if self.on_change is not None:
            self.on_change(happened)
