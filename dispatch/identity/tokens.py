"""Access tokens: JSON Web Tokens (RFC 7519) that say who somebody is, in which one role, and for how long. The only importer of PyJWT.

A token is believed if it is exactly of the form that `make_token` gives it, is signed with a key of our own ring, and has not ended.
The header chooses nothing but which of our keys to look at: the algorithm is fixed, and fields that point to keys elsewhere (`jku`,
`jwk`, `x5u`) make a token invalid, like every other field that is not expected.
"""

import re
from typing import Final, Literal

import msgspec
from jwt.api_jws import PyJWS
from jwt.exceptions import PyJWTError
from jwt.utils import base64url_decode, base64url_encode

from dispatch.errors import FrameError
from dispatch.identity.keys import KeyRing, Purpose
from dispatch.principals import Principal, Role
from dispatch.words import RefusalCode

ALGORITHM: Final = "HS256"
TYPE: Final = "dispatch+jwt"
ISSUER: Final = "dispatch"
AUDIENCE: Final = "dispatch"
LONGEST_TOKEN: Final = 4_096
"""Characters. Ours have some 400."""
_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)


class BadToken(FrameError, code=RefusalCode.NOT_AUTHENTICATED, says="this access token is not valid; log in again"):
    """The token is forged, malformed, or of another server. The sentence is the same for every reason: it helps no forger."""


class TokenExpired(BadToken, code=RefusalCode.TOKEN_EXPIRED, says="this access token has ended; refresh it"):
    """The token was ours and has ended."""


class NotYou(FrameError, code=RefusalCode.FORBIDDEN, says="this token is not of the person and role of this socket"):
    """An `authenticate` on an open socket shows the token of somebody else, or of another role."""

    field = "token"


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alg: Literal["HS256"]
    typ: Literal["dispatch+jwt"]
    kid: str


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    iss: Literal["dispatch"]
    aud: Literal["dispatch"]
    sub: str
    role: Literal["passenger", "driver", "staff"]
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
_signer = PyJWS(algorithms=[ALGORITHM])


def make_token(claims: Claims, ring: KeyRing) -> str:
    """The token that says these claims, signed with the ring's current key."""
    principal, key = claims.principal, ring.current
    payload = _Payload(
        iss="dispatch",
        aud="dispatch",
        sub=principal.id,
        role=msgspec.convert(str(principal.role), Literal["passenger", "driver", "staff"]),
        sid=claims.session,
        iat=claims.issued_at,
        nbf=claims.issued_at,
        exp=claims.ends_at,
        mgr=principal.is_manager,
    )
    headers = {"typ": TYPE, "kid": key.id}
    return _signer.encode(
        msgspec.json.encode(payload), key.secret_for(Purpose.ACCESS), algorithm=ALGORITHM, headers=headers
    )


def read_token(text: str, ring: KeyRing, now: float, longest_s: float) -> Claims:
    """The claims of a token of ours that holds at `now` (Unix seconds).

    `longest_s`: no token that we made holds longer, so one that claims to is not believed.

    Raises TokenExpired if it has ended, BadToken if it is anything but a token of ours.
    """
    form = _FORM.fullmatch(text) if len(text) <= LONGEST_TOKEN else None
    if form is None:
        raise BadToken
    try:
        key = ring.find(_header.decode(base64url_decode(form[1])).kid)
        if key is None:
            raise BadToken
        found = _signer.decode_complete(text, key.secret_for(Purpose.ACCESS), algorithms=[ALGORITHM])
        payload = _payload.decode(found["payload"])
    except (PyJWTError, msgspec.MsgspecError, ValueError):
        raise BadToken from None
    if base64url_encode(found["signature"]).decode() != form[3]:  # unused bits of the last character could be anything
        raise BadToken
    if not payload.sub or payload.exp - payload.iat > longest_s or not payload.iat == payload.nbf < payload.exp:
        raise BadToken
    if payload.nbf > now + 1.0:  # made in whole seconds
        raise BadToken
    if payload.exp <= now:
        raise TokenExpired
    principal = Principal(Role(payload.role), payload.sub, payload.mgr)
    return Claims(principal, payload.sid, payload.iat, payload.exp)
