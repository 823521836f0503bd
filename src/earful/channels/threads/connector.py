"""A Threads profile as a channel: replies and mentions come by webhook, answers go out in two steps."""

import asyncio

import msgspec

from earful.channels.contract import Capabilities, Inlet, Reply, SendPostponed, SendRefused, SendUnknown, Sent
from earful.channels.kit.tools import Tools
from earful.channels.meta.graph import FAULTS, Graph, GraphRefused, id_in
from earful.channels.meta.private import same_words
from earful.channels.meta.standing import Callback, Problem, explained, stand_by, tell_where
from earful.channels.meta.values import when
from earful.channels.threads.limits import (
    CAPABILITIES,
    LIMITS,
    LOST_AFTER_HOURS,
    PAGE_SIZE,
    READY_SECONDS,
    REPLIES,
    STEP_SECONDS,
)
from earful.channels.threads.parse import FIELDS, Post
from earful.channels.threads.send import Containers, compose, container
from earful.channels.threads.settings import ThreadsSecrets, ThreadsSettings
from earful.model.message import Network
from earful.model.time import moment

LOST = ("EXPIRED", "GONE")
"""Containers that can never be published any more."""


class ThreadsConnector:
    """One profile. Which container belongs to which reply is kept in the store; see `Connector` for the promises."""

    network = Network.THREADS
    capabilities: Capabilities = CAPABILITIES

    def __init__(self, settings: ThreadsSettings, secrets: ThreadsSecrets, tools: Tools) -> None:
        self._settings = settings
        self._secrets = secrets
        self._containers = Containers()
        budget = f"threads {settings.user_id}"
        base, app = (f"{one.rstrip('/')}/{settings.version}" for one in (settings.api, settings.app_api))
        self._graph = Graph(tools, secrets, base=base, budget=budget, limits=LIMITS, proof=False)
        self._app = Graph(tools, secrets, base=app, budget=budget, limits=LIMITS, proof=False)

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Tell Meta where to deliver, and prove again and again that it can, until `stop`."""
        self._containers.inlet = inlet
        await stand_by(
            inlet, stop, self._graph,
            subscribe=self._subscribe, prove=self._prove, fetch=None, explain=self._explain,
        )  # fmt: skip

    async def _subscribe(self) -> None:
        callback = Callback(app_id=self._settings.app_id, object="threads", fields=FIELDS)
        await tell_where(self._app, self._secrets, callback, self._graph.tools.hook_url)

    async def _prove(self) -> Problem:
        await self._graph.get(self._settings.user_id, {"fields": "id"})
        return Problem("")

    async def send(self, reply: Reply) -> Sent:
        """Make a container or take the one that an earlier try made, and publish it; see `Connector.send`."""
        fields = compose(reply)
        container_id = await self._containers.of(reply.client_id)
        status = await self._status(container_id) if container_id else "GONE"
        if status == "PUBLISHED":
            return await self._published(reply)
        if status in (*LOST, "ERROR"):
            container_id = await self._make(reply, fields)
        await self._until_ready(container_id)
        answer = await self._graph.send(
            f"{self._settings.user_id}/threads_publish", {"creation_id": container_id}, limit=REPLIES
        )
        now = self._graph.tools.now()
        return Sent(native_id=id_in(answer, "id"), occurred_at=moment(now), thread=reply.to.thread)

    async def _make(self, reply: Reply, fields: dict[str, str]) -> str:
        try:
            answer = await self._graph.send(f"{self._settings.user_id}/threads", fields)
            container_id = id_in(answer, "id")
        except SendUnknown as fault:
            # A container that nobody publishes is seen by nobody.
            raise SendPostponed(f"{fault} Only a draft, though: nothing was published.") from None
        await self._containers.keep(reply.client_id, container_id)
        return container_id

    async def _status(self, container_id: str) -> str:
        """How far a container is. Raises SendPostponed."""
        try:
            found = container.decode(
                await self._graph.get(container_id, {"fields": "id,status,error_message"})
            )
        except GraphRefused as fault:
            if fault.gone:
                return "GONE"
            raise SendPostponed(f"{fault}; nothing was sent.", after_seconds=fault.after_seconds) from None
        except (*FAULTS, msgspec.MsgspecError) as fault:
            raise SendPostponed(
                f"Threads could not be asked ({type(fault).__name__}); nothing was sent."
            ) from None
        return found.status

    async def _until_ready(self, container_id: str) -> None:
        waited = 0.0
        while (status := await self._status(container_id)) == "IN_PROGRESS":
            if waited >= READY_SECONDS:
                raise SendPostponed(
                    "Threads still prepares the reply; it is published later.", after_seconds=30.0
                )
            await asyncio.sleep(STEP_SECONDS * self._graph.tools.pace)
            waited += STEP_SECONDS
        if status == "ERROR":
            raise SendRefused("Threads could not prepare the reply; nothing was sent.")
        if status in LOST:
            raise SendPostponed("The prepared reply is gone at Threads; it is made anew.")

    async def find(self, reply: Reply) -> Sent | None:
        """Ask the reply's container whether it is out; without one, look through our newest replies."""
        container_id = await self._containers.of(reply.client_id)
        try:
            status = await self._status(container_id) if container_id else ""
        except SendPostponed as fault:
            raise SendUnknown(f"Threads could not be asked for the reply: {fault}") from None
        if status in ("IN_PROGRESS", "FINISHED", "ERROR"):
            return None
        found = await self._listed(reply)
        if found is None and status == "PUBLISHED":
            raise SendUnknown("Threads says that the reply is out, but does not list it yet.")
        return found

    async def _published(self, reply: Reply) -> Sent:
        found = await self._listed(reply)
        if found is None:
            raise SendUnknown("Threads says that the reply is out, but does not list it yet.")
        return found

    async def _listed(self, reply: Reply) -> Sent | None:
        query = {"fields": "id,text,timestamp,permalink,replied_to", "limit": str(PAGE_SIZE)}
        try:
            found = (await self._graph.listed(f"{self._settings.user_id}/replies", query)).data
            posts = [msgspec.json.decode(one, type=Post) for one in found]
        except (*FAULTS, msgspec.MsgspecError) as fault:
            raise SendUnknown(f"Threads could not be asked for the reply: {fault}") from None
        for post in posts:
            above = str(post.replied_to.id) if post.replied_to is not None else ""
            if above == reply.to.native_id and same_words(post.text, reply.text):
                at = when(post.timestamp, self._graph.tools.now())
                return Sent(
                    native_id=str(post.id),
                    occurred_at=at,
                    thread=reply.to.thread,
                    permalink=post.permalink or "",
                )
        return None

    async def check(self) -> list[str]:
        """Try the token on the profile."""
        try:
            await self._prove()
        except FAULTS as fault:
            return [self._explain(fault)]
        return []

    def _explain(self, fault: Exception) -> str:
        return explained(fault, "Threads", f"{LOST_AFTER_HOURS} hours")
