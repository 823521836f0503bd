"""Near duplicates of a desk: each message finds the first of its group, also after a restart, an edit or a deletion."""

from collections import deque
from collections.abc import Collection, Sequence

from sqlalchemy import select

from earful.store.tables import messages, ratings
from earful.store.tx import Tx
from earful.triage.similar import Groups
from earful.triage.subject import words_of

REMEMBERED = 1 << 15
"""Messages among which near duplicates are looked for: about 20 MB."""
WARM = 5_000
"""Of them, those that are read again after a start."""


class Alike:
    """The newest messages' groups, by the first message of each: the group's head."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._groups = Groups(remembered)
        self._warm = False
        self._room = remembered
        self._count = 0
        self._heads: dict[int, str] = {}
        self._recent: deque[int] = deque(maxlen=remembered)

    def place(
        self, tx: Tx, ids: Sequence[str], texts: list[str], edited: Collection[str] = ()
    ) -> tuple[list[str | None], dict[str, str]]:
        """For each message the head of its group, None if it is that itself or alone; and for each head that an edit
        took out of its group the message that comes after it."""
        if not self._warm:
            self._remember(tx, set(ids))
            self._warm = True
        found: list[str | None] = []
        heirs: dict[str, str] = {}
        for message_id, (number, group) in zip(ids, self._numbered(texts), strict=True):
            head = self._heads.get(group, message_id) if group >= 0 else message_id
            if message_id in edited and (group in (-1, number) or head != message_id):
                heir = self._left(tx, message_id)
                if heir is not None:
                    heirs[message_id] = heir
            if group == number:
                self._heads[number] = message_id
            found.append(head if head != message_id else None)
        return found, heirs

    def _numbered(self, texts: list[str]) -> list[tuple[int, int]]:
        """Each text's number and that of its group; -1 for a text too short to have one."""
        groups = self._groups.place_all(texts).tolist()
        first, self._count = self._count, self._count + len(texts)
        self._recent.extend(groups)
        if len(self._heads) > 2 * self._room:
            alive = set(self._recent)
            self._heads = {one: head for one, head in self._heads.items() if one in alive}
        return list(enumerate(groups, first))

    def _left(self, tx: Tx, message_id: str) -> str | None:
        """The oldest of those that follow a head, which is theirs from now on."""
        query = (
            select(ratings.c.message_id)
            .join(messages, messages.c.id == ratings.c.message_id)
            .where(ratings.c.group_id == message_id)
            .order_by(messages.c.seq)
            .limit(1)
        )
        heir = tx.value(query)
        for group, head in self._heads.items():
            if head == message_id and heir is not None:
                self._heads[group] = str(heir)
        return None if heir is None else str(heir)

    def _remember(self, tx: Tx, without: set[str]) -> None:
        """Place the newest rated messages again, under the heads that they have."""
        query = (
            select(messages.c.id, messages.c.subject, messages.c.text, ratings.c.group_id)
            .join(ratings, ratings.c.message_id == messages.c.id)
            .where(messages.c.direction == "inbound", messages.c.deleted_at.is_(None))
            .order_by(messages.c.seq.desc())
            .limit(min(WARM, self._room))
        )
        rows = [row for row in tx.rows(query)[::-1] if row["id"] not in without]
        places = self._numbered([words_of(row["subject"], row["text"]) for row in rows])
        for row, (number, group) in zip(rows, places, strict=True):
            if group == number:
                self._heads[number] = row["group_id"] or row["id"]
