"""Proofs of TikTok, with a vector."""

import pytest

from earful.channels.hooks import Asked
from earful.channels.kit.signatures import SignatureRefused
from earful.channels.tiktok.hook import HEADER, TikTokHook
from earful.channels.tiktok.settings import TikTokSecrets, TikTokSettings
from earful.model.time import SECOND, Instant

HOOK = TikTokHook(
    TikTokSettings(business_id="u", client_id="k"), TikTokSecrets(client_secret="tiktok-app-secret")
)
BODY = (
    b'{"client_key":"k","event":"im_receive_msg","create_time":1700000000,"user_openid":"u",'
    b'"content":"{\\"type\\":\\"text\\",\\"message_id\\":\\"tt-msg-1\\"}"}'
)
MAC = "5a3a7b3b359473bdc80f6f3cc0fd4876544a208a46e251e1abb7082a7b6ea05c"
GOOD = f"t=1700000000,s={MAC}"
NOW = Instant(1_700_000_000 * SECOND)


def asked(signature: str, body: bytes = BODY) -> Asked:
    headers = {HEADER: signature} if signature else {}
    return Asked(method="POST", url="https://desk.test/hooks/one", query={}, headers=headers, body=body)


@pytest.mark.parametrize("signature", [GOOD, f"s={MAC}, t=1700000000"])
@pytest.mark.parametrize("late", [0, 299, -299])
def test_a_good_signature(signature: str, late: int) -> None:
    now = Instant(NOW + late * SECOND)
    assert HOOK.verify(asked(signature), now).verified_by == "tiktok-hmac-sha256"


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=1700000000",
        f"s={MAC}",
        GOOD[:-2],
        f"t=1700000001,s={MAC}",
        MAC,
        "t=,s=",
        f"t=x,s={MAC}",
        "é=é,=,",
    ],
)
def test_missing_truncated_and_wrong_signatures(signature: str) -> None:
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(signature), NOW)


def test_one_changed_byte_and_a_replay() -> None:
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(GOOD, BODY + b" "), NOW)
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(GOOD), Instant(NOW + 301 * SECOND))


def test_nothing_is_asked() -> None:
    assert HOOK.challenge(asked(GOOD)) is None
