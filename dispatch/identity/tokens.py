"""Access tokens: JSON Web Tokens (RFC 7519) that say who somebody is, in which one role, and for how long.

A token is believed if it is exactly of the form that `make_token` gives it, is signed with a key of our own ring, and has not ended.
The header chooses nothing but which of our keys to look at: the algorithm is fixed, and fields that point to keys elsewhere (`jku`,
`jwk`, `x5u`) make a token invalid, like every other field that is not expected.

With one form and one algorithm a signature is one call of `hmac`. Every socket that opens shows a token, and a library that knows them
all takes forty times as long for it; the tests hold our tokens against that library.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256
from typing import Final, Literal

import msgspec

from dispatch.errors import FrameError
from dispatch.identity.keys import Key, KeyRing, Purpose
from dispatch.principals import Principal, Role
from dispatch.words import RefusalCode

ALGORITHM: Final[Literal["HS256"]] = "HS256"
TYPE: Final[Literal["dispatch+jwt"]] = "dispatch+jwt"
ISSUER: Final = "dispatch"
AUDIENCE: Final = "dispatch"
LONGEST_TOKEN: Final = 4_096
"""Characters. Ours have some 400."""
_FORM: Final = re.compile(r"(([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]+)", re.ASCII)


class BadToken(FrameError, code=RefusalCode.NOT_AUTHENTICATED, says="this access token is not valid; log in again"):
    """The token is forged, malformed, or of another server. The sentence is the same for every reason: it helps no forger."""


class TokenExpired(BadToken, code=RefusalCode.TOKEN_EXPIRED, says="this access token has ended; refresh it"):
    """The token was ours and has ended."""


class NotYou(FrameError, code=RefusalCode.FORBIDDEN, says="this token is not of the person and role of this socket"):
    """An `authenticate` on an open socket shows the token of somebody else, or of another role."""

    field = "token"


_Person = Literal["passenger", "driver", "staff"]
_PEOPLE: Final[dict[Role, _Person]] = {Role.PASSENGER: "passenger", Role.DRIVER: "driver", Role.STAFF: "staff"}
"""Whom tokens are for: the server itself has none."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alg: Literal["HS256"]
    typ: Literal["dispatch+jwt"]
    kid: str


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    iss: Literal["dispatch"]
    aud: Literal["dispatch"]
    sub: str
    role: _Person
    sid: str
    iat: int
    nbf: int
    exp: int
    mgr: bool = False


class Claims(msgspec.Struct, frozen=True, gc=False):
    """What a token says: the person in one role, the login session that it came of, and from when to when it holds (Unix seconds)."""

    principal: Principal
    session: str
    issued_at: int
    ends_at: int


_header = msgspec.json.Decoder(_Header)
_payload = msgspec.json.Decoder(_Payload)


def make_token(claims: Claims, ring: KeyRing) -> str:
    """The token that says these claims, signed with the ring's current key."""
    principal, key = claims.principal, ring.current
    payload = _Payload(
        iss="dispatch",
        aud="dispatch",
        sub=principal.id,
        role=_PEOPLE[principal.role],
        sid=claims.session,
        iat=claims.issued_at,
        nbf=claims.issued_at,
        exp=claims.ends_at,
        mgr=principal.is_manager,
    )
    said = f"{_first_part(key.id)}.{_part(msgspec.json.encode(payload))}"
    return f"{said}.{_signature(said, key)}"


def read_token(text: str, ring: KeyRing, now: float, longest_s: float) -> Claims:
    """The claims of a token of ours that holds at `now` (Unix seconds).

    `longest_s`: no token that we made holds longer, so one that claims to is not believed.

    Raises TokenExpired if it has ended, BadToken if it is anything but a token of ours.
    """
    form = _FORM.fullmatch(text) if len(text) <= LONGEST_TOKEN else None
    if form is None:
        raise BadToken
    said, header, body, signature = form.groups()
    try:
        key = ring.find(_header.decode(_bytes_of(header)).kid)
        if key is None or not hmac.compare_digest(signature, _signature(said, key)):
            raise BadToken
        payload = _payload.decode(_bytes_of(body))
    except (msgspec.MsgspecError, ValueError):
        raise BadToken from None
    if not payload.sub or payload.exp - payload.iat > longest_s or not payload.iat == payload.nbf < payload.exp:
        raise BadToken
    if payload.nbf > now + 1.0:  # made in whole seconds
        raise BadToken
    if payload.exp <= now:
        raise TokenExpired
    principal = Principal(Role(payload.role), payload.sub, payload.mgr)
    return Claims(principal, payload.sid, payload.iat, payload.exp)


@lru_cache(8)
def _first_part(key_id: str) -> str:
    """The same for all tokens of a key."""
    return _part(msgspec.json.encode(_Header(alg=ALGORITHM, typ=TYPE, kid=key_id)))


def _signature(said: str, key: Key) -> str:
    """The third part of a token whose first two say this. It has one way of being written."""
    return _part(hmac.digest(key.secret_for(Purpose.ACCESS), said.encode(), sha256))


def _part(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes_of(part: str) -> bytes:
    """Raises ValueError for a part of an impossible length."""
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
