"""The secret keys of one server. The newest signs; each older one still verifies until all that it signed has ended.

A key is known by its id. A different secret is derived from it for each purpose, so that what was signed for one is worth nothing for
another.
"""

import hmac
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Final

import msgspec

SECRET_BYTES: Final = 32
"""The least that a key has: as many as the hash gives out."""


class Purpose(StrEnum):
    """What a derived secret is for."""

    ACCESS = "access token"
    REFRESH = "refresh token"
    CODE = "login code"


class Key(msgspec.Struct, frozen=True):
    """One key. `made_at`: Unix seconds."""

    id: str
    secret: bytes
    made_at: float

    def secret_for(self, purpose: Purpose) -> bytes:
        """The secret that this key has for this purpose alone."""
        return _derived(self.secret, purpose)

    def mac(self, purpose: Purpose, *parts: str) -> str:
        """The keyed hash of these parts, in hexadecimal. No two lists of parts have the same text to hash."""
        return hmac.digest(self.secret_for(purpose), msgspec.json.encode(parts), sha256).hex()


class KeyRing(msgspec.Struct, frozen=True):
    """The keys of a server, oldest first. There is always at least one."""

    keys: tuple[Key, ...]

    def __post_init__(self) -> None:
        if not self.keys or any(len(key.secret) < SECRET_BYTES for key in self.keys):
            raise ValueError(f"a key ring has at least one key, and each key at least {SECRET_BYTES} bytes")
        if len({key.id for key in self.keys}) < len(self.keys):
            raise ValueError("two keys of the ring have the same id")

    @property
    def current(self) -> Key:
        """The key that signs."""
        return self.keys[-1]

    def find(self, key_id: str) -> Key | None:
        """The key of this id, if it is still in the ring."""
        return next((key for key in self.keys if key.id == key_id), None)

    def rotated(self, new: Key, keep_s: float) -> "KeyRing":
        """The ring in which `new` signs. A key goes once `keep_s` seconds have passed since the one after it was made: what it signed
        has ended by then.
        """
        keys = (*self.keys, new)
        kept = [key for key, after in pairwise(keys) if after.made_at + keep_s > new.made_at]
        return KeyRing((*kept, new))


@lru_cache(64)
def _derived(secret: bytes, purpose: Purpose) -> bytes:
    return hmac.digest(secret, purpose.encode(), sha256)
