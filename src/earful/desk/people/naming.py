"""A person's name, where somebody knows it better than their accounts do."""

from earful.desk.cases import service as cases
from earful.desk.people import store
from earful.desk.people.linking import NotFoundError, RefusedError
from earful.log.contract import Log
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Tx

NAME = 80


def rename(
    tx: Tx, log: Log, who: Who, person_id: str, name: str, now: Instant, *, named: bool = True
) -> tuple[str, bool]:
    """Give a person a name, in all their cases. Returns the one before and whether somebody had given it, for an undo.

    Raises NotFoundError, and RefusedError without a name.
    """
    kept = " ".join(name.split())[:NAME]
    if not kept:
        raise RefusedError("Write a name; nothing was changed.")
    row = store.lock_people(tx, [person_id]).get(person_id)
    if row is None:
        raise NotFoundError("There is no such person; nothing was changed.")
    store.rename(tx, person_id, kept, named=named)
    for case in store.cases_of_people(tx, [person_id]):
        cases.give_person(tx, log, who, case["id"], person_id, kept, "person_renamed", kept, now)
    record(tx, who, "person.renamed", person_id, now)
    return row["name"], row["named"]
