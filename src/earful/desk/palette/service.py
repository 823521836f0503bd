"""What the command palette finds beside the commands of a page: views, macros, cases and people."""

from msgspec import Struct

from earful.desk.macros import service as macros
from earful.desk.macros.service import Asker
from earful.desk.palette import store
from earful.desk.views import service as views
from earful.search import query as search
from earful.store.tx import Tx

RECENT, FOUND, AMONG = 8, 6, 2_000


class Entry(Struct, frozen=True, kw_only=True):
    """One line. `kind`: view, macro, recent, case or person; a macro has an id instead of a place to go to."""

    kind: str
    label: str
    href: str = ""
    id: str = ""


def standing(tx: Tx, asker: Asker) -> list[Entry]:
    """What is always there: views, macros, and the cases that somebody saw last."""
    user_id = asker.who.id
    return [
        *(
            Entry(kind="recent", label=_case(row["number"], row["title"]), href=_to(row["number"]))
            for row in store.seen_last(tx, user_id, RECENT)
        ),
        *(
            Entry(kind="view", label=view.name, href=f"/inbox?view={view.id}")
            for view in views.seen_by(tx, user_id)
        ),
        *(Entry(kind="macro", label=one.macro.title, id=one.id) for one in macros.seen_by(tx, asker)),
    ]


def found(tx: Tx, words: str) -> list[Entry]:
    """Cases with these words in a message, and people by name or handle among those who wrote last."""
    ids = search.case_ids(tx, words)[:FOUND]
    rows = {row["id"]: row for row in store.named(tx, ids)} if ids else {}
    people: dict[str, Entry] = {}
    for row in store.people_like(tx, words, AMONG, 4 * FOUND):
        label = " ".join(one for one in (row["person_name"], row["handle"]) if one)
        people.setdefault(
            row["person_id"], Entry(kind="person", label=label, href=_to(row["number"]), id=row["person_id"])
        )
    return [
        *(
            Entry(
                kind="case",
                label=_case(rows[one]["number"], rows[one]["title"]),
                href=_to(rows[one]["number"]),
            )
            for one in ids
            if one in rows
        ),
        *list(people.values())[:FOUND],
    ]


def _case(number: int, title: str) -> str:
    return f"#{number} {title}"


def _to(number: int) -> str:
    return f"/inbox/case/{number}?view=all"
