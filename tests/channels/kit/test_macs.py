"""Proofs of the networks' own kinds."""

import pytest

from earful.channels.kit import macs
from earful.channels.kit.signatures import Reason, SignatureRefused
from earful.model.time import Instant

NOW = Instant(1_800_000_000_000)


def test_known_vectors() -> None:
    assert macs.base64_mac("test-consumer-secret", b"challenge_string") == (
        "wbxoN8scmhw5dqzftzpj6g3uAnVpSktqxDDUHYNfIqA="
    )
    assert macs.hex_mac("websub-secret", b"<feed/>") == (
        "4c2e585c6c7c4d33d72a7b8bd87433dc2bcb255e1a6e253ab84227c34df0d96b"
    )


@pytest.mark.parametrize("given", ["", "abc", "right\u0000", "RIGHT", "right ", "ri\u200bght"])
def test_what_does_not_match_is_refused(given: str) -> None:
    with pytest.raises(SignatureRefused):
        macs.must_match(
            macs.header({"x": given}, "x") if given.strip() else macs.header({}, "x"), "Right", "other"
        )


def test_one_of_several_is_enough() -> None:
    macs.must_match("new", "old", "new")


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        ("soon", Reason.BAD_TIMESTAMP),
        ("1" * 16, Reason.BAD_TIMESTAMP),
        ("1799999600", Reason.TOO_OLD),
        ("1800000400", Reason.TOO_NEW),
    ],
)
def test_a_time_that_is_off_is_named(stamp: str, reason: Reason) -> None:
    with pytest.raises(SignatureRefused) as refused:
        macs.must_be_fresh(stamp, NOW, 300)
    assert refused.value.reason is reason


def test_an_app_is_named_without_telling_its_secret() -> None:
    name = macs.app_name("meta", "secret")
    assert "secret" not in name
    assert name == macs.app_name("meta", "secret") != macs.app_name("meta", "other")
