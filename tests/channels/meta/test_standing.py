"""What came as ids is fetched, or asked for again, and one that fails holds up no other."""

import httpx2
import msgspec

from earful.channels.contract import RawDelivery
from earful.channels.meta.errors import Error
from earful.channels.meta.graph import GraphRefused
from earful.channels.meta.standing import Fetched, fetch_wanted
from tests.channels.inlet import MemoryInlet
from tests.channels.running import run


class WantingInlet(MemoryInlet):
    """Wants some things."""

    def __init__(self, *wants: str) -> None:
        super().__init__()
        self.wants = dict.fromkeys(wants, "")

    async def wanted(self) -> list[str]:
        return list(self.wants)

    async def fetched(self, what: str, delivery: RawDelivery, messages: object) -> None:
        del self.wants[what]

    async def not_fetched(self, what: str, why: str, after_seconds: float) -> None:
        assert after_seconds > 0
        self.wants[what] = why


def test_each_is_fetched_by_itself() -> None:
    faults: dict[str, Exception] = {
        "comment:gone": GraphRefused(400, Error(message="No such object", code=100, error_subcode=33)),
        "comment:limited": GraphRefused(400, Error(message="Slow down", code=4), 60.0),
        "comment:lost": httpx2.ReadTimeout("too late"),
        "comment:odd": msgspec.ValidationError("what is this"),
    }

    async def fetch(what: str) -> Fetched:
        if what in faults:
            raise faults[what]
        return RawDelivery(transport="api", body=b"{}"), []

    async def test() -> None:
        inlet = WantingInlet(*faults, "comment:good")
        await fetch_wanted(inlet, fetch)  # type: ignore[arg-type]
        assert set(inlet.wants) == {"comment:limited", "comment:lost", "comment:odd"}
        assert "Slow down" in inlet.wants["comment:limited"]
        assert all(inlet.wants.values())

    run(test())
