"""Plays the story into a fresh database, so that it looks as if a desk had worked in it for two months.

Messages take the walk of real ones: accepted, logged, rated, threaded. What the team does goes through the
verbs of the desk and of the outbox, each with its own time. Steps are worked off in groups; a group ends where
the next message depends on what was done before, and after a few hours, so that the log tells true times.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from earful.channels.contract import RawDelivery, Sent
from earful.desk.calendars.rules import Calendar, Holiday, Week
from earful.desk.cases import service as cases
from earful.desk.channels import service as channels
from earful.desk.outcomes import service as outcomes
from earful.desk.outcomes.reading import Reading
from earful.desk.people import flags, reading
from earful.desk.people.rules import Flag
from earful.desk.playbooks import service as playbooks
from earful.desk.routing import settings as routing
from earful.desk.routing.rules import Plan, Route, Strategy, Team
from earful.desk.sla import settings as sla
from earful.desk.sla.rules import Policy, Targets
from earful.desk.users import service as users
from earful.intake import service as intake
from earful.log.runner import BATCH, Consumer, drain, step
from earful.model.desk import Outcome, Role, Status
from earful.model.ids import new_id
from earful.model.message import Direction, Network, Visibility
from earful.model.time import DAY, HOUR, MINUTE, Instant, moment
from earful.outbox import leaving
from earful.outbox import service as outbox
from earful.playground import story as telling
from earful.playground.connector import capabilities
from earful.playground.messages import CHANNELS, PRIVATE_NETWORKS, changed, incoming
from earful.playground.story import (
    TEAM,
    Act,
    Assign,
    Close,
    Delete,
    Edit,
    Note,
    Reply,
    Say,
    Snooze,
    Story,
    Tag,
    Timed,
    Wait,
)
from earful.store import bulk
from earful.store.audit import EARFUL, Who
from earful.store.tables import cases as cases_table
from earful.store.tables import messages
from earful.store.tx import Tx
from earful.wiring import PLAYGROUND, Earful

LEAD = "jonas"
CARE, REPAIRS = ("jonas", "marit", "rosa", "kieran"), ("marit", "lea")
"""Members of the two teams; the visitor plays one who is in both."""
ROLES = {LEAD: Role.LEAD, "marit": Role.ADMIN}
TOGETHER = 8 * HOUR
"""Steps of at most this long are taken together: their cases open at most this late in the log."""
READ_UNTIL = 20 * HOUR
"""The team has looked at everything older than this."""
NEEDED = frozenset({"triage", "desk"})
OPEN = Calendar(
    id="brewline",
    name="Brewline",
    zone="Europe/Vienna",
    week=Week(
        **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-12:30, 13:00-20:00"), sat="10:00-16:00"
    ),
    holidays=(
        Holiday(name="New Year's Day", day="2025-01-01", repeat="yearly"),
        Holiday(name="Christmas Eve", day="2025-12-24", hours="12:00-24:00", repeat="yearly"),
        Holiday(name="Christmas", day="2025-12-25", days=2, repeat="yearly"),
    ),
)
VIP = ("gwen_pulls_shots", "Writes the burr guide that half the owners read")
PROMISES = (
    Policy(
        id="asked",
        name="Whoever asks for something",
        when={"field": "case.kind", "op": "in", "value": ["complaint", "question", "request"]},
        targets=Targets(
            first_answer=(480, 360, 180, 60, 30),
            next_answer=(480, 360, 240, 120, 60),
            resolution=(2880, 2880, 1920, 960, 480),
        ),
        calendar=OPEN.id,
    ),
    Policy(id="others", name="Everybody else", targets=Targets(first_answer=(960,) * 5), calendar=OPEN.id),
)
_encode = msgspec.json.Encoder().encode


class Loaded(Struct, frozen=True, kw_only=True):
    """What came of loading."""

    fresh: bool
    """False when there was data already: then nothing was done."""
    messages: int = 0
    acts: int = 0
    users: dict[str, str] = {}
    """Key of a colleague -> user id."""
    channels: dict[Network, str] = {}
    """Network -> channel id."""
    link: str = ""
    """Token that signs the lead in once."""


def load(earful: Earful, now: Instant, story: Story | None = None) -> Loaded:
    """Make the demo workspace; the newest message lands at `now`.

    Does nothing where there are messages, or channels of another kind. On SQLite the whole story is one
    transaction; on PostgreSQL a load that was cut off leaves a part, which counts as data. Raises StoryError
    when the story is broken.
    """
    if earful.store.read_now(_in_use):
        return Loaded(fresh=False)
    told = story or telling.read()
    timed = told.timed(now)
    start = Instant(timed[0].at - DAY if timed else now)
    team = earful.store.write_now(lambda tx: _team(tx, start))
    places = earful.store.write_now(lambda tx: _channels(tx, earful, start))
    earful.store.write_now(lambda tx: _promise(tx, earful, Who(id=team[LEAD], name=TEAM[LEAD][1]), start))
    player = _Player(earful, told, team, places, now)
    player.play(timed)
    lead = Who(id=team[LEAD], name=TEAM[LEAD][1])
    earful.store.write_now(lambda tx: _share(tx, earful, team, lead, now))
    link = earful.store.write_now(lambda tx: _finish(tx, player.seen, team, now))
    return Loaded(
        fresh=True,
        messages=earful.store.read_now(_count),
        acts=sum(not isinstance(one.step, Say | Reply) for one in timed),
        users=team,
        channels=places,
        link=link,
    )


def _count(tx: Tx) -> int:
    return int(tx.value(select(func.count()).select_from(messages)))


def _in_use(tx: Tx) -> bool:
    return _count(tx) > 0 or any(not channel.settings.get(PLAYGROUND) for channel in channels.listed(tx))


def _team(tx: Tx, at: Instant) -> dict[str, str]:
    there = {user.email: user.id for user in users.colleagues(tx)}
    return {
        key: there.get(email)
        or users.create_user(
            tx, EARFUL, email=email, name=name, role=ROLES.get(key, Role.AGENT), password=None, now=at
        ).id
        for key, (email, name) in TEAM.items()
    }


def _channels(tx: Tx, earful: Earful, at: Instant) -> dict[Network, str]:
    there = {channel.name: channel.id for channel in channels.listed(tx)}
    settings: dict[str, object] = {PLAYGROUND: True}
    return {
        network: there.get(name)
        or channels.create(
            tx, earful.vault, EARFUL, network=network, name=name, handle=handle, settings=settings, now=at
        ).id
        for network, (name, handle) in CHANNELS.items()
    }


def _promise(tx: Tx, earful: Earful, who: Who, at: Instant) -> None:
    """What Brewline promises: within opening hours, sooner where it is worse, and nothing to those who only praise."""
    sla.save_calendar(tx, earful.log, who, OPEN, at)
    sla.save(tx, earful.log, who, PROMISES, at)
    for one in playbooks.ready():
        playbooks.save(tx, earful.log, who, one, at)


def _share(tx: Tx, earful: Earful, team: dict[str, str], who: Who, now: Instant) -> None:
    """Two teams with a queue each. Their routes assign nobody: a visitor is to see what waits, and take it."""
    plan = Plan(
        teams=(
            Team(id="care", name="Care", calendar=OPEN.id, members=tuple(team[one] for one in CARE), languages=("en",)),
            Team(id="repairs", name="Repairs", members=tuple(team[one] for one in REPAIRS), skills=("repairs",)),
        ),
        routes=(
            Route(id="broken", name="Broken things", team="repairs", strategy=Strategy.LEAVE,
                  condition={"field": "case.topic", "op": "is", "value": "defect"}),
            Route(id="rest", name="Everything else", team="care", strategy=Strategy.LEAVE),
        ),
    )  # fmt: skip
    routing.save(tx, earful.log, who, plan, now)
    for found in reading.page(tx, VIP[0], "", now).people[:1]:
        flags.put(tx, earful.log, who, found.id, Flag.VIP, VIP[1], None, now)


def _finish(tx: Tx, seen: dict[tuple[str, str], Instant], team: dict[str, str], now: Instant) -> str:
    """What was read is read: unread dots stay on the newest and on what came after somebody looked."""
    rows = tx.rows(select(cases_table.c.id, cases_table.c.last_message_at, cases_table.c.status))
    for row in rows:
        if row["last_message_at"] > now - READ_UNTIL:
            continue
        # Closed cases are looked up by few; marking them for the lead and the admin is enough.
        readers = [LEAD, "marit"] if row["status"] == Status.CLOSED else list(team)
        for key in readers:
            seen[team[key], row["id"]] = row["last_message_at"] + MINUTE
    # Straight into the table: a verb for each of some three thousand marks would take a second of the load.
    marks = [(user_id, case_id, at) for (user_id, case_id), at in seen.items()]
    bulk.insert(tx, "case_seen", ("user_id", "case_id", "seen_at"), marks, conflict=("user_id", "case_id"))
    return users.make_link(tx, team[LEAD], now)


class _Group(Struct, kw_only=True):
    """Steps that are worked off together: first what was said, then what was done."""

    heard: list[Timed] = []
    acts: list[Timed] = []

    @property
    def last(self) -> Instant:
        return max(one.at for one in (*self.heard, *self.acts))


def groups(story: Story, timed: Sequence[Timed]) -> list[_Group]:
    """Cut the steps so that within a group nothing that is said depends on something that is done."""
    found = [_Group()]
    touched: set[str] = set()
    answered: set[str] = set()
    for one in timed:
        group, root = found[-1], story.root(one.step)
        speaks = isinstance(one.step, Say | Edit | Delete)
        # An answer counts once it is in its case; only then may the case be closed as answered.
        depends = root in touched if speaks else isinstance(one.step, Close) and root in answered
        began = (group.heard or group.acts or [one])[0].at
        if depends or one.at - began > TOGETHER:
            found.append(group := _Group())
            touched, answered = set(), set()
        if speaks:
            group.heard.append(one)
            continue
        touched.add(root)
        if isinstance(one.step, Reply):
            answered.add(root)
        group.acts.append(one)
    return [group for group in found if group.heard or group.acts]


class _Player:
    """Works off the groups."""

    def __init__(
        self, earful: Earful, story: Story, team: dict[str, str], places: dict[Network, str], now: Instant
    ) -> None:
        self._store, self._log = earful.store, earful.log
        self._consumers = earful.consumers()
        self._story, self._team, self._places, self._now = story, team, places, now
        self._said: dict[str, tuple[Say, Instant]] = {}
        self.seen: dict[tuple[str, str], Instant] = {}
        """(user, case) -> when they last had it open."""

    def play(self, timed: Sequence[Timed]) -> None:
        """Work off all steps, then let every consumer finish."""
        work = groups(self._story, timed)
        if self._store.path is not None:
            self._store.write_now(lambda tx: self._together(tx, work))
        else:
            for group in work:
                self._apart(group)
        end = work[-1].last if work else self._now
        drain(self._store, self._log, self._consumers, lambda: end)

    def _together(self, tx: Tx, work: list[_Group]) -> None:
        for group in work:
            self._hear(tx, group.heard)
            for consumer in self._walk():
                self._take(tx, consumer, group.last)
            self._do(tx, group.acts, group.last)

    def _apart(self, group: _Group) -> None:
        """PostgreSQL's log shows events only after their commit."""
        self._store.write_now(lambda tx: self._hear(tx, group.heard))
        for consumer in self._walk():
            while step(self._store, self._log, consumer, group.last):
                continue
        self._store.write_now(lambda tx: self._do(tx, group.acts, group.last))

    def _walk(self) -> list[Consumer]:
        """Who must have read a message before anything can be done with it; the others read at the end."""
        return [consumer for consumer in self._consumers if consumer.name in NEEDED]

    def _take(self, tx: Tx, consumer: Consumer, at: Instant) -> None:
        """What `log.runner.step` does, in the one transaction of the load: two thousand syncs fewer."""
        while batch := self._log.read(tx, consumer.name, BATCH, consumer.types):
            if batch.events:
                self._log.append(tx, consumer.apply(tx, batch.events, consumer.prepare(tx, batch.events), at))
            self._log.done(tx, batch, at)
            if len(batch.events) < BATCH:
                break

    def _hear(self, tx: Tx, heard: list[Timed]) -> None:
        for one in heard:
            line = one.step
            if isinstance(line, Say):
                self._said[line.id] = line, one.at
                message, said = incoming(self._story, line, one.at), line
            elif isinstance(line, Edit | Delete):
                said, written = self._said[line.to]
                message = changed(self._story, said, written, line, one.at)
            else:
                raise TypeError("only what is said is heard")
            raw = RawDelivery(transport="webhook", body=_encode(message), verified_by=PLAYGROUND)
            intake.accept(self._log, self._places[said.on], raw, [message], one.at)(tx)

    def _do(self, tx: Tx, acts: list[Timed], last: Instant) -> None:
        wanted = {one.step.to for one in acts}
        query = select(messages.c.native_id, messages.c.id, messages.c.case_id, messages.c.visibility)
        known = {row["native_id"]: row for row in tx.rows(query.where(messages.c.native_id.in_(wanted)))}
        for one in acts:
            act = one.step
            if isinstance(act, Say | Edit | Delete):
                raise TypeError("only acts are done")
            row = known[act.to]
            if row["case_id"] is None:
                raise LookupError(f"the message {act.to} has no case, so nothing can be done to it")
            who = Who(id=self._team[act.by], name=TEAM[act.by][1])
            if isinstance(act, Reply):
                self._reply(tx, who, act, row["id"], Visibility(row["visibility"]), one.at)
            else:
                self._act(tx, who, act, row["case_id"], one.at)
            self.seen[who.id, row["case_id"]] = one.at
        cases.wake_snoozed(tx, self._log, last)

    def _reply(
        self, tx: Tx, who: Who, reply: Reply, message_id: str, visibility: Visibility, at: Instant
    ) -> None:
        """The whole way of a reply: queued, taken, sent."""
        said, _ = self._said[self._inbound(reply.to)]
        audience = Visibility.DIRECT if reply.dm or said.on in PRIVATE_NETWORKS else visibility
        can = capabilities(said.on)
        draft = outbox.Draft(id=new_id(at), in_reply_to=message_id, audience=audience, text=reply.text)
        outbox.queue(tx, self._log, who, draft, can, at)
        leaving.claim(tx, self._log, draft.id, can, at)
        outbox.sent(tx, self._log, draft.id, Sent(native_id=reply.id, occurred_at=moment(at)), at)

    def _inbound(self, message: str) -> str:
        if message not in self._said:
            raise LookupError(f"{message} is not something a customer said")
        return message

    def _confirm(self, tx: Tx, who: Who, case_id: str, at: Instant) -> None:
        """Nobody closes as confirmed: a colleague points to what the customer said last."""
        theirs = messages.c.case_id == case_id, messages.c.direction == Direction.INBOUND.value
        newest = select(messages.c.id).where(*theirs).order_by(messages.c.occurred_at.desc()).limit(1)
        outcomes.dispute(tx, self._log, who, tx.value(newest), Reading.CONFIRMED, at)

    def _act(self, tx: Tx, who: Who, act: Act, case_id: str, at: Instant) -> None:
        log = self._log
        match act:
            case Assign():
                cases.assign(tx, log, who, case_id, self._team[act.who], TEAM[act.who][1], at)
            case Note():
                cases.note(tx, log, who, case_id, new_id(at), act.text, at)
            case Tag():
                cases.tag(tx, log, who, case_id, act.name, at)
            case Wait():
                cases.set_status(tx, log, who, case_id, Status.WAITING, at)
            case Snooze():
                cases.snooze(tx, log, who, case_id, telling.when(act.until, self._now), at)
            case Close():
                confirmed = act.outcome is Outcome.CONFIRMED
                cases.close(tx, log, who, case_id, Outcome.CLAIMED if confirmed else act.outcome, at)
                if confirmed:
                    self._confirm(tx, who, case_id, at)
            case Reply():
                raise TypeError("replies go through the outbox")
