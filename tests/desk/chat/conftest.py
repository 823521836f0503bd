"""One desk for all these tests; each has a chat of its own in it."""

from collections.abc import Iterator
from itertools import count

import pytest

from earful.desk.channels.service import Channel
from tests.conftest import fresh_sqlite
from tests.desk.chat.visitor import Visitor, connect
from tests.served import Served

_numbers = count(1)


class Shop:
    """A chat and its visitors."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.name = f"shop-{next(_numbers)}"
        self.channel: Channel = connect(served, self.name)

    def visitor(self, key: str = "") -> Visitor:
        return Visitor(self.served, self.name, key)


@pytest.fixture(scope="session")
def one_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("chat")
    desk = Served(folder, fresh_sqlite(folder))
    yield desk
    desk.close()


@pytest.fixture
def shop(one_desk: Served) -> Shop:
    return Shop(one_desk)
