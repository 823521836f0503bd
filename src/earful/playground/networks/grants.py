"""Access tokens that a simulated network gives for a refresh token, as Google does: for an hour each."""

from urllib.parse import parse_qsl

from earful.channels.hooks import Answer, Asked
from earful.model.time import HOUR
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Refusal, Simulator, as_json

REFRESH, CLIENT = "refresh", "client.apps.example.test"
_TOKEN: Shape = {
    "grant_type!": ("refresh_token",),
    "refresh_token!": str,
    "client_id!": (CLIENT,),
    "client_secret": str,
}


class RefreshTokens:
    """What one network gave."""

    def __init__(self, network: Simulator) -> None:
        self._network = network
        self._until: dict[str, int] = {}

    def give(self, asked: Asked) -> Answer:
        """A token for the refresh token. Raises Refusal."""
        form = dict(parse_qsl(asked.body.decode()))
        for problem in problems(form, _TOKEN):
            self._network.violated(asked, "token", problem)
        if form.get("refresh_token") != REFRESH:
            raise Refusal(
                400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
            )
        token = f"token-{self._network.world.new_id()}"
        self._until[token] = self._network.clock() + HOUR
        return as_json({"access_token": token, "token_type": "Bearer", "expires_in": 3599})

    def good(self, asked: Asked) -> bool:
        """Whether a request has a token of ours that is still good."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return self._until.get(token, 0) >= self._network.clock()
