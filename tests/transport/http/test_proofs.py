"""Tokens are believed until they end, or until their person or login session is revoked."""

import pytest

from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.tokens import BadToken, Claims, TokenExpired, make_token
from dispatch.principals import Principal, Role
from dispatch.transport.http.proofs import TIDY_AT, Proofs

RING = KeyRing((Key("k1", b"s" * 32, 0.0),))


class At:
    """Proofs at a second that a test sets."""

    def __init__(self, second: float) -> None:
        self.second = second
        self.proofs = Proofs(lambda: RING, lambda: self.second, 900.0)

    def believes(self, session: str, person: str = "p1", made: int = 100) -> bool:
        token = make_token(Claims(Principal(Role.DRIVER, person), session, made, made + 900), RING)
        try:
            return self.proofs.read(token).principal.id == person
        except BadToken:
            return False


def test_a_token_is_believed_until_it_ends() -> None:
    at = At(999.0)
    assert at.believes("s1")
    at.second = 1000.0
    with pytest.raises(TokenExpired):
        at.proofs.read(make_token(Claims(Principal(Role.DRIVER, "p1"), "s1", 100, 1000), RING))


def test_a_revoked_login_session_takes_its_tokens_with_it_and_no_others() -> None:
    at = At(200.0)
    at.proofs.revoke(sessions=("s1", ""))
    assert not at.believes("s1")
    assert at.believes("s2") and at.believes("")


def test_a_revoked_person_takes_all_tokens_with_them_and_may_log_in_again() -> None:
    at = At(200.0)
    at.proofs.revoke(person_id="p1")
    assert not at.believes("s1") and not at.believes("s2") and at.believes("s1", "p2")
    at.second = 202.0
    assert at.believes("s3", made=201)


def test_revocations_are_forgotten_once_their_tokens_have_ended_anyway() -> None:
    at = At(200.0)
    at.proofs.revoke(sessions=[f"s{number}" for number in range(TIDY_AT)])
    at.second = 1200.0
    at.proofs.revoke(sessions=("late",))
    assert list(at.proofs._sessions) == ["late"]
