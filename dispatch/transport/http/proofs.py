"""Who has proved what: access tokens read with the server's keys, but for those of login sessions and people that were revoked."""

from collections.abc import Callable, Iterable
from typing import Final

from dispatch.identity.keys import KeyRing
from dispatch.identity.tokens import BadToken, Claims, read_token

TIDY_AT: Final = 1_000
"""With so many revocations those are looked for whose tokens have ended anyway."""


class Proofs:
    """Reads tokens for all sockets and routes of a process. Revocations live in memory until the tokens would have ended."""

    def __init__(self, ring: Callable[[], KeyRing], now: Callable[[], float], longest_s: float) -> None:
        """
        Args:
            ring: the keys as they are now.
            now: Unix seconds.
            longest_s: no token of ours holds longer.
        """
        self._ring = ring
        self.now = now
        self._longest_s = longest_s
        self._sessions: dict[str, float] = {}
        """Revoked login sessions, and when."""
        self._people: dict[str, float] = {}
        """People whose tokens of before this second are worth nothing."""

    def read(self, token: str) -> Claims:
        """What the token says. Raises TokenExpired, BadToken: also when it was revoked."""
        claims = read_token(token, self._ring(), self.now(), self._longest_s)
        if claims.session in self._sessions or claims.issued_at <= self._people.get(claims.principal.id, -1.0):
            raise BadToken
        return claims

    def revoke(self, *, person_id: str = "", sessions: Iterable[str] = ()) -> None:
        """Believe no token any more that was made for this person so far, or for one of these login sessions."""
        now = self.now()
        if person_id:
            self._people[person_id] = now
        self._sessions.update(dict.fromkeys(filter(None, sessions), now))
        for kept in (self._people, self._sessions):
            if len(kept) > TIDY_AT:
                for name in [name for name, at in kept.items() if at + self._longest_s < now]:
                    del kept[name]
