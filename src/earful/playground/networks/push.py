"""Carries deliveries to the desk as a network does: again until they are taken, twice or in disorder when asked to."""

import asyncio
import contextlib
from collections.abc import Sequence

import httpx2

from earful.playground.networks.knobs import Fault
from earful.playground.networks.simulator import Pushed, Simulator

FIRST_WAIT = 0.2
LONGEST_WAIT = 5.0
TAKEN = range(200, 300)
FINAL = (400, 401, 403, 422)
"""Refusals that another try would not change."""
AT_ONCE = 8


class Pusher:
    """The delivering side of the simulated networks."""

    def __init__(self, simulators: Sequence[Simulator], http: httpx2.AsyncClient) -> None:
        self._simulators = simulators
        self._http = http
        self._more = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)
        self.refused: list[tuple[str, int]] = []
        """(address, status) of deliveries that the desk said no to."""

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._more.set)

        for simulator in self._simulators:
            simulator.on_push = wake
        while not stop.is_set():
            self._more.clear()
            for simulator in self._simulators:
                for pushed in self._take(simulator):
                    self._start(simulator, pushed, stop)
            waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._more.wait())]
            _, late = await asyncio.wait(waits, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
            for wait in late:
                wait.cancel()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    @property
    def idle(self) -> bool:
        """Everything that was to be delivered is."""
        return not self._under_way and not any(one.outgoing for one in self._simulators)

    def _take(self, simulator: Simulator) -> list[Pushed]:
        """What is to go out now, in the order that the knobs make of it."""
        waiting = simulator.outgoing[:]
        del simulator.outgoing[: len(waiting)]
        found: list[Pushed] = []
        held: list[Pushed] = []
        for pushed in waiting:
            if simulator.knobs.strikes(Fault.REORDER):
                held.append(pushed)
                continue
            found.append(pushed)
            if simulator.knobs.strikes(Fault.DUPLICATE):
                found.append(pushed)
            found += held
            held = []
        return found + held

    def _start(self, simulator: Simulator, pushed: Pushed, stop: asyncio.Event) -> None:
        late = simulator.knobs.delay_seconds if simulator.knobs.strikes(Fault.DELAY) else 0.0
        task = asyncio.create_task(self._deliver(simulator, pushed, late, stop))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, simulator: Simulator, pushed: Pushed, late: float, stop: asyncio.Event) -> None:
        await asyncio.sleep(late)
        wait = FIRST_WAIT
        while not stop.is_set():
            with contextlib.suppress(httpx2.HTTPError):
                async with self._room:
                    status = await simulator.carry(self._http, pushed)
                if status in TAKEN:
                    return
                self.refused.append((pushed.url, status))
                if status in FINAL:
                    return
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
