"""A desk that lives for some days: customers write, colleagues answer and close, time passes."""

from random import Random

from sqlalchemy import select

from earful.desk.automation import acting
from earful.desk.automation import service as automation
from earful.desk.automation.rules import Act, Do, On, Rule
from earful.desk.calendars.rules import Calendar, Week
from earful.desk.cases import service as cases
from earful.desk.playbooks import runs
from earful.desk.playbooks import service as playbooks
from earful.desk.playbooks.rules import USUAL, End, Kind, Path, Playbook, Step
from earful.desk.sla import service as sla
from earful.desk.sla import settings
from earful.desk.sla.rules import Policy, Targets
from earful.model.conditions import Check
from earful.model.desk import Outcome, Status
from earful.model.time import HOUR, MINUTE
from earful.store.audit import Who
from earful.store.tables import cases as table
from tests.conftest import NOW, Desk, answer, write

WHO = Who(id=Desk.user, name="Kim Doe")


def step(name: str, kind: Kind, minutes: int, **more: object) -> Step:
    values = {"id": name, "kind": kind, "title": name.title(), "minutes": minutes, "ends": USUAL[kind]} | more
    return Step(**values)  # type: ignore[arg-type]


KETTLE = Playbook(
    id="kettle",
    name="Kettle",
    when=Check(field="message.text", op="contains", value="kettle"),
    paths=(
        Path(
            id="mild",
            name="Mild",
            severity=(0, 1),
            steps=(
                step("own-up", Kind.ACKNOWLEDGE, 30, late="lead"),
                step("find", Kind.TASK, 60),
                step("fix", Kind.ANSWER, 120),
                step("heard", Kind.WAIT, 24 * 60, ends=(End.CUSTOMER_CONFIRMED,), late="end", next="end"),
                step("lead", Kind.ESCALATE, 30, owner="lead", next="find"),
            ),
        ),
        Path(id="grave", name="Grave", severity=(2, 3, 4), steps=(step("call", Kind.ANSWER, 20, clock="always"),)),
    ),
)  # fmt: skip
REST = Playbook(
    id="rest",
    name="The rest",
    order=200,
    when=Check(field="case.kind", op="is_not", value="praise"),
    paths=(Path(id="main", name="Main", steps=(step("answer", Kind.ANSWER, 40),)),),
)
SHOP = Calendar(
    id="shop",
    name="Shop",
    zone="Europe/Vienna",
    week=Week(**dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), "08:00-19:00")),
)
POLICIES = (
    Policy(
        id="kettles",
        name="Kettles",
        when={"all": [{"field": "message.text", "op": "contains", "value": "kettle"}]},
        targets=Targets(first_answer=(40,) * 5, next_answer=(60,) * 5),
        calendar="shop",
    ),
    Policy(id="all", name="Everybody", targets=Targets(first_answer=(90,) * 5, resolution=(600,) * 5)),
)
RULES = (
    Rule(
        id="smoke",
        name="Smoke",
        on=(On.MESSAGE,),
        when={"all": [{"field": "message.text", "op": "contains", "value": "smoke"}]},
        acts=(Act(act=Do.TAG, value="smoke"), Act(act=Do.PRIORITY, value="90")),
    ),
    Rule(
        id="again",
        name="Again",
        on=(On.MESSAGE,),
        when={
            "all": [
                {"field": "case.tags", "op": "has", "value": "smoke"},
                {"field": "case.message_count", "op": "at_least", "value": 2},
            ]
        },
        acts=(Act(act=Do.TAG, value="twice"),),
    ),
    Rule(
        id="broken",
        name="Broken",
        on=(On.BREACHED,),
        when={"all": [{"field": "case.unanswered", "op": "is", "value": True}]},
        acts=(Act(act=Do.TAG, value="late"),),
    ),
    Rule(
        id="waits",
        name="Waits",
        on=(On.TIME,),
        when={"all": [{"field": "time.waiting", "op": "at_least", "value": "2h"}]},
        acts=(Act(act=Do.NOTE, text="Two hours"),),
    ),
)
WORDS = (
    "My kettle is broken",
    "The kettle began to smoke, a fire!",
    "Where is my parcel?",
    "It started to smoke again",
    "Thank you, you are great",
    "I have called three times already and lost 400 euros, kettle again",
)


def furnish(desk: Desk) -> None:
    """Policies, playbooks and rules, before anybody writes."""

    def verb(tx: object) -> None:
        settings.save_calendar(tx, desk.log, WHO, SHOP, desk.now)  # type: ignore[arg-type]
        settings.save(tx, desk.log, WHO, POLICIES, desk.now)  # type: ignore[arg-type]
        automation.save(tx, desk.log, WHO, RULES, desk.now)  # type: ignore[arg-type]
        for one in (KETTLE, REST):
            playbooks.save(tx, desk.log, WHO, one, desk.now)  # type: ignore[arg-type]

    desk.store.write_now(verb)
    desk.settle()


def pass_time(desk: Desk, minutes: int) -> None:
    """What time brings."""
    desk.now += minutes * MINUTE  # type: ignore[assignment]
    desk.store.write_now(lambda tx: sla.tell(tx, desk.log, desk.now))
    desk.store.write_now(lambda tx: runs.move_on(tx, desk.log, desk.now))
    found, _ = desk.store.read_now(lambda tx: acting.ripe(tx, 0, desk.now))
    desk.store.write_now(lambda tx: acting.sweep(tx, desk.log, found, desk.now))
    desk.settle()


def live(desk: Desk, seed: int, turns: int) -> None:
    """Let a desk live: the same seed brings the same life."""
    chance = Random(seed)
    newest: dict[str, str] = {}
    for turn in range(turns):
        # Nothing is said at the very instant at which something was told.
        desk.now += MINUTE  # type: ignore[assignment]
        minute = (desk.now - NOW) // MINUTE
        for part in range(3):
            _speak(desk, chance, newest, f"m{turn}-{part}", minute)
        desk.settle()
        if turn % 3 == 2:
            _act(desk, chance)
        pass_time(desk, chance.choice((1, 10, 20, 45, 90)))
    pass_time(desk, 3 * HOUR // MINUTE)


def _speak(desk: Desk, chance: Random, newest: dict[str, str], name: str, minute: int) -> None:
    """Somebody new writes, or somebody who wrote writes again, or is answered. `newest`: of each customer's thread."""
    what, who = chance.random(), chance.choice(sorted(newest)) if newest else ""
    if what < 0.5 or not who:
        who = f"c{len(newest)}"
        desk.receive(write(name, chance.choice(WORDS), minute=minute, by=who))
    elif what < 0.65:
        desk.receive(write(name, chance.choice(WORDS), minute=minute, by=who, parent_id=newest[who]))
    else:
        desk.receive(answer(name, newest[who], minute=minute))
    newest[who] = name


def _act(desk: Desk, chance: Random) -> None:
    rows = desk.store.read_now(
        lambda tx: tx.rows(select(table.c.id, table.c.status).order_by(table.c.number))
    )
    case = chance.choice(rows)
    case_id, what = case["id"], chance.random()
    run = desk.store.read_now(lambda tx: runs.of_case(tx, case_id))
    try:
        if what < 0.4 and run is not None and run.step:
            desk.store.write_now(lambda tx: runs.tick(tx, desk.log, WHO, case_id, run.step, desk.now))
        elif what < 0.7:
            desk.store.write_now(
                lambda tx: cases.close(tx, desk.log, WHO, case_id, Outcome.CLAIMED, desk.now)
            )
        elif case["status"] == Status.OPEN:
            desk.store.write_now(
                lambda tx: cases.set_status(tx, desk.log, WHO, case_id, Status.WAITING, desk.now)
            )
    except (runs.RefusedError, cases.RefusedError):
        return
