"""Access tokens: what is believed, and everything else that is not."""

import base64
import hmac
import json
from collections.abc import Callable
from hashlib import sha256, sha512
from typing import Any

import jwt
import pytest

from dispatch.identity.keys import Key, KeyRing, Purpose
from dispatch.identity.tokens import BadToken, Claims, TokenExpired, make_token, read_token
from dispatch.principals import Principal, Role

NOW = 1_800_000_000
TTL_S = 900
KEY = Key("k1", bytes(range(32)), 0.0)
RING = KeyRing((KEY,))
DRIVER = Claims(Principal(Role.DRIVER, "27821234568"), "s1", NOW, NOW + TTL_S)
GOOD = make_token(DRIVER, RING)
HEADER: dict[str, Any] = {"typ": "dispatch+jwt", "alg": "HS256", "kid": "k1"}
PAYLOAD: dict[str, Any] = {
    "iss": "dispatch",
    "aud": "dispatch",
    "sub": "27821234568",
    "role": "driver",
    "sid": "s1",
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + TTL_S,
}


def read(text: str, ring: KeyRing = RING, now: float = NOW) -> Claims:
    return read_token(text, ring, now, TTL_S)


def part(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header: object, payload: object, secret: bytes = KEY.secret_for(Purpose.ACCESS), by: Any = sha256) -> str:
    """A token as a forger with this secret makes it."""
    text = f"{part(header)}.{part(payload)}"
    return f"{text}.{part(hmac.digest(secret, text.encode(), by))}"


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


def test_a_token_says_what_it_was_made_of() -> None:
    assert read(GOOD) == DRIVER
    manager = Claims(Principal(Role.STAFF, "p1", is_manager=True), "s2", NOW, NOW + 60)
    assert read(make_token(manager, RING)) == manager


def test_the_forger_of_these_tests_makes_the_same_tokens_as_we_do() -> None:
    assert read(signed(HEADER, PAYLOAD)) == DRIVER


def test_a_library_reads_our_tokens_and_we_read_the_tokens_of_that_library() -> None:
    secret = KEY.secret_for(Purpose.ACCESS)
    anytime = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    assert jwt.decode(GOOD, secret, ["HS256"], anytime, audience="dispatch", issuer="dispatch") == PAYLOAD
    assert jwt.get_unverified_header(GOOD) == HEADER
    assert read(jwt.encode(PAYLOAD, secret, "HS256", {"typ": "dispatch+jwt", "kid": "k1"})) == DRIVER


def test_a_token_ends_at_its_second() -> None:
    read(GOOD, now=NOW + TTL_S - 0.001)
    with pytest.raises(TokenExpired):
        read(GOOD, now=NOW + TTL_S)


def test_a_token_of_an_older_key_of_the_ring_is_believed_and_one_of_a_key_that_left_is_not() -> None:
    rotated = RING.rotated(Key("k2", b"2" * 32, float(NOW)), keep_s=TTL_S)
    assert read(GOOD, rotated) == DRIVER
    assert read(make_token(DRIVER, rotated), rotated) == DRIVER
    with pytest.raises(BadToken):
        read(GOOD, KeyRing((rotated.current,)))


FORGED: dict[str, Callable[[], str]] = {
    "no algorithm": lambda: f"{part({**HEADER, 'alg': 'none'})}.{part(PAYLOAD)}.",
    "no algorithm in capitals": lambda: f"{part({**HEADER, 'alg': 'None'})}.{part(PAYLOAD)}.{GOOD.split('.')[2]}",
    "no signature": lambda: GOOD.rsplit(".", 1)[0] + ".",
    "two parts": lambda: GOOD.rsplit(".", 1)[0],
    "four parts": lambda: GOOD + ".x",
    "an empty secret": lambda: signed(HEADER, PAYLOAD, b""),
    "the id of the key as secret": lambda: signed(HEADER, PAYLOAD, b"k1"),
    "the whole key as secret": lambda: signed(HEADER, PAYLOAD, KEY.secret),
    "the secret of another purpose": lambda: signed(HEADER, PAYLOAD, KEY.secret_for(Purpose.REFRESH)),
    "a public key of RSA as secret": lambda: signed({**HEADER, "alg": "RS256"}, PAYLOAD, b"-----BEGIN PUBLIC KEY-----"),
    "another hash": lambda: signed({**HEADER, "alg": "HS512"}, PAYLOAD, by=sha512),
    "another hash under our name": lambda: signed(HEADER, PAYLOAD, by=sha512),
    "an unknown key": lambda: signed({**HEADER, "kid": "k9"}, PAYLOAD),
    "a path as key id": lambda: signed({**HEADER, "kid": "../../dev/null"}, PAYLOAD, b""),
    "a number as key id": lambda: signed({**HEADER, "kid": 1}, PAYLOAD),
    "no key id": lambda: signed(without(HEADER, "kid"), PAYLOAD),
    "a key of its own": lambda: signed({**HEADER, "jwk": {"kty": "oct", "k": "eA"}}, PAYLOAD, b"x"),
    "a key behind an address": lambda: signed({**HEADER, "jku": "https://forger.example/keys"}, PAYLOAD),
    "a critical extension": lambda: signed({**HEADER, "crit": ["exp"], "exp": 1}, PAYLOAD),
    "another type": lambda: signed({**HEADER, "typ": "JWT"}, PAYLOAD),
    "no type": lambda: signed(without(HEADER, "typ"), PAYLOAD),
    "another audience": lambda: signed(HEADER, {**PAYLOAD, "aud": "other"}),
    "a list of audiences": lambda: signed(HEADER, {**PAYLOAD, "aud": ["dispatch", "other"]}),
    "no audience": lambda: signed(HEADER, without(PAYLOAD, "aud")),
    "another issuer": lambda: signed(HEADER, {**PAYLOAD, "iss": "dispatch2"}),
    "an end written as text": lambda: signed(HEADER, {**PAYLOAD, "exp": str(NOW + TTL_S)}),
    "no end": lambda: signed(HEADER, without(PAYLOAD, "exp")),
    "an end that is too far": lambda: signed(HEADER, {**PAYLOAD, "exp": NOW + TTL_S + 1}),
    "an end before its beginning": lambda: signed(HEADER, {**PAYLOAD, "iat": NOW + 9, "nbf": NOW + 9, "exp": NOW + 8}),
    "of the future": lambda: signed(HEADER, {**PAYLOAD, "iat": NOW + 60, "nbf": NOW + 60, "exp": NOW + 120}),
    "another role": lambda: signed(HEADER, {**PAYLOAD, "role": "system"}),
    "two roles": lambda: signed(HEADER, {**PAYLOAD, "role": ["driver", "staff"]}),
    "nobody": lambda: signed(HEADER, {**PAYLOAD, "sub": ""}),
    "a claim more": lambda: signed(HEADER, {**PAYLOAD, "admin": True}),
    "no object": lambda: signed(HEADER, [PAYLOAD]),
    "no JSON": lambda: signed(HEADER, b"\xff\xfe"),
    "other white space": lambda: GOOD.replace(".", ". ", 1),
    "letters of another script": lambda: GOOD.replace(GOOD.split(".")[2], "\uff53" * 43),
    "too long": lambda: signed(HEADER, {**PAYLOAD, "sub": "x" * 4096}),
    "empty": lambda: "",
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_token_is_refused(how: str) -> None:
    with pytest.raises(BadToken) as refused:
        read(FORGED[how]())
    assert type(refused.value) is BadToken, "it does not say that it only ended"


def test_a_token_with_any_bit_of_it_flipped_is_refused() -> None:
    for at in range(len(GOOD)):
        for bit in range(7):
            changed = GOOD[:at] + chr(ord(GOOD[at]) ^ 1 << bit) + GOOD[at + 1 :]
            with pytest.raises(BadToken):
                read(changed)
