"""Signed identity: what is believed, and everything that is not."""

import base64
import hashlib
import hmac
import json
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.chat.identity import Identity, IdentityRefused, read, write
from earful.model.time import DAY, HOUR, MINUTE, SECOND, Instant

SECRET = "what only the shop and the desk know"
NOW = Instant(1_795_000_000_000)
ANA = Identity(user_id="42", email="ana@example.com", name="Ana")


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def made(claims: dict[str, Any], header: dict[str, Any] | None = None, secret: str = SECRET) -> str:
    """As any library makes one."""
    head = text(json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode())
    body = text(json.dumps(claims).encode())
    return (
        f"{head}.{body}.{text(hmac.new(secret.encode(), f'{head}.{body}'.encode(), hashlib.sha256).digest())}"
    )


GOOD: dict[str, Any] = {"sub": "42", "exp": NOW // SECOND + 3600, "email": "ana@example.com", "name": "Ana"}


def test_the_vector_of_the_standard_is_checked_as_the_standard_says() -> None:
    """RFC 7515, A.1: a token signed with a key of 64 bytes, whose claims are not ours, so it gets as far as those."""
    token = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    with pytest.raises(IdentityRefused, match="does not match"):
        read(token, SECRET, "shop", NOW)


@pytest.mark.parametrize("more", [{}, {"aud": "shop"}, {"nbf": NOW // SECOND}, {"iat": 1, "role": "x"}])
def test_what_the_site_signed_is_believed(more: dict[str, Any]) -> None:
    assert read(made(GOOD | more), SECRET, "shop", NOW) == ANA
    assert read(write(ANA, SECRET, Instant(NOW + HOUR)), SECRET, "shop", NOW) == ANA


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (made(GOOD, secret="another"), "does not match"),
        (made(GOOD, {"alg": "none"}), "HS256"),
        (made(GOOD, {"alg": "HS512"}), "HS256"),
        (made(GOOD, {"alg": "HS256", "crit": ["b64"]}), "HS256"),
        (made(GOOD).rpartition(".")[0] + ".", "does not match"),
        (made(GOOD)[:-2], "does not match|cannot be read"),
        (made(GOOD | {"exp": NOW // SECOND - 61}), "run out"),
        (made(GOOD | {"exp": (NOW + DAY + 2 * MINUTE) // SECOND}), "longer than a day"),
        (made({"sub": "42"}), "cannot be read"),
        (made(GOOD | {"sub": " "}), "missing"),
        (made(GOOD | {"sub": "x" * 201}), "too long"),
        (made(GOOD | {"aud": "other"}), "another channel"),
        (made(GOOD | {"nbf": NOW // SECOND + 120}), "not good yet"),
        (made(GOOD | {"exp": 1e400}), "cannot be read|run out|longer"),
        ("", "no JSON Web Token"),
        ("a.b", "no JSON Web Token"),
        ("ä.b.c", "no JSON Web Token"),
        ("x" * 5_000, "no JSON Web Token"),
    ],
)
def test_everything_else_is_refused_without_a_word_of_the_secret(token: str, why: str) -> None:
    with pytest.raises(IdentityRefused, match=why) as refused:
        read(token, SECRET, "shop", NOW)
    assert SECRET not in str(refused.value)


def test_without_a_secret_nobody_is_believed() -> None:
    with pytest.raises(IdentityRefused, match="no identity secret"):
        read(made(GOOD, secret=""), "", "shop", NOW)


@given(st.lists(st.binary(max_size=60), min_size=3, max_size=3))
def test_garbage_is_refused_and_never_breaks_anything(parts: list[bytes]) -> None:
    with pytest.raises(IdentityRefused):
        read(".".join(map(text, parts)), SECRET, "shop", NOW)


def test_what_the_guide_tells_sites_to_do_is_believed() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "how-to" / "web-chat.md").read_text()
    code = guide.partition("```python\n")[2].partition("```")[0]
    room: dict[str, Any] = {}
    exec(textwrap.dedent(f"   {code.lstrip()}"), room)  # noqa: S102 - our own documentation
    token = room["chat_identity"](SECRET, "42", "ana@example.com", "Ana")
    assert read(token, SECRET, "shop", Instant(time.time_ns() // 1_000_000)) == ANA
