"""What passenger and driver sessions share: a frame in, a command to an actor; a notice in, a frame out; and what is too much.

Sans-I/O: a session knows neither sockets nor asyncio. Whoever carries its frames calls it and is its `Link`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from msgspec.structs import replace

from dispatch import addresses
from dispatch.errors import BadMessage, FrameError, InternalError, RateLimited, Unavailable
from dispatch.messages.base import Command, Message
from dispatch.messages.commands import Attach, Detach, Resume
from dispatch.messages.notices import Faulted, Refused, Replaced, StreamLife
from dispatch.principals import Principal
from dispatch.timestamps import unix_time
from dispatch.transport import wire
from dispatch.transport.sessions.frames import MakeFrame
from dispatch.transport.sessions.limits import Lapses, TokenBucket

if TYPE_CHECKING:
    from dispatch.transport.sessions.gateway import Gateway

RESTARTING, OVERLOADED, SILENT = 1012, 1013, 4008
REPLACED, TOO_MUCH = 4504, 4508
A_MINUTE_S = 60.0
Handlers = Mapping[type[wire.ClientMessage], Callable[[Any, Any], None]]
"""What a session does with each frame: methods by the type of the frame."""
SUPERSEDED = "superseded"
"""Why a ping or a position is ignored that had to wait until a newer one came."""
RECOVERED_AT = 0.25
"""A connection that was over its rate has recovered when this part of its tokens is back."""


class Link(Protocol):
    """What carries frames to one app."""

    def send(self, message: wire.ServerMessage) -> None:
        """Pass this on; a link that needs bytes encodes it."""

    def close(self, code: int, reason: str = "") -> None:
        """End the connection with a close code."""

    def challenge(self) -> None:
        """The app sends too much: end the connection unless it soon shows that it reads as well."""


class TokensBack(Message, frozen=True, gc=False):
    """Session -> itself, by timer: by now tokens should be back for what had to wait."""


class StillQuiet(Message, frozen=True, gc=False):
    """Memory link -> its session, by timer: the app may have said by now that it resumes."""


class WentSilent(Message, frozen=True, gc=False):
    """Memory link -> its session, by timer: nothing passed for as long as makes a link dead."""


class Session:
    """One connection. Subclasses say what its frames and notices mean, each in a table."""

    incoming: ClassVar[wire.Incoming]
    handlers: ClassVar[Handlers]
    frames: ClassVar[Mapping[type, MakeFrame]]
    patient: ClassVar[tuple[type[wire.ClientMessage], ...]] = (wire.Ping,)
    """What waits for tokens instead of being refused: the latest of each is kept."""

    __slots__ = (
        "_attached", "_bucket", "_gateway", "_lapses", "_link", "_make", "_over_since", "_timer_set", "_waiting",
        "actor", "address", "ended", "last_heard", "number", "principal",
    )  # fmt: skip

    def __init__(self, gateway: Gateway, number: int, principal: Principal, actor: str, link: Link) -> None:
        limits = gateway.limits
        self.principal = principal
        self.number = number
        self.address = addresses.session(number)
        self.actor = actor
        self.ended = False
        self.last_heard = gateway.runtime.now
        self._attached = False
        self._gateway = gateway
        self._make = gateway.frames
        self._link = link
        self._bucket = TokenBucket(limits.messages_per_s, limits.message_burst)
        self._lapses: Lapses | None = None
        self._over_since: float | None = None
        self._timer_set = False
        self._waiting: dict[type[wire.ClientMessage], wire.ClientMessage] = {}

    # -- what the link calls

    def open(self, *, may_resume: bool = False) -> None:
        """Begin: mail for this connection comes here, and the actor hears that it speaks for it now.

        `may_resume`: the actor hears so with the app's first frame, which may be a `resume`; or from `settle`.
        """
        self._gateway.runtime.sink(self.address, self)
        if not may_resume:
            self._attach()

    def settle(self) -> None:
        """The app has had its time to resume. Again, or after its first frame: nothing happens."""
        if not self._attached and not self.ended:
            self._attach()

    def receive(self, data: str | bytes) -> None:
        """One frame as it came. Whatever it is, it is answered and nothing is raised."""
        if self.ended:
            return
        limit = self._gateway.limits.frame_bytes
        if len(data) > limit:
            too_large = BadMessage(f"a frame has at most {limit} bytes, got {len(data)}")
            self._bad_frame(wire.error_frame(too_large))
            return
        message = self.incoming.read(data)
        if isinstance(message, wire.Error):
            self._bad_frame(message)
        else:
            self.on_message(message)

    def on_message(self, message: wire.ClientMessage) -> None:
        """One frame, decoded."""
        if self.ended:
            return
        gateway = self._gateway
        self.last_heard = now = gateway.runtime.now
        gateway.counters.frames_in[type(message)] += 1
        if not (self._attached or type(message) is wire.Resume or self._attach()):
            return
        if not self._bucket.take(now):
            self._too_fast(message, now)
            return
        if self._waiting:
            self._supersede(message)
        try:
            self.handlers[type(message)](self, message)
        except FrameError as error:
            self._refuse(error, message)

    def heard(self) -> None:
        """The app gave a sign of life that is no message: a ping, a pong, a part of a message. It takes a token as a message does."""
        self.last_heard = now = self._gateway.runtime.now
        if not (self._bucket.take(now) or self._is_over_too_long(now)):
            self._look_again(now)

    def closed(self, reason: str = "closed") -> None:
        """The connection is gone: `closed`, or `silent` for too long. Again: nothing happens."""
        if not self.ended:
            self._leave()
            self._say_goodbye(reason)

    # -- what the runtime calls

    def deliver(self, notice: Any) -> None:
        """Mail for this connection."""
        make = self.frames.get(type(notice))
        if make is not None:
            self._send(make(self._make, notice))
            if type(notice) is Refused:
                self._gateway.counters.refused[notice.code] += 1
        else:
            _AFFAIRS[type(notice)](self, notice)

    # -- a frame's way in

    def _handle(self, message: wire.ClientMessage) -> None:
        try:
            self.handlers[type(message)](self, message)
        except FrameError as error:
            self._refuse(error, message)

    def _ping(self, message: wire.Ping) -> None:
        self._send(PONG)
        self._acknowledge(message)

    def _resume(self, message: wire.Resume) -> None:
        """Within a connection the app asks for what it missed; as its first word, instead of hearing how things stand."""
        life = self._gateway.frames.life_of(message.epoch)
        resume = Resume(self.principal, self.number, life, message.last_seq, self._command_of(message))
        if self._attached:
            self._tell(resume)
        else:
            self._attach(resume)

    def _command_of(self, message: wire.ClientMessage) -> Command | None:
        """The app's `id` with a fingerprint of all else that it said; None where it gave no id."""
        if message.id is None:
            return None
        return Command(message.id, zlib.crc32(wire.encode(replace(message, id=None))))

    def _tell(self, command: Message) -> None:
        """Pass it to the actor that this connection speaks for."""
        if not self._gateway.runtime.tell(self.actor, command):
            raise Unavailable

    def _acknowledge(self, message: wire.ClientMessage, ignored_because: str = "") -> None:
        """For what the session settles itself, where the app asked for it with an `id`."""
        if message.id is not None:
            ignored = wire.Ack("ignored", message.id, ignored_because)
            self._send(ignored if ignored_because else wire.Ack("ok", message.id))

    def _runtime_second(self, field: str, text: str) -> float:
        """What the RFC 3339 time in this field is on the runtime's clock."""
        return unix_time(field, text) - self._gateway.frames.wall_zero

    def _refuse(self, error: FrameError, message: wire.ClientMessage) -> None:
        self._send(wire.error_frame(error, message.id, self._ride_of(message)))

    def _ride_of(self, message: wire.ClientMessage) -> str | None:
        """The ride that a frame is about."""
        ride_id: str | None = getattr(message, "ride_id", None)
        return ride_id

    # -- a frame's way out

    def _send(self, message: wire.ServerMessage) -> None:
        if self.ended:
            return
        self._gateway.counters.frames_out[type(message)] += 1
        self._link.send(message)

    # -- too much

    def _bad_frame(self, answer: wire.Error) -> None:
        gateway = self._gateway
        self.last_heard = now = gateway.runtime.now
        gateway.counters.bad_frames += 1
        self.settle()
        self._send(answer)
        if self._lapses is None:
            self._lapses = Lapses(gateway.limits.bad_frames_per_minute, A_MINUTE_S)
        if self._lapses.add(now):
            self._end(TOO_MUCH, "too many bad frames")

    def _too_fast(self, message: wire.ClientMessage, now: float) -> None:
        """There is no token for it: it waits, or is refused. Too long without recovering ends the connection."""
        counters = self._gateway.counters
        if self._is_over_too_long(now):
            return
        if isinstance(message, self.patient):
            self._supersede(message)
            if self._has_reserve(message, now):
                self._handle(message)
            else:
                self._waiting[type(message)] = message
        else:
            counters.rate_limited += 1
            self._refuse(RateLimited(ceil(self._bucket.wait_s(now) * 1000.0)), message)
        self._look_again(now)

    def _has_reserve(self, message: wire.ClientMessage, now: float) -> bool:
        """Whether a message for which there is no token may pass all the same."""
        return False

    def _supersede(self, message: wire.ClientMessage) -> None:
        """A newer one has come of what waits."""
        waited = self._waiting.pop(type(message), None)
        if waited is not None:
            self._gateway.counters.coalesced += 1
            self._acknowledge(waited, SUPERSEDED)

    def _is_over_too_long(self, now: float) -> bool:
        """There was no token. For the first time since the connection recovered, its app has to show that it reads."""
        if self._over_since is None:
            self._over_since = now
            self._link.challenge()
            return False
        return self._was_over_too_long(now)

    def _was_over_too_long(self, now: float) -> bool:
        limit = self._gateway.limits.over_limit_s
        too_long = self._over_since is not None and now - self._over_since >= limit
        if too_long:
            self._end(TOO_MUCH, f"too fast for {limit:g} s")
        return too_long

    def _look_again(self, now: float) -> None:
        if not self._timer_set:
            self._timer_set = True
            delay_s = self._bucket.wait_s(now, self._enough())
            self._gateway.runtime.set_timer(delay_s, self.address, TokensBack())

    def _enough(self) -> float:
        """With so many tokens back it counts as recovered."""
        return max(1.0, self._gateway.limits.message_burst * RECOVERED_AT)

    def _on_tokens_back(self, _: TokensBack) -> None:
        """A ping has its answer only now: an app that waits for it is slowed down, and never over for long."""
        self._timer_set = False
        now = self._gateway.runtime.now
        if self._bucket.holds(now, self._enough()):
            self._over_since = None
            waited, self._waiting = self._waiting, {}
        elif self._was_over_too_long(now):
            return
        else:
            self._look_again(now)
            waited = {kind: self._waiting.pop(kind) for kind in [*self._waiting] if kind is not wire.Ping}
        for message in waited.values():
            self._bucket.take(now)
            self._handle(message)

    # -- the connection itself

    def _attach(self, resume: Resume | None = None) -> bool:
        """From now on this connection speaks for its actor. False: that takes no mail, and the connection is over."""
        self._attached = True
        taken = self._gateway.runtime.tell(self.actor, Attach(self.principal, self.address, self.number, resume))
        if not taken:
            self._send(wire.error_frame(Unavailable()))
            self._end(OVERLOADED, "try again")
        return taken

    def _on_quiet(self, _: StillQuiet) -> None:
        self.settle()

    def _on_stream_life(self, notice: StreamLife) -> None:
        self._make = self._gateway.frames.in_life(notice.life)

    def _on_replaced(self, _: Replaced) -> None:
        self._end(REPLACED, "a newer connection took over", goodbye=None)

    def _on_faulted(self, notice: Faulted) -> None:
        self._send(wire.error_frame(InternalError(notice.error_id)))
        self._end(RESTARTING, "internal error", goodbye=None)

    def _on_silence(self, _: WentSilent) -> None:
        self._end(SILENT, "silent", goodbye="silent")

    def _end(self, code: int, reason: str, goodbye: str | None = "closed") -> None:
        """End it from our side. `goodbye` is what the actor hears; None: it knows already, or is no more."""
        if self.ended:
            return
        self._leave()
        if goodbye is not None:
            self._say_goodbye(goodbye)
        self._gateway.counters.closed[code] += 1
        self._link.close(code, reason)

    def _say_goodbye(self, reason: str) -> None:
        if self._attached:
            self._gateway.runtime.tell(self.actor, Detach(self.principal, self.number, reason))

    def _leave(self) -> None:
        self.ended = True
        self._gateway.runtime.remove_sink(self.address)


PONG = wire.Pong()
_AFFAIRS: dict[type, Callable[[Session, Any], None]] = {
    Replaced: Session._on_replaced,
    Faulted: Session._on_faulted,
    TokensBack: Session._on_tokens_back,
    WentSilent: Session._on_silence,
    StillQuiet: Session._on_quiet,
    StreamLife: Session._on_stream_life,
}
