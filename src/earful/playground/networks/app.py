"""The simulated networks as one web application: each under its own path."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from litestar import Litestar, Request, Response, route
from litestar.datastructures import State
from litestar.response import Stream
from litestar.types import Receive, Scope, Send

from earful.channels.hooks import Asked
from earful.channels.kit.tools import shared_client
from earful.model.message import Network
from earful.model.time import Instant
from earful.playground.networks import pages
from earful.playground.networks.bluesky import BlueskySimulator
from earful.playground.networks.facebook import FacebookSimulator
from earful.playground.networks.feed import FeedSimulator
from earful.playground.networks.google_reviews import GoogleReviewsSimulator
from earful.playground.networks.instagram import InstagramSimulator
from earful.playground.networks.jetstream import subscribe
from earful.playground.networks.linkedin import LinkedInSimulator
from earful.playground.networks.mastodon import MastodonSimulator
from earful.playground.networks.messenger import MessengerSimulator
from earful.playground.networks.phone import PhoneSimulator
from earful.playground.networks.pinterest import PinterestSimulator
from earful.playground.networks.push import Pusher
from earful.playground.networks.reddit import RedditSimulator
from earful.playground.networks.simulator import Simulator, Told
from earful.playground.networks.telegram import TelegramSimulator
from earful.playground.networks.threads import ThreadsSimulator
from earful.playground.networks.tiktok import TikTokSimulator
from earful.playground.networks.tumblr import TumblrSimulator
from earful.playground.networks.twilio import TwilioSimulator
from earful.playground.networks.uploads import fetched
from earful.playground.networks.whatsapp import WhatsAppSimulator
from earful.playground.networks.wordpress import WordPressSimulator
from earful.playground.networks.world import SentFile
from earful.playground.networks.x import XSimulator
from earful.playground.networks.youtube import YouTubeSimulator
from earful.web.assets import Assets
from earful.web.render import Renderer
from earful.web.shell import secure, static_route

SIMULATORS: Mapping[Network, type[Simulator]] = {
    Network.TELEGRAM: TelegramSimulator,
    Network.FACEBOOK: FacebookSimulator,
    Network.MESSENGER: MessengerSimulator,
    Network.INSTAGRAM: InstagramSimulator,
    Network.THREADS: ThreadsSimulator,
    Network.WHATSAPP: WhatsAppSimulator,
    Network.MASTODON: MastodonSimulator,
    Network.BLUESKY: BlueskySimulator,
    Network.REDDIT: RedditSimulator,
    Network.X: XSimulator,
    Network.YOUTUBE: YouTubeSimulator,
    Network.LINKEDIN: LinkedInSimulator,
    Network.TIKTOK: TikTokSimulator,
    Network.TUMBLR: TumblrSimulator,
    Network.REVIEW: GoogleReviewsSimulator,
    Network.PINTEREST: PinterestSimulator,
    Network.BLOG: WordPressSimulator,
    Network.SMS: TwilioSimulator,
    Network.PHONE: PhoneSimulator,
    Network.FEED: FeedSimulator,
}

AT_ROOT = "api"
"""A Mastodon is a server of its own: its calls have no path of the network before them."""


class Networks:
    """All simulated networks, and what carries their deliveries."""

    def __init__(self, base_url: str, clock: Callable[[], Instant], *others: Simulator) -> None:
        """`others`: those that are reached some other way than under `base_url`."""
        self.simulators: dict[Network, Simulator] = {
            network: kind(f"{base_url}/{network.value}", clock) for network, kind in SIMULATORS.items()
        }
        self.simulators |= {one.network: one for one in others}
        self._http = shared_client(allow_private=True)
        self.pusher = Pusher(list(self.simulators.values()), self._http)

    async def fetch(self, address: str) -> SentFile | None:
        """A file at an address of the brand."""
        return await fetched(self._http, address)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver as long as the block lasts."""
        stop = asyncio.Event()
        task = asyncio.create_task(self.pusher.run(stop))
        try:
            yield
        finally:
            stop.set()
            await task
            await self._http.aclose()


class _Cut:
    """An answer that breaks off before it is whole: the client cannot know what became of its request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


def build(networks: Networks, *, desk: str = "") -> Litestar:
    """The application that serves them, with a page to play on. `desk`: where the desk is, for a link."""
    assets = Assets()

    @route(
        "/{network:str}/{rest:path}", http_method=["GET", "POST", "PUT", "PATCH", "DELETE"], status_code=200
    )
    async def any_request(
        request: Request[Any, Any, Any], network: str, rest: str
    ) -> Response[bytes] | Stream | _Cut:
        if network == AT_ROOT:
            network, rest = Network.MASTODON, f"/{AT_ROOT}{rest}"
        simulator = networks.simulators.get(Network(network)) if network in set(Network) else None
        if simulator is None:
            return Response(b"", status_code=404)
        asked = Asked(
            method=request.method,
            url=str(request.url),
            query=dict(request.query_params.items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.body(),
        )
        addresses = simulator.addresses(asked, rest)
        found = {address: await networks.fetch(address) for address in addresses}
        simulator.fetched = found
        before = len(simulator.world.said)
        told = simulator.answer(asked, rest)
        if len(simulator.world.said) > before:
            await simulator.knobs.answering.wait()
        return _Cut() if told.cut else _response(told)

    @contextlib.asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with networks.running():
            yield

    state = State({"networks": networks, "renderer": Renderer(assets), "desk": desk})
    return Litestar(
        [any_request, subscribe, *pages.HANDLERS, static_route(assets)],
        state=state,
        lifespan=[lifespan],
        before_send=[secure],
        openapi_config=None,
    )


def _response(told: Told) -> Response[bytes] | Stream:
    headers = dict(told.headers)
    if told.stream is not None:
        return Stream(told.stream, headers=headers)
    media_type = headers.pop("content-type", "application/json")
    return Response(told.body, status_code=told.status, media_type=media_type, headers=headers)
