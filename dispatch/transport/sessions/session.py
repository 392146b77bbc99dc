"""What all sessions do: turn frames into commands to an actor, turn notices into frames, and enforce limits.

A session does no I/O: a `Link` calls it with frames and carries its answers.
"""

import zlib
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, ClassVar, Protocol

from msgspec.structs import replace

from dispatch import addresses
from dispatch.errors import BadMessage, FrameError, InternalError, RateLimited, Unavailable
from dispatch.identity.tokens import Claims, NotYou
from dispatch.ids import DriverId, Number, RideId
from dispatch.messages.base import Command, Message, Undelivered
from dispatch.messages.commands import Attach, Detach, Request, Resume
from dispatch.messages.notices import CutOff, Faulted, Refused, Replaced
from dispatch.principals import Principal
from dispatch.transport import wire
from dispatch.transport.sessions.context import SessionContext
from dispatch.transport.sessions.frames import MakeFrame
from dispatch.transport.sessions.limits import FailureWindow, TokenBucket
from dispatch.words import LinkEnd, PositionVerdict, Result

RESTARTING, OVERLOADED, SILENT = 1012, 1013, 4008
REPLACED, TOO_MUCH = 4504, 4508
TOKEN_ENDED, NOT_PROVED = 4001, 4501
WARN_BEFORE_S = 60.0
"""An app hears so long before that its token ends."""
LOOK_AGAIN_S = 1.0
"""Whether the ride is over for which a socket outlives its token."""
A_MINUTE_S = 60.0
FrameHandler = Callable[[Any, Any], Request | None]
"""Takes a session and a frame. Returns the command for the session's actor; None: the session has done all itself."""
CLOSED, WAS_SILENT = LinkEnd.CLOSED, LinkEnd.SILENT
SUPERSEDED = PositionVerdict.SUPERSEDED
OK, IGNORED = Result.OK, Result.IGNORED
OVER_LIMIT_S = 10.0
"""A connection that stays over its rate this long is closed."""
RECOVERED_AT = 0.25
"""A connection that was over its rate has recovered once this share of its tokens is back."""


class Link(Protocol):
    """What carries frames to one app."""

    def send(self, message: wire.ServerMessage) -> None:
        """Send one frame. A link that needs bytes encodes it."""

    def close(self, code: int, reason: str = "") -> None:
        """End the connection with a close code."""

    def challenge(self) -> None:
        """The app sends too much: end the connection unless the app soon shows that it also reads."""


class TokensBack(Message, frozen=True, gc=False):
    """Session -> itself, by timer: there should be tokens now for the frames that wait."""


class StillQuiet(Message, frozen=True, gc=False):
    """Memory link -> its session, by timer: the app has had its time to resume."""


class TokenLooks(Message, frozen=True, gc=False):
    """Session -> itself, by timer: its access token ends soon, or has ended."""


class WentSilent(Message, frozen=True, gc=False):
    """Memory link -> its session, by timer: nothing came for `dead_after` seconds."""


class Session:
    """One connection of one principal. Subclasses have two tables: what each frame asks for, and which frame each notice becomes."""

    incoming: ClassVar[wire.Incoming]
    handlers: ClassVar[Mapping[type[wire.ClientMessage], FrameHandler]]
    frames: ClassVar[Mapping[type, MakeFrame]]
    patient: ClassVar[tuple[type[wire.ClientMessage], ...]] = (wire.Ping,)
    """Frames that wait for a token instead of being refused. Only the latest of each type waits."""

    __slots__ = (
        "_attached",
        "_bucket",
        "_context",
        "_failures",
        "_link",
        "_over_since",
        "_reserve",
        "_timer_set",
        "_waiting",
        "_warned",
        "actor",
        "address",
        "claims",
        "ended",
        "last_heard",
        "number",
        "principal",
        "ride_id",
    )  # fmt: skip

    def __init__(
        self,
        context: SessionContext,
        number: Number,
        principal: Principal,
        actor: str | None,
        link: Link,
        ride_id: RideId | None = None,
    ) -> None:
        """
        Args:
            context: what it shares with the other sessions.
            number: higher than that of every session before.
            principal: who speaks.
            actor: the address that the connection speaks for; None: for no single one.
            link: carries the frames.
            ride_id: the ride that every frame is about; None: a frame names its ride itself, if it is about one.
        """
        settings = context.settings
        self.number = number
        self.principal = principal
        self.address = addresses.session(number)
        self.actor = actor
        self.ride_id = ride_id
        self.claims: Claims | None = None
        """What the speaker has proved; None: nobody has to."""
        self.ended = self._warned = False
        self.last_heard = context.runtime.now
        self._attached = False
        self._context = context
        self._link = link
        self._bucket = TokenBucket(settings.messages_per_s, settings.message_burst)
        self._failures: FailureWindow | None = None
        self._over_since: float | None = None
        self._reserve: TokenBucket | None = None
        self._timer_set = False
        self._waiting: dict[type[wire.ClientMessage], wire.ClientMessage] | None = None

    # -- what the link calls

    def open(self, *, may_resume: bool = False) -> None:
        """Begin to take mail for this connection, and tell the actor that the connection speaks for it.

        `may_resume`: tell the actor only with the app's first frame, which may be a `resume`, or in `settle`.
        """
        context = self._context
        context.runtime.sink(self.address, self)
        if self.claims is not None:
            context.proved[self.number] = self
            self._look_at_token(self.claims)
        if not may_resume:
            self._attach()

    def settle(self) -> None:
        """Tell the actor that the connection speaks for it, if that was not done yet: the app has had its time to resume."""
        if not self._attached and not self.ended:
            self._attach()

    def receive(self, data: str | bytes) -> None:
        """Take one frame as it came. A bad one is answered with an error; nothing is raised."""
        if self.ended:
            return
        limit = self._context.settings.frame_bytes
        if len(data) > limit:
            self._bad_frame(wire.error_frame(BadMessage(f"a frame has at most {limit} bytes, got {len(data)}")))
            return
        try:
            message = self.incoming.decode(data if isinstance(data, str) else data.decode())
        except wire.UNDECODABLE:
            unusual = self.incoming.read(data)
            if isinstance(unusual, wire.Refused):
                self._bad_frame(unusual)
                return
            message = unusual
        self.on_message(message)

    def on_message(self, message: wire.ClientMessage) -> None:
        """Take one decoded frame."""
        if not self._attached and type(message) is not wire.Resume:
            self.settle()
        if self.ended:
            return
        context = self._context
        self.last_heard = now = context.runtime.now
        context.counters.frames_in[type(message)] += 1
        if not self._bucket.take(now):
            self._too_fast(message, now)
            return
        if self._waiting:
            self._supersede(message)
        self._handle(message)

    def heard(self) -> None:
        """Take a sign of life that is no frame: a WebSocket ping or pong, or a part of a frame. It costs a token as a frame does."""
        self.last_heard = now = self._context.runtime.now
        if not (self._bucket.take(now) or self._is_over_too_long(now)):
            self._look_again(now)

    def closed(self, reason: LinkEnd = CLOSED) -> None:
        """The connection is gone, `closed` or `silent` for too long. Calling it again does nothing."""
        if not self.ended:
            self._leave()
            self._detach(reason)

    # -- what the runtime calls

    def deliver(self, notice: Any) -> None:
        """Mail for this connection."""
        make = self.frames.get(type(notice))
        if make is None:
            _AFFAIRS[type(notice)](self, notice)
        elif not self.ended:
            context = self._context
            frame, counters = make(context.frames, notice), context.counters
            counters.frames_out[type(frame)] += 1
            if type(notice) is Refused:
                counters.refused[notice.code] += 1
            self._link.send(frame)

    # -- a frame's way in

    def _handle(self, message: wire.ClientMessage) -> None:
        """Do what the frame asks, or tell the actor to."""
        try:
            request = self.handlers[type(message)](self, message)
        except FrameError as error:
            self._refuse(error, message)
        else:
            if request is not None:
                self._pass_on(request, message)

    def _pass_on(self, request: Request, message: wire.ClientMessage) -> None:
        """Tell the actor what the frame asks for."""
        if self.actor is not None:
            self._context.runtime.tell(self.actor, request, self.address)

    def _ping(self, message: wire.Ping) -> None:
        self._send(PONG)
        self._acknowledge(message)

    def _resume(self, message: wire.Resume) -> Request | None:
        """Ask the actor for what the app missed. As the first frame it comes with the `Attach`, and no snapshot is sent before."""
        resume = Resume(self.principal, self.number, message.epoch, message.last_seq, command_of(message))
        if self._attached:
            return resume
        self._attach(resume)
        return None

    def _acknowledge(self, message: wire.ClientMessage, ignored_because: str = "") -> None:
        """Answer `ack` to a frame with an `id` that the session has settled itself."""
        if message.id is not None:
            ignored = wire.Ack(IGNORED, message.id, ignored_because)
            self._send(ignored if ignored_because else wire.Ack(OK, message.id))

    def _refuse(self, error: FrameError, message: wire.ClientMessage) -> None:
        self._send(wire.error_frame(error, message.id, self.ride_id or getattr(message, "ride_id", None)))

    # -- a frame's way out

    def _send(self, message: wire.ServerMessage) -> None:
        """Send a frame that comes of no notice."""
        if not self.ended:
            self._context.counters.frames_out[type(message)] += 1
            self._link.send(message)

    # -- too much

    def _bad_frame(self, answer: wire.Refused) -> None:
        context = self._context
        self.last_heard = now = context.runtime.now
        context.counters.bad_frames += 1
        self.settle()
        self._send(answer)
        if self._failures is None:
            self._failures = FailureWindow(context.settings.bad_frames_per_minute, A_MINUTE_S)
        if self._failures.add(now):
            self._end(TOO_MUCH, "too many bad frames")

    def _too_fast(self, message: wire.ClientMessage, now: float) -> None:
        """There is no token for this frame: it waits, or is refused. Too long without recovery ends the connection."""
        if self._is_over_too_long(now):
            return
        if isinstance(message, self.patient):
            self._supersede(message)
            if self._has_reserve(message, now):
                self._handle(message)
            else:
                self._waiting = {**(self._waiting or {}), type(message): message}
        else:
            self._context.counters.rate_limited += 1
            self._refuse(RateLimited(ceil(self._bucket.wait_s(now) * 1000.0)), message)
        self._look_again(now)

    def _has_reserve(self, message: wire.ClientMessage, now: float) -> bool:
        """After a tunnel a phone sends all the positions that it kept: up to `kept_positions` a minute pass beyond the rate."""
        most = self._context.settings.kept_positions
        if type(message) is not wire.LocationUpdate or not most:
            return False
        if self._reserve is None:
            self._reserve = TokenBucket(most / A_MINUTE_S, most)
        return self._reserve.take(now)

    def _supersede(self, message: wire.ClientMessage) -> None:
        """Drop the waiting frame of this type, since a newer one came."""
        waited = self._waiting.pop(type(message), None) if self._waiting else None
        if waited is not None:
            self._context.counters.coalesced += 1
            self._acknowledge(waited, SUPERSEDED)

    def _is_over_too_long(self, now: float) -> bool:
        """There was no token. Return whether that has been so for too long. The first time the app is challenged."""
        if self._over_since is None:
            self._over_since = now
            self._link.challenge()
            return False
        return self._was_over_too_long(now)

    def _was_over_too_long(self, now: float) -> bool:
        too_long = self._over_since is not None and now - self._over_since >= OVER_LIMIT_S
        if too_long:
            self._end(TOO_MUCH, f"too fast for {OVER_LIMIT_S:g} s")
        return too_long

    def _look_again(self, now: float) -> None:
        if not self._timer_set:
            self._timer_set = True
            delay_s = self._bucket.wait_s(now, self._enough())
            self._context.runtime.set_timer(delay_s, self.address, TokensBack())

    def _enough(self) -> float:
        """The tokens with which a connection counts as recovered."""
        return max(1.0, self._context.settings.message_burst * RECOVERED_AT)

    def _on_tokens_back(self, _: TokensBack) -> None:
        """Handle the frames that waited. A ping waits for recovery, which slows down an app that waits for its pong."""
        self._timer_set = False
        now = self._context.runtime.now
        if self._bucket.holds(now, self._enough()):
            self._over_since = None
            waited, self._waiting = self._waiting or {}, None
        elif self._was_over_too_long(now):
            return
        else:
            self._look_again(now)
            held = self._waiting or {}
            waited = {kind: held.pop(kind) for kind in [*held] if kind is not wire.Ping}
        for message in waited.values():
            self._bucket.take(now)
            self._handle(message)

    # -- who speaks

    def _authenticate(self, message: wire.Authenticate) -> None:
        """Go on with a newer token of the same person in the same role. Raises BadToken, NotYou."""
        proofs, before = self._context.proofs, self.claims
        if before is not None and proofs is not None:
            claims = proofs.read(message.token)
            if (claims.principal.role, claims.principal.id) != (before.principal.role, before.principal.id):
                raise NotYou
            if claims.ends_at >= before.ends_at:
                self.claims, self._warned = claims, False
        self._send(wire.Ack(OK, message.id))

    def _look_at_token(self, claims: Claims) -> None:
        """Look at the token again when the app should hear that it ends, then when it has ended."""
        runtime = self._context.runtime
        left_s = claims.ends_at - runtime.now
        until_then_s = left_s if self._warned else max(0.0, left_s - WARN_BEFORE_S)
        delay_s = until_then_s if left_s > 0.0 else LOOK_AGAIN_S
        runtime.set_timer(delay_s, self.address, TokenLooks())

    def _on_token_looks(self, _: TokenLooks) -> None:
        claims, context = self.claims, self._context
        if self.ended or claims is None:
            return
        left_s = claims.ends_at - context.runtime.now
        if left_s <= 0.0 and not self._is_needed():
            self._end(TOKEN_ENDED, "the access token has ended")
            return
        if left_s <= WARN_BEFORE_S and not self._warned:
            self._warned = True
            self._send(wire.TokenExpiring(max(0, round(left_s * 1000.0))))
        self._look_at_token(claims)

    def _is_needed(self) -> bool:
        """Whether the socket must outlive its token, because a ride that it is for goes on."""
        return False

    def revoked(self) -> None:
        """End the connection: what its speaker has proved is worth nothing any more."""
        self._end(NOT_PROVED, "logged out", LinkEnd.LOGGED_OUT)

    # -- the connection itself

    def _attach(self, resume: Resume | None = None) -> None:
        """Tell the actor that this connection speaks for it."""
        self._attached = True
        if self.actor is not None:
            attach = Attach(self.principal, self.address, self.number, resume)
            self._context.runtime.tell(self.actor, attach, self.address)

    def _on_undelivered(self, returned: Undelivered) -> None:
        """The actor takes no mail: nothing was done. Without an actor that speaks to it the connection is of no use, and ends."""
        request = returned.message
        if isinstance(request, Attach):
            self._send(wire.error_frame(Unavailable()))
            self._end(OVERLOADED, "try again")
        else:
            named = getattr(request, "command", request)
            frame_id = named.id if named is not None else None
            self._send(wire.error_frame(Unavailable(), frame_id, self.ride_id or getattr(request, "ride_id", None)))

    def _detach(self, reason: LinkEnd) -> None:
        """Tell the actor that this connection is gone."""
        if self._attached and self.actor is not None:
            self._context.runtime.tell(self.actor, Detach(self.principal, self.number, reason))

    def _on_faulted(self, notice: Faulted) -> None:
        self._send(wire.error_frame(InternalError(notice.error_id)))
        self._end(RESTARTING, "internal error", told=None)

    def _on_cut_off(self, notice: CutOff) -> None:
        if notice.for_good:
            self._end(NOT_PROVED, "removed", LinkEnd.LOGGED_OUT)
        else:
            self._end(RESTARTING, "come back")

    def _end(self, code: int, reason: str, told: LinkEnd | None = CLOSED) -> None:
        """End the connection. `told`: the reason that the actor hears; None: it knows already, or is gone."""
        if self.ended:
            return
        self._leave()
        if told is not None:
            self._detach(told)
        self._context.counters.closed[code] += 1
        self._link.close(code, reason)

    def _leave(self) -> None:
        self.ended = True
        self._context.runtime.remove_sink(self.address)
        if self.claims is not None:
            self._context.proved.pop(self.number, None)


PONG = wire.Pong()
_AFFAIRS: dict[type, Callable[[Session, Any], None]] = {
    Replaced: lambda session, _: session._end(REPLACED, "a newer connection took over", told=None),
    Faulted: Session._on_faulted,
    CutOff: Session._on_cut_off,
    Undelivered: Session._on_undelivered,
    TokensBack: Session._on_tokens_back,
    TokenLooks: Session._on_token_looks,
    WentSilent: lambda session, _: session._end(SILENT, "silent", told=WAS_SILENT),
    StillQuiet: lambda session, _: session.settle(),
}


def command_of(message: wire.ClientMessage, driver_id: DriverId | None = None) -> Command | None:
    """The idempotency key: the app's `id`, with a fingerprint of the other fields. None: no id. `driver_id`: of a driver's app."""
    if message.id is None:
        return None
    return Command(message.id, zlib.crc32(wire.encode(replace(message, id=None))), driver_id)


def request_of(message: wire.ClientMessage, principal: Principal, **known: Any) -> Request:
    """The command that the frame asks for: what is `known`, and its own fields of the same name wherever the app has said something."""
    kind = type(message)
    names = _SHARED.get(kind)
    if names is None:
        shared = {*kind.__struct_fields__} & {*kind.asks.__struct_fields__}
        names = _SHARED[kind] = tuple(name for name in kind.asks.__struct_fields__ if name in shared)
    known["principal"] = principal
    for name in names:
        said = getattr(message, name)
        if said is not None:
            known[name] = said
    return message.asks(**known)


_SHARED: dict[type[wire.ClientMessage], tuple[str, ...]] = {}
"""Of each frame that became a command: its fields of which the command has one of the same name."""
