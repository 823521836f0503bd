"""A desk with a million cases, made by the database itself: set-based SQL, skewed as real desks are.

Numbers are scrambled by a multiplication, so that both databases make the same desk without a random function.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from earful.bench.server import Keys
from earful.bench.texts import CITIES, OPENINGS, THINGS
from earful.log.embedded import EmbeddedLog
from earful.store.store import Store
from earful.store.tx import Tx

AGENTS = 40
NETWORKS = ("x",) * 6 + ("email",) * 4 + ("mastodon",) * 2 + ("facebook", "instagram", "bluesky", "review")
KINDS = ("complaint",) * 7 + ("question",) * 4 + ("request",) * 3 + ("praise", "other")
TOPICS = ("delivery",) * 4 + ("billing",) * 3 + ("defect",) * 3 + ("app_or_site",) * 2 + (
    "staff", "outage", "price", "safety",
)  # fmt: skip
STATUSES = ("closed",) * 26 + ("waiting",) * 3 + ("open",) * 2 + ("snoozed",)
TAGS = ("refund", "vip", "press", "legal", "batch-7", "courier", "spring-sale", "loyalty")
YEAR = 365 * 24 * 3_600_000
KEPT_INDEX = {
    "sqlite": "INSERT INTO search_index (rowid, words) SELECT seq, subject || char(10) || text FROM messages",
    "postgresql": "INSERT INTO search_index (message_seq, words)\n"
    "SELECT seq, to_tsvector('simple', subject || chr(10) || text) FROM messages",
}
NUMBERS = {
    "sqlite": "WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < :rows) SELECT n",
    "postgresql": "SELECT n",
}
FROM = {"sqlite": "one", "postgresql": "generate_series(1, CAST(:rows AS BIGINT)) AS one(n)"}


def _pick(values: tuple[str, ...], number: str) -> str:
    """SQL that chooses one of the values by a number."""
    cases = " ".join(f"WHEN {index} THEN '{value}'" for index, value in enumerate(values))
    return f"CASE ({number}) % {len(values)} {cases} END"


def _id(letter: str, number: str = "n") -> str:
    return f"'01931b3e-000{letter}-7000-8000-' || substr(CAST(1000000000000 + {number} AS TEXT), 2)"


def _words() -> str:
    """A wording of `texts.py`, put together by the database."""
    openings = tuple(one.replace("'", "''") for one in OPENINGS)
    sql = _pick(openings, "r / 97")
    for field, put in (
        ("thing", _pick(THINGS, "r / 53")),
        ("city", _pick(CITIES, "r / 31")),
        ("day", "'Monday'"),
        ("number", "CAST(1000 + r % 90000 AS TEXT)"),
        ("count", "CAST(2 + r % 58 AS TEXT)"),
    ):
        sql = f"replace({sql}, '{{{field}}}', {put})"
    return sql


def _statements(dialect: str) -> list[str]:
    open_since = "CASE WHEN status IN ('open', 'snoozed') THEN at END"
    return [
        "CREATE TEMPORARY TABLE plan AS\n"
        f"{NUMBERS[dialect]} AS n, (n * 2654435761) % 4294967296 AS r, (n * 40503 * 65599) % 1000003 AS s\n"
        f"FROM {FROM[dialect]}",
        "CREATE TEMPORARY TABLE wanted AS\n"
        f"SELECT n, r, s, {_pick(STATUSES, 'r / 7')} AS status, {_pick(NETWORKS, 's')} AS network,\n"
        f"{_pick(KINDS, 's / 17')} AS kind, {_pick(TOPICS, 's / 101')} AS topic, {_words()} AS words,\n"
        "((s % 101) * (r / 11 % 101)) / 101 AS priority,\n"
        f":now - (r / 4294967296.0) * (r / 4294967296.0) * {2 * YEAR} AS moment\n"
        "FROM plan",
        "CREATE TEMPORARY TABLE made AS\n"
        "SELECT n, r, s, status, network, kind, topic, words, priority, CAST(moment AS BIGINT) AS at\n"
        "FROM wanted",
        "INSERT INTO users (id, email, name, password_hash, role, sign_off, active, created_at)\n"
        f"SELECT {_id('1')}, 'agent' || n || '@acme.example', 'Agent ' || n, '', 'agent', '', true, :now\n"
        f"FROM plan WHERE n <= {AGENTS}",
        f"INSERT INTO people (id, name, created_at)\nSELECT {_id('2')}, 'Customer ' || n, at FROM made",
        "INSERT INTO conversations (id, channel_id, thread, visibility, created_at)\n"
        f"SELECT {_id('3')}, :channel, '|m' || n, 'public', at FROM made",
        "INSERT INTO cases (id, person_id, title, titled, status, outcome, assignee_id, priority, severity,\n"
        "  kind, topic, sentiment, network, channel_id, person_name, handle, preview, tried_before,\n"
        "  reach_tier, last_direction, last_deleted, message_count, opened_at, last_message_at,\n"
        "  awaiting_since, snoozed_until, closed_at, version, spoken_version)\n"
        f"SELECT {_id('4')}, {_id('2')}, substr(words, 1, 60), false, status,\n"
        "  CASE WHEN status = 'closed' THEN 'claimed' ELSE 'unanswered' END,\n"
        f"  CASE WHEN r % 5 = 0 THEN NULL WHEN r % 25 = 1 THEN :user ELSE {_id('1', f'1 + s % {AGENTS}')} END,\n"
        "  priority, s % 5, kind, topic, 'negative', network, :channel, 'Customer ' || n, 'customer_' || n,\n"
        "  substr(words, 1, 160), CASE WHEN s % 6 = 0 THEN 'phone' ELSE '' END, 'small', 'inbound', false,\n"
        f"  1 + r % 4, at, at, {open_since},\n"
        "  CASE WHEN status = 'snoozed' THEN :now + 86400000 END, CASE WHEN status = 'closed' THEN at END, 1, 1\n"
        "FROM made ORDER BY n",
        "INSERT INTO messages (id, channel_id, namespace, native_id, direction, kind, visibility, text, html,\n"
        "  subject, thread, parent_native_id, author, data, occurred_at, received_at, revision, backfill,\n"
        "  delivery_id, conversation_id, case_id)\n"
        f"SELECT {_id('5')}, :channel, '', 'm' || n, 'inbound', 'mention', 'public', words, '', '', '', '',\n"
        "  '{\"native_id\":\"u' || n || '\"}', '{}', at, at, 'r', false, '', "
        f"{_id('3')}, {_id('4')}\n"
        "FROM made ORDER BY n",
        "INSERT INTO case_tags (case_id, tag)\n"
        f"SELECT {_id('4')}, {_pick(TAGS, 's')} FROM made WHERE r % 20 = 3",
        "INSERT INTO case_seen (user_id, case_id, seen_at)\n"
        f"SELECT :user, {_id('4')}, at FROM made WHERE r % 10 = 7",
        "INSERT INTO events (type, subject, case_id, actor, at, data)\n"
        f"SELECT 'case.opened', {_id('4')}, {_id('4')}, '', at, '{{}}' FROM made",
        "INSERT INTO case_counts (status, assignee_id, network, n)\n"
        "SELECT status, coalesce(assignee_id, ''), network, count(*) FROM cases GROUP BY 1, 2, 3",
        KEPT_INDEX[dialect],
    ]


def fill(store: Store, keys: Keys, rows: int, now: int) -> None:
    """Make `rows` cases, each with a conversation, a person, a message, an event and its words indexed."""

    def verb(tx: Tx) -> None:
        values = {"rows": rows, "now": now, "channel": keys.channel_id, "user": keys.user_id}
        for sql in _statements(tx.dialect):
            # A colon before a word would be taken for a parameter; the texts hold none.
            statement = text(sql)
            used = {name: values[name] for name in statement.compile().params}
            tx.execute(statement, used)
        for name in ("plan", "wanted", "made"):
            tx.execute(text(f"DROP TABLE {name}"))

    store.write_now(verb)
    store.write_now(lambda tx: tx.execute(text("ANALYZE")))


def _messages(dialect: str, number: str, case: str, direction: str) -> str:
    """SQL for messages that follow in cases: `number` numbers them, `case` is the number of the case."""
    return (
        "INSERT INTO messages (id, channel_id, namespace, native_id, direction, kind, visibility, text, html,\n"
        "  subject, thread, parent_native_id, author, data, occurred_at, received_at, revision, backfill,\n"
        "  delivery_id, conversation_id, case_id)\n"
        # SQLite wants the numbers before SELECT, PostgreSQL takes them there too.
        f"{_one(dialect)}SELECT {_id('6', number)}, :channel, '', 'f' || ({number}), {direction}, 'reply', 'public',\n"
        f"  'And once more about the order ' || ({number}), '', '', '', '',\n"
        f"  '{{\"native_id\":\"u' || ({case}) || '\"}}',\n"
        f"  '{{}}', :now - ({number}) % 1000000, :now - ({number}) % 1000000, 'r', false, '', {_id('3', case)},\n"
        f"  {_id('4', case)}\nFROM one"
    )


def _one(dialect: str) -> str:
    """A table `one` of numbers from 1 to `rows`."""
    if dialect == "sqlite":
        return NUMBERS[dialect].removesuffix(" SELECT n") + "\n"
    return "WITH one(n) AS (SELECT n FROM generate_series(1, CAST(:rows AS BIGINT)) AS many(n))\n"


def follow_up(store: Store, keys: Keys, rows: int, more: int, now: int, *, long: int) -> None:
    """Give each of `rows` cases `more` messages, and the first case so many that it has `long`."""
    parts = [(f"n * 8 + {at}", "n", "'inbound'" if at % 2 else "'outbound'", rows) for at in range(more)]
    parts.append((f"{8 * rows + 8} + n", "1", "'inbound'", long - more - 1))
    for number, case, direction, count in parts:
        values = {"rows": count, "channel": keys.channel_id, "now": now}

        def verb(
            tx: Tx, part: tuple[str, str, str] = (number, case, direction), values: dict[str, Any] = values
        ) -> None:
            tx.execute(text(_messages(tx.dialect, *part)), values)

        store.write_now(verb)
    store.write_now(
        lambda tx: tx.execute(text(KEPT_INDEX[tx.dialect] + " WHERE seq > :first"), {"first": rows})
    )
    store.write_now(lambda tx: tx.execute(text("ANALYZE")))


def caught_up(store: Store, names: Iterable[str], now: int) -> None:
    """Let readers of the log begin behind what was filled in: it never came as messages do."""

    def verb(tx: Tx) -> None:
        end = EmbeddedLog().end(tx)
        for name in names:
            tx.execute(
                text("INSERT INTO cursors (consumer, tx, seq, moved_at) VALUES (:name, :tx, :seq, :now)"),
                {"name": name, "tx": end.tx, "seq": end.seq, "now": now},
            )

    store.write_now(verb)
