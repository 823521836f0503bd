"""Backtests that were asked for: one at a time in a thread of its own, results kept in memory until a restart."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum

import structlog
from msgspec import Struct

from earful.desk.backtest import service
from earful.desk.backtest.rules import Result
from earful.desk.backtest.service import InvalidDraftError, Wanted
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.store import Store

logger = structlog.get_logger()
KEPT = 20
"""Results that are kept; the oldest go first."""
WAITING_MOST = 5


class State(StrEnum):
    """How a backtest stands."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class BusyError(RuntimeError):
    """Too many backtests wait already."""


class Job(Struct, kw_only=True):
    """A backtest that was asked for."""

    id: str
    wanted: Wanted
    by: str
    at: int
    state: State = State.WAITING
    done: int = 0
    total: int = 0
    result: Result | None = None
    problem: str = ""
    halt: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return self.state not in (State.WAITING, State.RUNNING)


class Backtests:
    """The backtests of one process."""

    def __init__(self, store: Store, clock: Callable[[], Instant]) -> None:
        self._store, self._clock = store, clock
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="backtest")

    def start(self, wanted: Wanted, by: str) -> Job:
        """Begin a backtest, after those that were asked for before. `by`: name of who asks. Raises BusyError."""
        now = self._clock()
        with self._lock:
            if sum(not job.over for job in self._jobs.values()) >= WAITING_MOST:
                raise BusyError(f"{WAITING_MOST} backtests run or wait already. Stop one, or wait for it.")
            job = Job(id=new_id(now), wanted=wanted, by=by, at=now)
            self._jobs[job.id] = job
            for old in [one.id for one in self._jobs.values() if one.over][: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[old]
        self._thread.submit(self._run, job)
        return job

    def find(self, job_id: str) -> Job | None:
        """A backtest; None when it is not kept any more."""
        return self._jobs.get(job_id)

    def listed(self) -> list[Job]:
        """All that are kept, the newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def stop(self, job: Job) -> None:
        """Let a backtest end; what it found so far is its result."""
        job.halt = True

    def close(self) -> None:
        """Stop everything and wait for it."""
        for job in self.listed():
            self.stop(job)
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _run(self, job: Job) -> None:
        def tell(done: int, total: int) -> None:
            job.done, job.total = done, total

        job.state = State.RUNNING
        try:
            job.result = service.run(self._store, job.wanted, self._clock(), tell, lambda: job.halt)
        except InvalidDraftError as error:
            job.problem, job.state = str(error), State.FAILED
        except Exception:
            logger.exception("backtest.failed", id=job.id)
            job.problem = "Something failed inside Earful; the log has the details."
            job.state = State.FAILED
        else:
            job.state = State.STOPPED if job.result.stopped else State.FINISHED
