"""Settings of outcomes: days, what to do when a matter comes back, and the question whether it is fixed."""

from msgspec import Struct

from earful.desk.outcomes import rules, texts

KIND = "outcomes"
REOPEN, LINK = "reopen", "link"
MOST_DAYS = 365
ASK_VARIABLES = frozenset({"name", "brand"})


class Outcomes(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is in force. Texts by language; one that is not here is the one that Earful comes with."""

    silent_days: int = 7
    """Days without a word until an answered or claimed case is silent."""
    return_days: int = 30
    """Days in which the same matter is the same case."""
    on_return: str = REOPEN
    """`reopen` the case that was closed, or open a new one and `link` it."""
    ask: dict[str, str] = {}

    def times(self) -> rules.Settings:
        """What the rules need."""
        return rules.Settings(silent_days=self.silent_days, return_days=self.return_days)

    def problem(self) -> str | None:
        """Why these settings cannot be used; None when they can."""
        if not (1 <= self.silent_days <= MOST_DAYS and 1 <= self.return_days <= MOST_DAYS):
            return f"Days are whole numbers from 1 to {MOST_DAYS}."
        if self.on_return not in (REOPEN, LINK):
            return f"A matter that comes back can {REOPEN} its case or {LINK} a new one."
        return next(
            (wrong for one in self.ask.values() if (wrong := texts.problem(one, ASK_VARIABLES))), None
        )
