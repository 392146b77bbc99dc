"""How people log in: a code to the phone, then a login session whose refresh token changes at every use. Pure.

A refresh token is derived from the ring of keys, the session and how often it was refreshed. So the file keeps no secret, and whoever
lost an answer gets the same successor again.
"""

import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from dispatch.config import LoginSettings
from dispatch.errors import FrameError
from dispatch.identity.keys import KeyRing, Purpose
from dispatch.identity.people import HIGHEST_FIRST, Person, RoleOnFile
from dispatch.identity.tokens import BadToken
from dispatch.words import PersonRole, PersonStatus, RefusalCode

CODE_DIGITS: Final = 6
HOUR_S, DAY_S = 3600.0, 86_400.0
_LONGEST: Final = 300


class LoginRules(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of logging in: those of the settings of the same names."""

    code_ttl_s: float = LoginSettings.code_ttl_s
    code_tries: int = LoginSettings.code_tries
    codes_per_phone_hour: int = LoginSettings.codes_per_phone_hour
    codes_per_phone_day: int = LoginSettings.codes_per_phone_day
    codes_per_address_hour: int = LoginSettings.codes_per_address_hour
    code_failures_hour: int = LoginSettings.code_failures_hour
    login_ttl_s: float = LoginSettings.login_ttl_s
    refresh_again_s: float = LoginSettings.refresh_again_s
    new_passengers: bool = LoginSettings.new_passengers


class WrongCode(FrameError, code=RefusalCode.WRONG_CODE, says="this is not the code"):
    """Another code was sent for this request."""

    field = "code"


class CodeExpired(
    FrameError, code=RefusalCode.CODE_EXPIRED, says="this code cannot be used any more; ask for a new one"
):
    """The code is too old, was used, was guessed at too often, or was never sent."""

    field = "code"


class ReusedToken(BadToken):
    """A refresh token was used that had been replaced: two have it, and one of them stole it. The `session` has ended by this."""

    def __init__(self, session: str) -> None:
        super().__init__()
        self.session = session


class AskCode(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to log in. `phone` in its canonical form. `address`: whose limit it counts against."""

    phone: str
    role: PersonRole | None = None
    address: str = ""


class LoginCode(msgspec.Struct, frozen=True):
    """A code as it is on file: by its keyed hash alone. `for_nobody`: nobody may use it. `made_at`: Unix seconds."""

    request_id: str
    phone: str
    address: str
    role: PersonRole
    for_nobody: bool
    key_id: str
    mac: str
    made_at: float


class CodeSent(msgspec.Struct, frozen=True):
    """A code was made. `code` goes to `phone`, unless it is `for_nobody`: then it is sent nowhere, and cannot be used."""

    request_id: str
    phone: str
    code: str
    for_nobody: bool


class LoggedIn(msgspec.Struct, frozen=True):
    """A person in one role, and the login session with its newest refresh token."""

    person: Person
    role: RoleOnFile
    session: str
    refresh_token: str


def who_logs_in(
    wanted: PersonRole | None, standing: Mapping[PersonRole, str | None], rules: LoginRules
) -> tuple[PersonRole, bool]:
    """The role that a code is for, and whether it is for nobody. `standing`: the status of whoever has the phone, in each role."""
    role = wanted or next((each for each in HIGHEST_FIRST if standing[each] is not None), PersonRole.PASSENGER)
    is_new = standing[role] is None and role == PersonRole.PASSENGER and rules.new_passengers
    return role, not is_new and standing[role] in (None, PersonStatus.SUSPENDED)


class RefreshToken(NamedTuple):
    """What a refresh token says: which login session, and how often that was refreshed before this token was given out."""

    session: str
    generation: int


def code_mac(ring: KeyRing, key_id: str, request_id: str, code: str) -> str | None:
    """The keyed hash under which a login code is on file; None: the key has left the ring."""
    key = ring.find(key_id)
    return key.mac(Purpose.CODE, request_id, code) if key is not None else None


def is_right(mac: str, ring: KeyRing, key_id: str, request_id: str, code: str) -> bool:
    """Whether this is the code of that hash. Takes as long for a wrong code as for the right one."""
    return hmac.compare_digest(mac, code_mac(ring, key_id, request_id, code) or "")


def refresh_token(ring: KeyRing, key_id: str, session: str, generation: int) -> str:
    """The refresh token of a session's generation. Raises ValueError if the session's key has left the ring."""
    key = ring.find(key_id)
    if key is None:
        raise ValueError("the key of this login session has left the ring")
    return f"{session}.{generation}.{key_id}.{key.mac(Purpose.REFRESH, session, str(generation))}"


def read_refresh_token(text: str, ring: KeyRing) -> RefreshToken | None:
    """What a refresh token of ours says; None: it is none of ours."""
    parts = text.split(".") if len(text) <= _LONGEST and text.isascii() else []
    if len(parts) != 4 or not parts[1].isdigit() or str(int(parts[1])) != parts[1]:
        return None
    session, generation, key_id, _ = parts
    if ring.find(key_id) is None:
        return None
    expected = refresh_token(ring, key_id, session, int(generation))
    return RefreshToken(session, int(generation)) if hmac.compare_digest(text, expected) else None
