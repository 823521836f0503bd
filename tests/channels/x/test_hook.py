"""Proofs of X, with vectors."""

import msgspec
import pytest

from earful.channels.hooks import Asked
from earful.channels.kit.signatures import SignatureRefused
from earful.channels.x.hook import HEADER, XHook
from earful.channels.x.settings import XSecrets, XSettings
from earful.model.time import Instant

HOOK = XHook(
    XSettings(user_id="1"),
    XSecrets(consumer_secret="test-consumer-secret", bearer_token="b", access_token="a"),
)
BODY = '{"data":{"event_uuid":"2080765813578191303","event_type":"post.mention.create","payload":{"text":"café 😀"}}}'
GOOD = "sha256=PSu/baoELZPSNh57VJyRjSwlBrrUKoVWKdMAZ5lITqg="
NOW = Instant(1_795_000_000_000)


def asked(body: bytes, headers: dict[str, str]) -> Asked:
    return Asked(method="POST", url="https://desk.test/hooks/x", query={}, headers=headers, body=body)


def test_the_challenge() -> None:
    question = Asked(
        method="GET", url="https://desk.test/hooks/x", query={"crc_token": "challenge_string"}, headers={}
    )
    answer = HOOK.challenge(question)
    assert answer is not None
    assert msgspec.json.decode(answer.body) == {
        "response_token": "sha256=wbxoN8scmhw5dqzftzpj6g3uAnVpSktqxDDUHYNfIqA="
    }
    assert HOOK.challenge(asked(b"{}", {})) is None


def test_a_good_signature() -> None:
    assert HOOK.verify(asked(BODY.encode(), {HEADER: GOOD}), NOW).verified_by == "x-hmac-sha256"


@pytest.mark.parametrize(
    "headers",
    [{}, {HEADER: ""}, {HEADER: GOOD[:-4]}, {HEADER: GOOD.removeprefix("sha256=")}, {HEADER: "sha256=é"}],
)
def test_missing_truncated_and_wrong_signatures(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(BODY.encode(), headers), NOW)


def test_one_changed_byte() -> None:
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(BODY.encode() + b" ", {HEADER: GOOD}), NOW)
