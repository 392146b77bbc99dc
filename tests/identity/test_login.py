"""Login codes and refresh tokens."""

import pytest

from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.login import RefreshToken, code_mac, is_right, read_refresh_token, refresh_token

RING = KeyRing((Key("k1", b"1" * 32, 0.0), Key("k2", b"2" * 32, 1.0)))
TOKEN = refresh_token(RING, "k2", "s1", 7)


def test_a_code_is_right_for_its_request_alone() -> None:
    mac = code_mac(RING, "k2", "r1", "123456")
    assert mac is not None and "123456" not in mac
    assert is_right(mac, RING, "k2", "r1", "123456")
    assert not is_right(mac, RING, "k2", "r1", "123457")
    assert not is_right(mac, RING, "k2", "r2", "123456")
    assert not is_right(mac, RING, "k1", "r1", "123456")
    assert not is_right(mac, RING, "gone", "r1", "123456") and not is_right("", RING, "k2", "r1", "123456")


def test_a_refresh_token_says_its_session_and_generation_and_is_the_same_each_time() -> None:
    assert read_refresh_token(TOKEN, RING) == RefreshToken("s1", 7)
    assert refresh_token(RING, "k2", "s1", 7) == TOKEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s1.7.k2",
        TOKEN + ".x",
        TOKEN[:-1],
        TOKEN.replace(".7.", ".8."),
        TOKEN.replace(".7.", ".07."),
        TOKEN.replace(".7.", ".-7."),
        TOKEN.replace(".7.", ".\u0667."),
        TOKEN.replace("s1", "s2"),
        TOKEN.replace("k2", "k1"),
        TOKEN.replace("k2", "k9"),
        TOKEN.upper(),
        TOKEN + "x" * 400,
    ],
)
def test_any_other_text_is_no_refresh_token(text: str) -> None:
    assert read_refresh_token(text, RING) is None


def test_a_session_whose_key_has_left_the_ring_has_no_token_any_more() -> None:
    newer = KeyRing((RING.keys[0],))
    assert read_refresh_token(TOKEN, newer) is None
    with pytest.raises(ValueError, match="left the ring"):
        refresh_token(newer, "k2", "s1", 7)
