"""One condition, three readings: the predicate, SQLite and PostgreSQL give the same answer on the same rows."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from earful.desk.conditions import rules, service, sql
from earful.desk.conditions.fields import FIELDS, FLAGS, OPERATORS, REACH_TIERS, Field, Kind, Op
from earful.desk.conditions.reading import dump, loads, read
from earful.model.conditions import All, AnyOf, Check, Condition, Not
from earful.model.desk import Outcome, Status
from earful.model.message import Direction, MessageKind, Visibility
from earful.model.rating import (
    ABUSES,
    KINDS,
    PII_TYPES,
    SENTIMENTS,
    TOPICS,
    TRIED_CHANNELS,
    URGENCIES,
    WANTS,
    Pii,
    Rating,
    TriedBefore,
)
from earful.model.time import DAY, HOUR, MINUTE, rfc3339
from earful.store.store import Store
from earful.store.tables import (
    authors,
    case_tags,
    cases,
    channels,
    conversations,
    messages,
    people,
    person_flags,
    person_links,
    ratings,
    users,
)
from earful.store.tx import Tx
from tests.conftest import NOW

TEXTS = (
    "My kettle is BROKEN", "100% sure_thing", "O'Brien \"said\" \\ so", "STRASSE straße ẞ", "ÀÉÎ àéî", "ΣΑΣ σας ς",
    "İstanbul ısı", "ЖУК жук", "\u212aelvin ſong", "%", "_", "emoji 🫖 TEA", "tab\tline\nbreak", "ՀԱՅ հայ", "",
    "null", "e\u0301 é", "ǅungla ǆ Ǆ", "fﬀ", "ߔ; DROP TABLE cases; --",
)  # fmt: skip
NEEDLES = (
    "kettle", "KETTLE", "%", "_", "'", '"', "\\", "ß", "SS", "à", "Σ", "ς", "i", "İ", "ı", "жУ", "k", "s", "🫖",
    "t\tl", "հ", "É", "ǆ", "ﬀ", "0% s", "100% SURE_THING", "--", "e\nb",
)  # fmt: skip
TAGS = ("vip", "VIP", "o'clock", "100%", "ß", "a,b", "[x]", '"q"')
USERS = ("kim", "lee")
EDGES = (-(2**40), 0, 1, 2**31, 2**53)


def rated(rnd: random.Random) -> Rating:
    return Rating(
        relevance=rnd.choice((0.0, 0.25, 0.5, 1.0, rnd.random())),
        kind=rnd.choice(KINDS),
        kind_p={},
        sentiment=rnd.choice(SENTIMENTS),
        sentiment_p={},
        topic=rnd.choice(TOPICS),
        severity=rnd.randrange(5),
        urgency=rnd.choice(URGENCIES),
        wants=rnd.choice(WANTS),
        tried_before=[TriedBefore(one, (0, 1)) for one in rnd.sample(TRIED_CHANNELS, rnd.randrange(3))],
        churn_risk=rnd.choice((0.0, 0.25, 0.5, 1.0, rnd.random())),
        abuse=rnd.sample(ABUSES, rnd.randrange(3)),
        pii=[Pii(one, (0, 1)) for one in rnd.sample(PII_TYPES, rnd.randrange(3))],
        language=rnd.choice(("en", "de", "pt-BR", "und")),
        reach=1.0,
        reach_tier=rnd.choice(REACH_TIERS),
        priority=rnd.randrange(101),
        confidence={},
        reasons=[],
        model="rules-1",
    )


def moment(rnd: random.Random) -> int:
    return NOW + rnd.choice((0, 1, -1, -HOUR, -HOUR - 1, -2 * DAY, DAY, -MINUTE, -rnd.randrange(40 * DAY)))


def rows(tx: Tx, count: int) -> None:
    """A desk of cases with everything missing somewhere."""
    rnd = random.Random(4)
    tx.execute(
        insert(users),
        [
            {"id": one, "email": one, "name": one, "password_hash": "", "role": "agent", "created_at": NOW}
            for one in USERS
        ],
    )
    nets = ("mastodon", "email")
    tx.execute(
        insert(channels),
        [{"id": net, "network": net, "name": f"Our {net}'s", "created_at": NOW} for net in nets],
    )
    people_of = [f"p{n}" for n in range(count // 2)]
    tx.execute(insert(people), [{"id": one, "name": rnd.choice(TEXTS), "created_at": 1} for one in people_of])
    for n in range(count):
        net, person = rnd.choice(nets), rnd.choice(people_of)
        author = {
            "id": f"a{n}", "network": net, "namespace": "", "native_id": str(n), "handle": rnd.choice(TEXTS),
            "name": rnd.choice(TEXTS), "profile_url": "", "followers": rnd.choice((None, 0, 10, 2**40)),
            "first_seen_at": moment(rnd), "last_seen_at": NOW,
        }  # fmt: skip
        tx.execute(insert(authors).values(author))
        link = {"id": f"l{n}", "author_id": f"a{n}", "person_id": person, "evidence": "{}", "linked_at": 1}
        tx.execute(insert(person_links).values(**link, unlinked_at=rnd.choice((None, None, 5))))
        chance = random.Random(n)
        if chance.random() < 0.7:
            tx.execute(
                insert(person_flags).values(
                    id=f"f{n}",
                    author_id=f"a{n}",
                    flag=chance.choice(FLAGS),
                    reason="x",
                    user_id="kim",
                    set_at=1,
                    ends_at=chance.choice(
                        (None, NOW - 1, NOW, NOW + 1, NOW + HOUR, NOW - 5 * DAY, NOW + 9 * DAY)
                    ),
                    cleared_at=chance.choice((None, None, None, 5)),
                )
            )
        tx.execute(
            insert(conversations).values(
                id=f"v{n}",
                channel_id=net,
                thread=str(n),
                visibility=rnd.choice(list(Visibility)),
                created_at=1,
            )
        )
        tx.execute(insert(cases).values(case_of(rnd, n, net, person)))
        for tag in rnd.sample(TAGS, rnd.randrange(3)):
            tx.execute(insert(case_tags).values(case_id=f"c{n}", tag=tag))
        for m in range(rnd.randrange(4)):
            message(tx, rnd, f"{n}-{m}", n, net)


def case_of(rnd: random.Random, n: int, net: str, person: str) -> dict[str, Any]:
    return {
        "id": f"c{n}", "person_id": person, "title": rnd.choice(TEXTS), "titled": False,
        "status": rnd.choice(list(Status)), "outcome": rnd.choice(list(Outcome)),
        "assignee_id": rnd.choice((None, *USERS)), "priority": rnd.randrange(101), "severity": rnd.randrange(5),
        "kind": rnd.choice(KINDS), "topic": rnd.choice(TOPICS), "sentiment": rnd.choice(SENTIMENTS),
        "network": net, "channel_id": net, "person_name": "x", "handle": "", "preview": "",
        "tried_before": " ".join(rnd.sample(TRIED_CHANNELS, rnd.randrange(3))),
        "reach_tier": rnd.choice(("", *REACH_TIERS)), "last_direction": rnd.choice(list(Direction)),
        "last_deleted": False, "message_count": rnd.randrange(5), "opened_at": moment(rnd),
        "last_message_at": moment(rnd), "awaiting_since": rnd.choice((None, moment(rnd))),
        "snoozed_until": rnd.choice((None, moment(rnd))), "closed_at": rnd.choice((None, moment(rnd))),
        "queue": rnd.choice(("", "delivery", "en")), "version": 1, "spoken_version": 1,
    }  # fmt: skip


def message(tx: Tx, rnd: random.Random, name: str, n: int, net: str) -> None:
    direction = rnd.choice(("inbound", "inbound", "outbound"))
    tx.execute(
        insert(messages).values(
            id=f"m{name}", channel_id=net, namespace="", native_id=name, direction=direction,
            kind=rnd.choice(("post", "reply", "system", *MessageKind)), visibility=rnd.choice(list(Visibility)),
            text=rnd.choice(TEXTS), html="", subject=rnd.choice(("", *TEXTS)), thread="", parent_native_id="",
            author="{}", data="{}", occurred_at=moment(rnd), received_at=NOW,
            deleted_at=rnd.choice((None, None, None, NOW)), revision="", backfill=False, delivery_id="",
            author_id=rnd.choice((None, f"a{n}")), conversation_id=rnd.choice((None, f"v{n}")), case_id=f"c{n}",
        )
    )  # fmt: skip
    if rnd.random() < 0.8:
        one = rated(rnd)
        tx.execute(
            insert(ratings).values(
                message_id=f"m{name}", model="r", kind=one.kind, sentiment=one.sentiment, topic=one.topic,
                severity=one.severity, urgency=one.urgency, priority=one.priority, relevance=one.relevance,
                data=msgspec.json.encode(one).decode(), rated_at=NOW,
            )
        )  # fmt: skip


durations = st.sampled_from(("0s", "1s", "1m", "1h", "2h", "2d", "30d", "5200w"))
instants = st.sampled_from(
    (
        rfc3339(NOW),
        rfc3339(NOW - HOUR),
        rfc3339(NOW + 1),
        "2026-11-21",
        "2026-11-01",
        "0001-01-01",
        "9999-12-31",
    )
)


_words = st.sampled_from((*TOPICS, "Our email's", "en", "de", "und", "pt-BR", "%"))
_plain = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)
_texts = st.sampled_from((*NEEDLES, *(one for one in TEXTS if one))) | _plain.filter(str.strip)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: _texts,
    Kind.WORD: _words,
    Kind.SHARE: st.sampled_from((0, 0.25, 0.5, 1, 1.0)) | st.floats(0, 1),
    Kind.SET: st.sampled_from((*TAGS, "nobody")),
    Kind.INSTANT: instants,
    Kind.DURATION: durations,
    Kind.FLAG: st.booleans(),
    Kind.USER: st.sampled_from((*USERS, "me", "nobody", "kim' OR 1=1")),
}


def one_value(field: Field, op: Op) -> st.SearchStrategy[Any]:
    """A value of a field; those that rows have are likely."""
    if field.kind is Kind.INSTANT and op in (Op.OLDER_THAN, Op.NEWER_THAN):
        return durations
    if field.choices:
        return st.sampled_from(field.choices)
    if field.kind in (Kind.NUMBER, Kind.HOUR):
        edges = [one for one in EDGES if field.low <= one <= field.high]
        return st.integers(field.low, min(field.high, 120)) | st.sampled_from(edges)
    return VALUES[field.kind]


@st.composite
def single(draw: st.DrawFn) -> dict[str, Any]:
    """A test that `read` takes, of any field and operator."""
    field = FIELDS[draw(st.sampled_from(list(FIELDS)))]
    op = draw(st.sampled_from(OPERATORS[field.kind]))
    if op is Op.IS_SET:
        value: Any = draw(st.booleans())
    elif op is Op.BETWEEN:
        value = sorted(draw(st.tuples(one_value(field, op), one_value(field, op))), key=str)
    elif op in (Op.IN, Op.NOT_IN, Op.HAS_ANY):
        value = draw(st.lists(one_value(field, op), max_size=4))
    else:
        value = draw(one_value(field, op))
    zoned = field.kind in (Kind.HOUR, Kind.WEEKDAY)
    zone = {"zone": draw(st.sampled_from(("Asia/Kolkata", "Europe/Berlin")))} if zoned else {}
    return {"field": field.name, "op": op.value, "value": value} | zone


def readable(data: dict[str, Any]) -> bool:
    try:
        read(data)
    except ValueError:
        return data["op"] != "between"
    return True


conditions = st.recursive(
    single().filter(readable),
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=4))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=4))
        | st.builds(lambda one: {"not": one}, inner)
    ),
    max_leaves=6,
)


@pytest.fixture
def filled(store: Store) -> Store:
    store.write_now(lambda tx: rows(tx, 60))
    return store


def held(tx: Tx, condition: Condition, now: int, me: str) -> set[str]:
    return {row["id"] for row in tx.rows(select(cases.c.id).where(sql.where(condition, tx.dialect, now, me)))}


def test_the_predicate_and_the_database_agree(filled: Store) -> None:
    with filled.engine.connect() as conn:
        tx = Tx(conn)
        facts = service.of_cases(tx, [f"c{n}" for n in range(60)])
        assert len(facts) == 60

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(conditions, st.sampled_from((NOW, NOW + HOUR, NOW - 5 * DAY)), st.sampled_from(("", "kim")))
        def agree(data: Any, now: int, me: str) -> None:
            condition = read(data)
            assert loads(dump(condition)) == condition
            asked = rules.predicate(condition, me)
            said = {name for name, one in facts.items() if asked(one, now)}
            assert held(tx, condition, now, me) == said

        agree()


def test_every_field_and_operator_agrees(filled: Store) -> None:
    """Each alone, so that none hides behind the others."""
    rnd = random.Random(1)
    with filled.engine.connect() as conn:
        tx = Tx(conn)
        facts = service.of_cases(tx, [f"c{n}" for n in range(60)])
        seen = set()
        for field in FIELDS.values():
            for op in OPERATORS[field.kind]:
                for value in values(field, op, rnd):
                    data = {"field": field.name, "op": op.value, "value": value}
                    condition = read(data)
                    asked = rules.predicate(condition, "kim")
                    said = {name for name, one in facts.items() if asked(one, NOW)}
                    assert held(tx, condition, NOW, "kim") == said, data
                    denied = {
                        name for name, one in facts.items() if rules.predicate(Not(condition))(one, NOW)
                    }
                    assert field.kind is Kind.USER or denied == set(facts) - said
                    if 0 < len(said) < 60:
                        seen.add((field.name, op))
        # What never tells two cases apart would be proved by nothing.
        dull = {(f.name, op) for f in FIELDS.values() for op in OPERATORS[f.kind]} - seen
        assert {name for name, _ in dull if not name.startswith("time.")} <= {
            "case.status", "case.outcome", "case.severity", "case.priority", "case.kind", "case.topic",
            "case.sentiment", "case.network", "case.channel", "case.last_direction", "case.message_count",
            "case.number", "case.opened_at", "case.last_message_at", "person.cases", "person.authors", "person.name",
            "message.direction", "message.network", "message.channel", "author.network",
            "message.kind", "message.visibility", "conversation.visibility",
        }, dull  # fmt: skip


def values(field: Field, op: Op, rnd: random.Random) -> list[Any]:
    if op is Op.IS_SET:
        return [True, False]
    pool: list[Any]
    if field.kind is Kind.INSTANT and op in (Op.OLDER_THAN, Op.NEWER_THAN):
        pool = ["0s", "1h", "2d"]
    elif field.choices:
        pool = list(field.choices)[:8]
    else:
        pool = {
            Kind.TEXT: list(NEEDLES) + [one for one in TEXTS if one],
            Kind.WORD: ["delivery", "billing", "Our email's", "en"],
            Kind.NUMBER: [0, 1, 2, 3, 4, 10, 30],
            Kind.HOUR: [0, 9, 23],
            Kind.SHARE: [0, 0.25, 0.5, 1],
            Kind.SET: list(TAGS),
            Kind.INSTANT: [rfc3339(NOW - DAY), rfc3339(NOW)],
            Kind.DURATION: ["0s", "1h", "2d"],
            Kind.FLAG: [True, False],
            Kind.USER: ["kim", "me", "nobody"],
        }[field.kind]
        pool = [one for one in pool if not isinstance(one, int) or one <= field.high]
    if op is Op.BETWEEN:
        return [[pool[0], pool[-1]], [pool[0], pool[0]]]
    if op in (Op.IN, Op.NOT_IN, Op.HAS_ANY):
        return [[], pool[:2], pool[2:4]]
    return pool


def test_someday_covers_all_that_time_may_make_true(sqlite_store: Store) -> None:
    sqlite_store.write_now(lambda tx: rows(tx, 60))
    with sqlite_store.engine.connect() as conn:
        facts = service.of_cases(Tx(conn), [f"c{n}" for n in range(60)])

    @settings(max_examples=150, deadline=None, database=None)
    @given(conditions, st.integers(0, 40 * DAY))
    def covers(data: Any, later: int) -> None:
        condition = read(data)
        wide, exact = rules.predicate(rules.someday(condition)), rules.predicate(condition)
        until = rules.horizon(condition)
        for one in facts.values():
            assert wide(one, NOW) or not exact(one, NOW + later)
            holds, end = until(one, NOW)
            assert holds is exact(one, NOW)
            if NOW + later < end:
                assert exact(one, NOW + later) is holds

    covers()


def test_the_owner_and_the_others_are_all_that_me_can_mean() -> None:
    from earful.desk.conditions.facts import Facts  # noqa: PLC0415 - only here

    mine = Check(field="case.assignee", op="in", value=("me", "lee"))
    for condition in (mine, Not(mine), All((mine,)), AnyOf((mine, Not(mine)))):
        for has in (None, "kim", "lee"):
            facts = Facts(case_assignee=has)
            owner, other = rules.predicate(condition, rules.OWNER), rules.predicate(condition)
            for me in ("kim", "lee", "max"):
                exact = rules.predicate(condition, me)(facts, NOW)
                assert exact is (owner if has == me else other)(facts, NOW)
