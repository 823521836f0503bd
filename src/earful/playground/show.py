"""`earful up --demo`: an empty database gets the demo workspace."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from earful.desk.users import service as users
from earful.playground.load import load
from earful.playground.story import TEAM
from earful.wiring import Earful

GUIDE = "marit"
"""The colleague whom a visitor plays: an admin, who may see everything."""
Running = Callable[[], AbstractAsyncContextManager[None]]


def show(earful: Earful) -> tuple[str, Running]:
    """Load the demo where there is nothing yet. Returns a sign-in path and what is to run.

    A database that was filled by somebody else is left alone; then the path is the ordinary sign-in.
    """
    load(earful, earful.clock())
    try:
        token = earful.store.write_now(lambda tx: users.link_for(tx, TEAM[GUIDE][0], earful.clock()))
    except users.InvalidError:
        return "/sign-in", earful.running
    return f"/sign-in/{token}", earful.running
