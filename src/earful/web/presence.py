"""Who looks at which case now. Kept in memory: it is true for seconds, and gone with the process."""

from collections import defaultdict

from earful.model.time import SECOND, Instant
from earful.web.views import Present

LASTS = 40 * SECOND
"""Somebody who has not been heard of for longer has gone; pages report every 15 seconds."""


class Presence:
    """case id -> user id -> (name, state, when)."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, tuple[str, str, int]]] = defaultdict(dict)

    def note(self, case_id: str, user_id: str, name: str, state: str, now: Instant) -> bool:
        """Somebody is here. True when that is news to the others."""
        here = self._alive(case_id, now)
        before = here.get(user_id)
        here[user_id] = (name, "writing" if state == "writing" else "reading", now)
        return before is None or before[1] != here[user_id][1]

    def at(self, case_id: str, now: Instant, apart_from: str = "") -> list[Present]:
        """Who is at a case."""
        return [
            Present(user_id=user_id, name=name, state=state)
            for user_id, (name, state, _) in self._alive(case_id, now).items()
            if user_id != apart_from
        ]

    def _alive(self, case_id: str, now: Instant) -> dict[str, tuple[str, str, int]]:
        here = {user: seen for user, seen in self._seen[case_id].items() if now - seen[2] <= LASTS}
        self._seen[case_id] = here
        return here
