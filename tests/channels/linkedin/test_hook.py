"""Proofs of LinkedIn, with vectors."""

import msgspec
import pytest

from earful.channels.hooks import Asked
from earful.channels.kit.signatures import SignatureRefused
from earful.channels.linkedin.hook import HEADER, PREFIX, LinkedInHook
from earful.channels.linkedin.settings import LinkedInSecrets, LinkedInSettings
from earful.model.time import Instant

HOOK = LinkedInHook(
    LinkedInSettings(organization_id="1"), LinkedInSecrets(client_secret="linkedin-client-secret")
)
BODY = b'{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[]}'
GOOD = "5d6abc57bcc1d553bb634bbb94997feab4689e6422f799b651de498b58e7faf3"
CODE = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
NOW = Instant(1_795_000_000_000)


def asked(
    body: bytes = BODY, method: str = "POST", query: dict[str, str] | None = None, **headers: str
) -> Asked:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Asked(
        method=method, url="https://desk.test/hooks/one", query=query or {}, headers=named, body=body
    )


def test_the_challenge() -> None:
    answer = HOOK.challenge(asked(b"", "GET", {"challengeCode": CODE}))
    assert answer is not None
    assert answer.media_type == "application/json"
    assert msgspec.json.decode(answer.body) == {
        "challengeCode": CODE,
        "challengeResponse": "e9567c49fee6d803311de224f2be5dc1b7f61cae1810ae05866223f4caa1724f",
    }
    assert HOOK.challenge(asked()) is None


@pytest.mark.parametrize("signature", [GOOD, PREFIX + GOOD])
def test_a_good_signature_with_and_without_its_prefix(signature: str) -> None:
    assert HOOK.verify(asked(x_li_signature=signature), NOW).verified_by == "linkedin-hmac-sha256"


@pytest.mark.parametrize("signature", ["", GOOD[:-2], GOOD.upper(), "sha256=" + GOOD, "é"])
def test_missing_truncated_and_wrong_signatures(signature: str) -> None:
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(**{HEADER: signature} if signature else {}), NOW)


def test_one_changed_byte() -> None:
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(BODY + b" ", x_li_signature=GOOD), NOW)
