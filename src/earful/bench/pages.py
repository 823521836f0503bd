"""One client that asks the real server for one page after the other, as a browser on the same machine would."""

import http.client
import time
from collections.abc import Iterable

from earful.bench.server import Keys

WARM_ROUNDS = 2


def times(port: int, keys: Keys, addresses: Iterable[str], rounds: int) -> dict[str, list[float]]:
    """Address -> milliseconds of each request, some rounds for warming up left out.

    Raises RuntimeError when a page answers anything but 200.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    found: dict[str, list[float]] = {address: [] for address in addresses}
    for round_ in range(WARM_ROUNDS + rounds):
        for address, took in found.items():
            start = time.perf_counter()
            connection.request("GET", address, headers={"cookie": keys.cookie})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{address} answered {answer.status}")
            if round_ >= WARM_ROUNDS:
                took.append(1_000 * (time.perf_counter() - start))
    connection.close()
    return found
