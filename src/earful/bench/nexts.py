"""How long "what next" takes: one agent asks for case after case, each theirs and on disk when the answer is there."""

import time
from functools import partial

from earful.bench.server import Keys
from earful.desk.routing import service
from earful.log.embedded import EmbeddedLog
from earful.log.runner import system_clock
from earful.store.audit import Who
from earful.store.store import Store

ASKED, WARM = 200, 5


def times(store: Store, keys: Keys) -> list[float]:
    """Milliseconds of each time that an agent asked, the first few left out.

    Raises RuntimeError when nothing is there to be given.
    """
    log, who, took, before = EmbeddedLog(), Who(id=keys.user_id, name="Kim Doe"), [], ""
    for _ in range(WARM + ASKED):
        started = time.perf_counter()
        given = store.write_now(
            partial(
                service.next_case,
                log=log,
                who=who,
                user_id=keys.user_id,
                now=system_clock(),
                apart_from=before,
            )
        )
        took.append(1_000 * (time.perf_counter() - started))
        if not given.case_id:
            raise RuntimeError("no case waits: what next has nothing to give")
        before = given.case_id
    return took[WARM:]
