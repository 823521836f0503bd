"""The only place that builds the parts and connects them, in order. Read it to see the system on one page."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial

import structlog
from httpx2 import AsyncClient

from earful.channels import registry
from earful.channels.contract import Capabilities, Connector, Reply
from earful.channels.form.connector import FormConnector
from earful.channels.hooks import Hook
from earful.channels.kit.budget import Budgets, ChannelBudgets, Left
from earful.channels.kit.tools import Tools, shared_client
from earful.channels.phone.connector import PhoneConnector
from earful.config import Settings
from earful.desk.attaching import service as attaching
from earful.desk.attaching.public import PATH as FILES
from earful.desk.attaching.rules import Link, sign_link
from earful.desk.automation import acting as automation
from earful.desk.automation import service as automation_service
from earful.desk.automation.consumer import AutomationConsumer
from earful.desk.bulk.consumer import BulkConsumer
from earful.desk.cases import service as cases
from earful.desk.channels import tokens
from earful.desk.channels.service import Channel
from earful.desk.channels.tokens import Keeper
from earful.desk.chat import service as chat
from earful.desk.consumer import DeskConsumer
from earful.desk.erasing.consumer import ErasingConsumer
from earful.desk.handoff import service as handoffs
from earful.desk.handoff.consumer import ArrivalConsumer
from earful.desk.inbox.service import READ_ONLY
from earful.desk.media.consumer import MediaConsumer
from earful.desk.media.fetcher import Fetcher
from earful.desk.media.files import Files
from earful.desk.notices import mails as notices
from earful.desk.notices.consumer import NoticeConsumer
from earful.desk.notices.sender import NoticeSender
from earful.desk.outcomes import service as outcomes
from earful.desk.outcomes.consumer import OutcomeConsumer
from earful.desk.outcomes.counting import start_for_new_rules
from earful.desk.people.consumer import PeopleConsumer
from earful.desk.playbooks import runs as playbooks
from earful.desk.playbooks.consumer import PlaybookConsumer
from earful.desk.routing import queues
from earful.desk.routing import service as routing
from earful.desk.routing.consumer import RoutingConsumer
from earful.desk.sla import service as sla
from earful.desk.sla.consumer import ClockConsumer, RecomputeConsumer
from earful.desk.suggestions.consumer import SuggestionConsumer
from earful.desk.templates.consumer import TemplateConsumer
from earful.desk.templates.fetcher import TemplateFetcher
from earful.desk.triage import learning
from earful.desk.triage import settings as triage_settings
from earful.desk.triage.consumer import WeighingConsumer
from earful.desk.views import service as views
from earful.desk.views.consumer import ViewConsumer
from earful.desk.webhooks import service as webhooks
from earful.desk.webhooks.consumer import WebhookConsumer
from earful.desk.webhooks.sender import WebhookSender
from earful.intake import service as intake
from earful.intake.keeper import DeliveryKeeper
from earful.intake.known import Channels
from earful.intake.ledger import service as ledger
from earful.intake.reader import Reader
from earful.intake.receiver import Receiver
from earful.log.contract import Log
from earful.log.embedded import EmbeddedLog
from earful.log.runner import Consumer, Runner, system_clock
from earful.model.message import Network
from earful.model.time import DAY, HOUR, MINUTE, Instant
from earful.outbox.consumer import ReportConsumer, WaitingConsumer
from earful.outbox.sender import Sender
from earful.parts import Parts
from earful.playground.connector import OnReply, PlaygroundConnector
from earful.search.consumer import SearchConsumer
from earful.store.audit import EARFUL
from earful.store.migrate import migrate
from earful.store.secrets import Vault
from earful.store.store import Store
from earful.store.tx import Tx
from earful.triage import workspace
from earful.triage.consumer import TriageConsumer
from earful.triage.lean import give_back
from earful.triage.subject import Brand

logger = structlog.get_logger()
TICK_SECONDS = 5.0
LEAN_MINUTES = 10
"""How often what only loading needed is given back: learning and a new brand load again."""
PLAYGROUND = "playground"
"""The setting that marks a simulated channel."""


def readers(log: Log, *, brand: Callable[[Tx], Brand], key: str) -> list[Consumer]:
    """Everybody who reads the log, in the order of a message's walk. `key` hides what people are recognised by."""
    return [
        TriageConsumer(brand),
        DeskConsumer(log),
        ArrivalConsumer(),
        OutcomeConsumer(),
        WeighingConsumer(),
        ClockConsumer(),
        RecomputeConsumer(),
        RoutingConsumer(log),
        PeopleConsumer(log, key),
        BulkConsumer(log),
        PlaybookConsumer(),
        AutomationConsumer(log),
        ViewConsumer(),
        SearchConsumer(),
        WaitingConsumer(log),
        ReportConsumer(log),
        SuggestionConsumer(),
        NoticeConsumer(),
        MediaConsumer(),
        TemplateConsumer(),
        ErasingConsumer(log),
        WebhookConsumer(),
    ]


class Earful:
    """One process with all its roles."""

    def __init__(
        self, settings: Settings, clock: Callable[[], Instant] = system_clock, *, pace: float = 1.0
    ) -> None:
        settings.folder.mkdir(parents=True, exist_ok=True)
        migrate(settings.database_url)
        self.settings = settings
        self.clock = clock
        self.store = Store(settings.database_url)
        self.log = EmbeddedLog()
        self.vault = Vault.open(settings.folder)
        self.runner = Runner(self.store, self.log, self.consumers(), clock)
        self._swept = 0
        self._lean_at = 0
        self.on_demo_reply: OnReply | None = None
        self.receiver = Receiver(self.store, self.log, self.vault, self._connect, clock)
        self.budgets = Budgets(clock)
        self._budgets_of: dict[str, ChannelBudgets] = {}
        self._pace = pace
        self._http = shared_client(allow_private=settings.allow_private_addresses)
        self._near = shared_client(allow_private=True)
        self.playground = ""
        """Where simulated networks are reached that run beside this desk; empty for none."""
        self.known = Channels(self.vault, self._hook, clock)
        self.reader = Reader(self.store, self.log, self.known, clock)
        self.files = Files(settings.folder)
        self.sender = Sender(
            self.store,
            self.log,
            self.receiver.connectors,
            clock,
            read_file=self.files.read,
        )
        self.fetcher = Fetcher(
            self.store,
            self.log,
            self.files,
            self.receiver.connectors,
            self._http,
            clock,
            megabytes=settings.media_megabytes,
        )
        self.templates = TemplateFetcher(self.store, self.receiver.connectors, clock)
        self.notifier = NoticeSender(
            self.store,
            self.vault,
            clock,
            base=settings.address,
            workspace=settings.brand or "Earful",
            allow_private=settings.allow_private_addresses,
        )
        self.parts = Parts(
            settings=settings,
            store=self.store,
            log=self.log,
            vault=self.vault,
            clock=clock,
            connectors=self.receiver.connectors,
            capabilities=self._capabilities,
            allowed=self._allowed,
            reconnect=self.receiver.look_again,
            known=self.known,
            keeper=DeliveryKeeper(self.store, clock, self.reader.wake),
            playground=lambda: self.playground,
            files=self.files,
            workspace=settings.brand or "Earful",
        )

    def consumers(self) -> list[Consumer]:
        """Everybody who reads this desk's log."""
        return readers(self.log, brand=self._brand, key=self.vault.derive("people"))

    def _brand(self, tx: Tx) -> Brand:
        """Who we are: the profile, our handles everywhere, and the configured name where the profile has none."""
        return triage_settings.brand_in_force(tx, self.settings.brand)

    def _connect(self, channel: Channel, secrets: dict[str, str]) -> Connector:
        if channel.settings.get(PLAYGROUND):
            return PlaygroundConnector(channel.network, self.on_demo_reply)
        if channel.settings.get(handoffs.FORM):
            return FormConnector(partial(self._oldest, Network.EMAIL))
        simulated = bool(self.playground) and _is_at(channel, self.playground)
        # A network can fetch from us at a public https address, or where it runs beside us and needs no TLS itself.
        beside = simulated or (self.settings.allow_private_addresses and _is_at(channel, "http://"))
        reached = beside or self.settings.address.startswith("https://")
        budgets = self._budgets_of[channel.id] = ChannelBudgets(self.budgets)
        tools = Tools(
            now=self.clock,
            http=self._near if simulated else self._http,
            budgets=budgets,
            pace=self._pace,
            allow_private=simulated or self.settings.allow_private_addresses,
            hook_url=f"{self.settings.address}/hooks/{channel.name}",
            file_address=partial(self.file_address, channel.id) if reached else None,
            tokens=self._tokens(channel, secrets, self._near if simulated else self._http),
            mail=partial(self._oldest, Network.EMAIL),
            absent=self._absent,
        )
        made = registry.connect(channel.network, channel.settings, secrets, tools)
        if isinstance(made, PhoneConnector):
            made.by_sms = partial(self._oldest, Network.SMS)
        return made

    def file_address(self, channel_id: str, file_id: str) -> str:
        """Where a network fetches a file of a reply."""
        ends = Instant(self.clock() + self.settings.file_link_hours * HOUR)
        link = Link(file_id=file_id, channel_id=channel_id, expires_at=ends)
        token = sign_link(self.vault.derive(attaching.LINKS), link)
        return f"{self.settings.address}{FILES}/{token}"

    def _allowed(self, channel_id: str) -> list[Left]:
        """What the network still permits a channel; nothing where it is not connected or has no limits."""
        known = self._budgets_of.get(channel_id)
        return known.left() if known is not None else []

    def _tokens(self, channel: Channel, secrets: dict[str, str], http: AsyncClient) -> Keeper | None:
        found = registry.consent(channel.network, channel.settings, secrets)
        if found is None or not self.store.read_now(partial(tokens.has_any, channel_id=channel.id)):
            return None
        provider, client = found
        return Keeper(
            self.store, self.vault, http, self.clock, channel_id=channel.id, provider=provider, client=client
        )

    def _hook(self, channel: Channel, secrets: dict[str, str]) -> Hook | None:
        return registry.hook(channel.network, channel.settings, secrets)

    def _oldest(self, network: Network) -> Connector | None:
        """The oldest connected channel of a network; None without."""
        connectors = self.receiver.connectors
        found = sorted(one for one in connectors if connectors[one].network is network)
        return connectors[found[0]] if found else None

    async def _absent(self, reply: Reply) -> str:
        """Where a copy of an answer goes when its reader has left the chat."""
        return await self.store.read(partial(chat.absent, thread=reply.to.thread, now=self.clock()))

    def _capabilities(self, channel_id: str) -> Capabilities:
        connector = self.receiver.connectors.get(channel_id)
        return connector.capabilities if connector is not None else READ_ONLY

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Consumers, connectors, sender and timers, from start to a clean stop."""
        stop = asyncio.Event()
        self.budgets.restore(await self.store.read(ledger.spent))
        self.runner.start()
        tasks = [
            asyncio.create_task(self.receiver.run(stop)),
            asyncio.create_task(self.reader.run(stop)),
            asyncio.create_task(self.sender.run(stop)),
            asyncio.create_task(self._teller().run(stop)),
            asyncio.create_task(self.notifier.run(stop)),
            asyncio.create_task(self.fetcher.run(stop)),
            asyncio.create_task(self.templates.run(stop)),
            asyncio.create_task(self._tick(stop)),
        ]
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait(tasks, timeout=20)
            await self._keep_spending()
            await self._http.aclose()
            await self._near.aclose()
            await asyncio.to_thread(self.runner.stop)
            await asyncio.to_thread(self.store.close)

    def _teller(self) -> WebhookSender:
        private = self.settings.allow_private_addresses
        return WebhookSender(self.store, self.vault, self.clock, allow_private=private)

    async def _purge(self) -> None:
        """Raw deliveries are evidence for a while, not an archive; nor are the log of webhooks and what was read."""
        await self.store.write(partial(webhooks.purge, now=self.clock()))
        await self.store.write(partial(notices.purge, now=self.clock()))
        await self.store.write(partial(automation_service.purge, now=self.clock()))
        if self.settings.keep_raw_days:
            now = self.clock()
            before = now - self.settings.keep_raw_days * DAY
            await self.store.write(partial(intake.purge, before=before, now=now))

    async def _learn(self) -> None:
        """Replay the corrections when a night has passed: read apart from the writer, keep in one transaction."""
        now = self.clock()
        if not await self.store.read(partial(learning.due, now=now)):
            return
        version = await self.store.read(lambda tx: workspace.replay(tx, self._brand(tx)))
        if version is not None:
            await self.store.write(partial(learning.keep, who=EARFUL, version=version, now=now))

    async def _keep_promises(self) -> None:
        """Warn of deadlines and keep those that passed, slice by slice, until none is due."""
        while await self.store.write(partial(sla.tell, log=self.log, now=self.clock())) == sla.AT_ONCE:
            continue

    async def _follow_playbooks(self) -> None:
        """Let time move playbooks on, slice by slice, until none is due."""
        while (
            await self.store.write(partial(playbooks.move_on, log=self.log, now=self.clock()))
            == playbooks.AT_ONCE
        ):
            continue

    async def _sweep(self) -> None:
        """Let rules act that wait for time, on the next slice of the cases that are not closed."""
        look = partial(automation.ripe, after=self._swept, now=self.clock())
        found, self._swept = await self.store.read(look)
        if found:
            verb = partial(automation.sweep, log=self.log, happenings=found, now=self.clock())
            await self.store.write(verb)

    async def _look_at_views(self) -> None:
        """Cases come into views and leave them by the clock."""
        now = self.clock()
        if await self.store.read(partial(views.is_due, now=now)):
            await self.store.write(partial(views.tick, log=self.log, now=now))

    async def _route(self) -> None:
        """Somebody came back, or a day began or ended; and once a minute how the queues stand."""
        now = self.clock()
        if await self.store.read(partial(routing.is_due, now=now)):
            await self.store.write(partial(routing.tick, log=self.log, now=now))
        if states := await self.store.read(partial(queues.look, now=now)):
            await self.store.write(partial(queues.keep, log=self.log, states=states))

    async def _keep_spending(self) -> None:
        """What was spent of networks' limits, so that a restart does not spend it again."""
        if changes := ledger.changes_of(self.budgets.all()):
            await self.store.write(partial(ledger.keep_spending, changes=changes))

    async def _stay_lean(self) -> None:
        if self.clock() >= self._lean_at:
            self._lean_at = self.clock() + LEAN_MINUTES * MINUTE
            await asyncio.to_thread(give_back)

    async def _tick(self, stop: asyncio.Event) -> None:
        """What happens because time passes."""
        while not stop.is_set():
            try:
                await self._stay_lean()
                await self._purge()
                await self._learn()
                await self._keep_spending()
                await self._look_at_views()
                await self.store.write(partial(cases.wake_snoozed, log=self.log, now=self.clock()))
                await self._keep_promises()
                await self._route()
                await self._follow_playbooks()
                await self._sweep()
                await self.store.write(partial(start_for_new_rules, log=self.log, now=self.clock()))
                await self.store.write(partial(handoffs.expire, log=self.log, now=self.clock()))
                await self.store.write(partial(outcomes.fall_silent, log=self.log, now=self.clock()))
            except Exception:
                logger.exception("tick.failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TICK_SECONDS)


def _is_at(channel: Channel, where: str) -> bool:
    """Whether a channel's network is at an address that begins so."""
    return any(str(value).startswith(where) for value in channel.settings.values())
