"""The pins of an account, all of them at each look: counts change long after a pin was made."""

import itertools

from earful.channels.contract import RawDelivery
from earful.channels.kit.api import Api
from earful.channels.kit.loose import members, word
from earful.channels.kit.poll import Page
from earful.channels.pinterest.limits import PAGE, REQUESTS
from earful.channels.pinterest.parse import pin

BEGINNING = "-"
"""Stands for the place of a look that begins with the first page."""


class Pins:
    """What `kit.poll.Source` promises.

    The cursor is where a look that was cut off goes on, with a number of its own: when it comes back, the page before
    is kept.
    """

    name = "pinterest:pins"
    limit = REQUESTS

    def __init__(self, api: Api, username: str) -> None:
        self._api = api
        self._username = username
        self._numbers = itertools.count(1)
        self._kept: dict[str, dict[str, int]] = {}
        """Pin -> its counts as they are kept."""
        self._handed: tuple[str, dict[str, dict[str, int]]] = ("", {})
        """The same of the page before, with the cursor that says that it is kept."""

    async def page(self, cursor: str | None) -> Page:
        """One page of pins: those whose counts changed."""
        if cursor == self._handed[0]:
            self._kept |= self._handed[1]
        bookmark = (cursor or "").partition(" ")[0]
        params = {"page_size": str(PAGE), "pin_metrics": "true"}
        if bookmark not in ("", BEGINNING):
            params["bookmark"] = bookmark
        raw, answer = await self._api.ask("/v5/pins", limit=REQUESTS, params=params)
        found = [one for raw_ in members(answer, "items") if (one := pin(raw_, self._username)) is not None]
        changed = [one for one in found if self._kept.get(one.native_id) != one.metrics]
        following = word(answer, "bookmark")
        moved = f"{following or BEGINNING} {next(self._numbers)}"
        self._handed = (moved, {one.native_id: one.metrics for one in changed})
        delivery = RawDelivery(transport="poll", body=raw if changed else b"", verified_by="token")
        return Page(delivery=delivery, messages=changed, cursor=moved, more=bool(following))
