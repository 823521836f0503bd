"""What the composer shows of the window of the conversation that is answered."""

from collections.abc import Callable

from earful.channels.contract import Capabilities
from earful.desk.windows import rules, store
from earful.desk.windows.rules import Opening, Standing
from earful.model.desk import CaseDetail
from earful.model.message import PRIVATE
from earful.store.tx import Tx


def panel(tx: Tx, detail: CaseDetail, capabilities: Callable[[str], Capabilities]) -> Standing | None:
    """The window of the answered message's conversation; None where there is no limit."""
    to = detail.answered
    if to is None or to.visibility not in PRIVATE or not to.conversation_id:
        return None
    can = capabilities(to.channel_id)
    if can.window is None:
        return None
    found = [
        Opening(
            at=row["occurred_at"], seconds=opened.seconds if (opened := rules.opened_by(row["data"])) else 0
        )
        for row in store.openings(tx, to.conversation_id)
    ]
    return rules.standing(found, can.window, templates=can.templates)
