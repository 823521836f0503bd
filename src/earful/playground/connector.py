"""A simulated channel: a network that is not there, for trying and showing Earful without any account.

It takes every reply, and customers of the demo answer back. It is a simulator and labelled as one wherever its
channels are shown.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from earful.channels import registry
from earful.channels.contract import Capabilities, Inlet, Reply, Sent
from earful.model.message import Network

LIMITS: dict[Network, tuple[int | None, str]] = {
    Network.X: (280, "x"),
    Network.MASTODON: (500, "mastodon"),
    Network.BLUESKY: (300, "graphemes"),
    Network.FACEBOOK: (8_000, "codepoints"),
    Network.INSTAGRAM: (1_000, "utf8"),
    Network.REDDIT: (10_000, "codepoints"),
    Network.YOUTUBE: (10_000, "codepoints"),
    Network.LINKEDIN: (1_250, "codepoints"),
    Network.REVIEW: (4_096, "utf8"),
    Network.BLOG: (65_525, "utf8"),
    Network.EMAIL: (None, "codepoints"),
    Network.CHAT: (4_000, "codepoints"),
    Network.SMS: (1_600, "sms"),
}
PUBLIC_ONLY = frozenset({Network.YOUTUBE, Network.LINKEDIN, Network.REVIEW, Network.BLOG})
PRIVATE_ONLY = frozenset({Network.EMAIL, Network.CHAT, Network.SMS})
IN_PARTS = frozenset({Network.MASTODON, Network.X, Network.BLUESKY, Network.THREADS})
READ_ONLY = frozenset({Network.PHONE, Network.FEED, Network.IN_PERSON})

OnReply = Callable[[Reply, Sent], Awaitable[None]]


def capabilities(network: Network) -> Capabilities:
    """What the simulated network allows, as the real one would."""
    real = registry.capabilities(network)
    length, counter = LIMITS.get(network, (None, "codepoints"))
    return Capabilities(
        receive="push",
        public_reply=network not in PRIVATE_ONLY | READ_ONLY,
        private_reply=network not in PUBLIC_ONLY | READ_ONLY,
        max_length=length,
        counter=counter,
        edits=True,
        deletes=True,
        idempotent_send=True,
        threads=network in IN_PARTS,
        public_files=real.public_files if real is not None else None,
        private_files=real.private_files if real is not None else None,
        private_files_to_public=real.private_files_to_public if real is not None else True,
        no_files=real.no_files if real is not None else "",
    )


class PlaygroundConnector:
    """Takes replies and hands them to whoever plays the customers."""

    def __init__(self, network: Network, on_reply: OnReply | None = None) -> None:
        self.network = network
        self.capabilities = capabilities(network)
        self.on_reply = on_reply
        """Told of every reply that was taken; may be set while the channel runs."""
        self._sent: dict[str, Sent] = {}

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Nothing comes by itself; a proof of life once a minute."""
        while not stop.is_set():
            await inlet.alive()
            try:
                await asyncio.wait_for(stop.wait(), 60)
            except TimeoutError:
                continue

    async def send(self, reply: Reply) -> Sent:
        """Take a reply; the same one twice is one."""
        known = self._sent.get(reply.client_id)
        if known is not None:
            return known
        proof = Sent(
            native_id=f"sent-{reply.client_id}", occurred_at=datetime.now(UTC), thread=reply.to.thread
        )
        self._sent[reply.client_id] = proof
        if self.on_reply is not None:
            await self.on_reply(reply, proof)
        return proof

    async def find(self, reply: Reply) -> Sent | None:
        """A reply that was taken."""
        return self._sent.get(reply.client_id)

    async def check(self) -> list[str]:
        """A simulator is always well."""
        return []
