"""What a TOML file or the API gives to be tested: a playbook, automation rules, or SLA policies."""

import tomllib

from earful.desk.automation import files as automation_files
from earful.desk.automation import service as automation
from earful.desk.backtest.rules import Draft
from earful.desk.backtest.service import InvalidDraftError
from earful.desk.playbooks import files as playbook_files
from earful.desk.playbooks import service as playbooks
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.sla import files as sla_files
from earful.desk.sla import settings as sla
from earful.desk.toml.reading import InvalidFileError
from earful.model.time import Instant
from earful.store.tx import Tx


def read(tx: Tx, text: str, now: Instant) -> Draft:
    """The draft of a file: what it holds says which of the three it is.

    Rules and policies stand in the place of those with their ids, others come as the last: as an import would put them.
    Raises InvalidDraftError, which names lines and columns.
    """
    try:
        held = set(tomllib.loads(text))
        if "rules" in held:
            rules = automation.in_force(tx).rules
            for rule in automation_files.read(text, automation.around(tx)):
                rules = automation.with_rule(rules, rule)
            return Draft(rules=rules)
        if held & {"policies", "calendars"}:
            book = sla.in_force(tx)
            known = {one: kept.calendar for one, kept in book.calendars.items()}
            found = sla_files.read(text, known, now)
            fresh = {one.id: one for one in found.policies}
            kept = [fresh.pop(one.id, one) for one in book.policies]
            return Draft(policies=(*kept, *fresh.values()), calendars=found.calendars)
        return Draft(playbook=playbook_files.read(text, playbooks.around(tx, now)))
    except tomllib.TOMLDecodeError as error:
        raise InvalidDraftError([f"is not TOML: {error}"]) from error
    except (InvalidFileError, InvalidPlaybookError) as error:
        raise InvalidDraftError(error.lines) from error
