"""A token endpoint on loopback that is as strict as RFC 6749 and RFC 7636 are: each code and refresh token once."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import msgspec

from earful.channels.kit import oauth

CLIENT = oauth.Client(client_id="desk", client_secret="s3cret")


class Endpoint:
    """Gives each code and each refresh token out once."""

    def __init__(self) -> None:
        self.challenges: dict[str, str] = {}
        self.refresh = "r1"
        self.status = 200
        self.renewed = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                body, status = outer.answer(
                    {name: one[0] for name, one in form.items()}, self.headers.get("authorization", "")
                )
                self.send_response(status)
                self.end_headers()
                self.wfile.write(msgspec.json.encode(body))

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, form: dict[str, str], auth: str) -> tuple[object, int]:
        if self.status != 200:
            return {}, self.status
        if auth != "Basic " + base64.b64encode(b"desk:s3cret").decode():
            return {"error": "invalid_client"}, 401
        if form["grant_type"] == "authorization_code":
            challenge = self.challenges.pop(form["code"], "")
            if not challenge or oauth.challenge_of(form["code_verifier"]) != challenge:
                return {"error": "invalid_grant", "error_description": "that code is not yours"}, 400
        elif form["refresh_token"] != self.refresh:
            return {"error": "invalid_grant"}, 400
        self.refresh = self.refresh + "+"
        self.renewed += form["grant_type"] == "refresh_token"
        return {
            "access_token": f"a{self.renewed}",
            "refresh_token": self.refresh,
            "expires_in": "7200",
            "scope": "read write",
        }, 200


def provider(endpoint: Endpoint) -> oauth.Provider:
    return oauth.Provider(
        authorize_url="https://network.example/authorize",
        token_url=endpoint.url,
        scopes=("read", "write", "offline"),
    )
