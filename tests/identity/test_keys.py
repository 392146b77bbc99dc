"""The ring of keys."""

import pytest

from dispatch.identity.keys import Key, KeyRing, Purpose

OLD, NEW = Key("a", b"o" * 32, 0.0), Key("b", b"n" * 32, 1000.0)


def test_a_key_has_another_secret_for_each_purpose() -> None:
    assert len({OLD.secret_for(purpose) for purpose in Purpose} | {OLD.secret}) == len(Purpose) + 1


def test_parts_that_are_cut_elsewhere_have_another_keyed_hash() -> None:
    assert OLD.mac(Purpose.CODE, "ab", "c") != OLD.mac(Purpose.CODE, "a", "bc")
    assert OLD.mac(Purpose.CODE, "ab", "c") != OLD.mac(Purpose.REFRESH, "ab", "c")


def test_the_newest_key_signs_and_an_older_one_is_still_found() -> None:
    ring = KeyRing((OLD,)).rotated(NEW, keep_s=500.0)
    assert ring.current == NEW and ring.find("a") == OLD and ring.find("c") is None


def test_a_key_leaves_the_ring_once_all_that_it_signed_has_ended() -> None:
    ring = KeyRing((OLD,)).rotated(NEW, keep_s=500.0)
    assert ring.rotated(Key("c", b"c" * 32, 1499.0), keep_s=500.0).find("a") == OLD
    assert ring.rotated(Key("c", b"c" * 32, 1500.0), keep_s=500.0).keys[0] == NEW


@pytest.mark.parametrize("keys", [(), (Key("a", b"short", 0.0),), (OLD, OLD)])
def test_a_ring_without_a_key_with_a_short_one_or_with_one_twice_is_refused(keys: tuple[Key, ...]) -> None:
    with pytest.raises(ValueError, match="key"):
        KeyRing(keys)
