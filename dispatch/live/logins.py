"""Logins of the live server: what the routes of `auth` ask for, done by the journal's thread, with codes sent by a notifier."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from dispatch.config import LoginSettings
from dispatch.config.options import options_of
from dispatch.errors import FrameError, Unavailable
from dispatch.families import Figures
from dispatch.identity.login import AskCode, CodeSent, LoggedIn, LoginRules, ReusedToken
from dispatch.identity.people import principal
from dispatch.identity.tokens import Claims, make_token
from dispatch.live.file import RunsJobs
from dispatch.providers.notify import Notifier, Text
from dispatch.storage.file.key_file import KeyFile
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import logins

T = TypeVar("T")
TEXT: Final = "{code} is your login code. Nobody from us will ever ask you for it."


class LiveLogins:
    """Made by the composition root. Used on the event loop."""

    def __init__(
        self,
        settings: LoginSettings,
        do: RunsJobs,
        keys: KeyFile,
        notifier: Notifier | None,
        now: Callable[[], float],
        on_ended: Callable[[tuple[str, ...]], object],
    ) -> None:
        """
        Args:
            settings: limits and times.
            do: runs a job in the journal's thread.
            keys: what codes and tokens are signed with.
            notifier: sends codes; None: nobody can log in by code.
            now: Unix seconds.
            on_ended: hears of login sessions that ended before their time.
        """
        self._rules = options_of(LoginRules, settings)
        self._token_ttl_s = int(settings.token_ttl_s)
        self._do = do
        self._keys = keys
        self._notifier = notifier
        self._now = now
        self._on_ended = on_ended
        self.begun: Counter[str] = Counter()
        """Login sessions that began by `code`, or went on by `refresh`."""
        self.refused: Counter[str] = Counter()
        """What was refused, by code of the error."""

    def figures(self) -> Figures:
        """For `/metrics`."""
        sent = self._notifier.counts if self._notifier is not None else {}
        return {"dispatch_logins": self.begun, "dispatch_logins_refused": self.refused, "dispatch_texts": sent}

    async def ask_code(self, ask: AskCode) -> CodeSent:
        """Keep a code and have it sent. Raises RateLimited, and Unavailable where nobody sends codes."""
        if self._notifier is None:
            raise Unavailable("this server sends no login codes (notify)")
        sent = await self._counted(partial(logins.ask_code, ask=ask, ring=self._keys.ring(), **self._given()))
        self._notifier.send(Text(sent.phone, TEXT.format(code=sent.code), sent.code, sent.for_nobody))
        return sent

    async def use_code(self, request_id: str, code: str) -> LoggedIn:
        """Begin a login session. Raises WrongCode, CodeExpired, RateLimited."""
        job = partial(logins.use_code, request_id=request_id, code=code, ring=self._keys.ring(), **self._given())
        begun = await self._counted(job)
        self.begun["code"] += 1
        return begun

    async def refresh(self, refresh_token: str) -> LoggedIn:
        """Go on with a login session. Raises BadToken; the session of a token that was used twice has ended then."""
        job = partial(logins.refresh, text=refresh_token, ring=self._keys.ring(), **self._given())
        try:
            goes_on = await self._counted(job)
        except ReusedToken as reused:
            self._on_ended((reused.session,))
            raise
        self.begun["refresh"] += 1
        return goes_on

    async def log_out(self, refresh_token: str) -> None:
        """End the login session of this token."""
        ended = await self._do(partial(logins.log_out, text=refresh_token, ring=self._keys.ring(), now=self._now()))
        self._on_ended(ended)

    def access_token(self, login: LoggedIn) -> str:
        """A token for this person in this role, from now on."""
        now = int(self._now())
        who = principal(login.person.person_id, login.role)
        return make_token(Claims(who, login.session, now, now + self._token_ttl_s), self._keys.ring())

    async def _counted(self, job: Callable[[Writer], T]) -> T:
        """Do it, and count a refusal."""
        try:
            return await self._do(job)
        except FrameError as refusal:
            self.refused[refusal.code] += 1
            raise

    def _given(self) -> dict[str, Any]:
        return {"rules": self._rules, "now": self._now()}
