"""Logins of the live server: what the routes of `auth` ask for. Codes are made on the event loop and sent by a notifier; the journal's
thread puts them on file with the next login, or a second later, and does all else.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import Context
from functools import partial
from typing import Any, Final

from dispatch import logs
from dispatch.config import LoginSettings
from dispatch.config.options import options_of
from dispatch.errors import DatabaseError, FrameError, Unavailable
from dispatch.identity.login import AskCode, CodeSent, LoggedIn, LoginRules, ReusedToken
from dispatch.identity.people import principal
from dispatch.identity.tokens import Claims, make_token
from dispatch.live.file import RunsJobs
from dispatch.metric_families import Figures
from dispatch.providers.notify import Notifier, Text
from dispatch.storage.file.key_file import KeyFile
from dispatch.storage.people import codes, logins

TEXT: Final = "{code} is your login code. Nobody from us will ever ask you for it."
KEPT_AFTER_S: Final = 1.0
"""A code is put on file at the latest after so long: what a crash may take."""
MOST_WAITING: Final = 100
"""Of more codes than these none waits."""


class LiveLogins:
    """Made by the composition root. Used on the event loop."""

    def __init__(
        self,
        settings: LoginSettings,
        new_codes: codes.NewCodes,
        do: RunsJobs,
        keys: KeyFile,
        notifier: Notifier | None,
        now: Callable[[], float],
        later: Callable[[float, Callable[[], None]], object],
        on_ended: Callable[[tuple[str, ...]], object],
    ) -> None:
        """
        Args:
            settings: limits and times.
            new_codes: makes codes.
            do: runs a job in the journal's thread.
            keys: what codes and tokens are signed with.
            notifier: sends codes; None: nobody can log in by code.
            now: Unix seconds.
            later: calls a function in so many seconds.
            on_ended: hears of login sessions that ended before their time.
        """
        self._rules = options_of(LoginRules, settings)
        self._token_ttl_s = int(settings.token_ttl_s)
        self._codes = new_codes
        self._do = do
        self._keys = keys
        self._notifier = notifier
        self._now = now
        self._later = later
        self._is_to_keep = self._ails = False
        self._keeping: set[asyncio.Task[bool]] = set()
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
        """Make a code and have it sent. It is on file within a second. Raises RateLimited, and Unavailable where nobody sends codes, or
        none can be put on file.
        """
        if self._notifier is None:
            raise Unavailable("this server sends no login codes (notify)")
        with self._counted():
            try:
                sent = self._codes.ask(ask, self._keys.ring(), self._rules, self._now())
            except DatabaseError:
                raise Unavailable from None
            await self._keep_soon()
        self._notifier.send(Text(sent.phone, TEXT.format(code=sent.code), sent.code, sent.for_nobody))
        return sent

    async def use_code(self, request_id: str, code: str) -> LoggedIn:
        """Begin a login session. Raises WrongCode, CodeExpired, RateLimited, Unavailable."""
        new = self._codes.take()
        job = partial(
            logins.use_code, request_id=request_id, code=code, ring=self._keys.ring(), new=new, **self._given()
        )
        with self._counted():
            begun = await self._do(job)
        self.begun["code"] += 1
        return begun

    async def refresh(self, refresh_token: str) -> LoggedIn:
        """Go on with a login session. Raises BadToken; the session of a token that was used twice has ended then."""
        job = partial(logins.refresh, text=refresh_token, ring=self._keys.ring(), **self._given())
        try:
            with self._counted():
                goes_on = await self._do(job)
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

    # -- codes that are not on file yet

    def hand_over(self) -> Awaitable[bool] | None:
        """Have the codes that wait put on file, before whatever the file is given next. Returns whether they are; None: none waits."""
        new = self._codes.take()
        if not new:
            return None
        kept = self._kept(self._do(partial(codes.keep, codes=new)))
        # What is logged of it concerns no request.
        task = asyncio.get_running_loop().create_task(kept, context=Context())
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        return task

    def forget(self, phones: Collection[str]) -> None:
        """Count no codes for these phones, whose codes on file were erased."""
        self._codes.forget(phones)

    async def stop(self) -> None:
        """Put on file what waits."""
        self.hand_over()
        await asyncio.gather(*self._keeping)

    async def _keep_soon(self) -> None:
        """Within a second, while the file can be written. Otherwise now: raises Unavailable, and the code is lost."""
        if self._ails or self._codes.waiting > MOST_WAITING:
            kept = self.hand_over()
            if kept is not None and not await kept:
                raise Unavailable
        elif not self._is_to_keep:
            self._is_to_keep = True
            self._later(KEPT_AFTER_S, self._keep_now)

    def _keep_now(self) -> None:
        self._is_to_keep = False
        self.hand_over()

    async def _kept(self, done: Awaitable[None]) -> bool:
        try:
            await done
        except Unavailable:
            if not self._ails:
                logs.log.error("login codes were lost, and until the file can be written nobody gets one")
            self._ails = True
        else:
            self._ails = False
        return not self._ails

    # -- counts

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count what is refused inside."""
        try:
            yield
        except FrameError as refusal:
            self.refused[refusal.code] += 1
            raise

    def _given(self) -> dict[str, Any]:
        return {"rules": self._rules, "now": self._now()}
