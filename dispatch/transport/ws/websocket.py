"""One WebSocket of an app: bytes to frames to its session and back, nothing ever awaited. Made by `front` from an upgraded connection.

It drives the sans-I/O `ServerProtocol` of websockets, which answers the handshake, checks every frame and answers pings: a socket has
no task, no queue and no timer of its own. This is the only server module that imports websockets.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import cast

from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import StatusLike, Subprotocol

from dispatch.trail import REQUEST_ID
from dispatch.transport import wire
from dispatch.transport.http import problem
from dispatch.transport.http.admission import NOT_PROVED, Admitted, HttpRequest, Turned
from dispatch.transport.http.paths import DRIVER, OPS, RIDE, RequestRefusal
from dispatch.transport.sessions.limits import FloodMeter
from dispatch.transport.sessions.session import Session
from dispatch.transport.wire import frame_log
from dispatch.transport.ws.edge import SocketEdge, address_of
from dispatch.transport.ws.outbox import Outbox
from dispatch.words import LinkEnd, Result

TEXT, CLOSE = Opcode.TEXT, Opcode.CLOSE
DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
SUBPROTOCOL = Subprotocol("dispatch.v1")
LATEST_WINS = frozenset({wire.Pong, wire.DriverLocation})
"""Messages of which a slow reader gets only the newest."""
TOLD_A_LOOK, TOLD_FAST_S = 10, 2.5
"""Whoever is told so many messages within so many seconds is asked for a sign that they are read."""
SHARED = frozenset({wire.Board, wire.BoardChanged, wire.BoardMoved})
"""Messages that many connections get at once, each the same."""
MAX_FRAGMENTS = 16
MAX_REASON_BYTES = 123
TRICKLE_BYTES = 256
"""A piece shorter than this that completes no frame counts as one: it costs as much."""
READS_TOO_SLOWLY = 4009
SILENT = 4008
TOO_MUCH = 4508
OK = Result.OK

WRITE_HIGH_BYTES, WRITE_LOW_BYTES = 16_384, 4_096
"""Above the first, nothing more should be written and nothing more is read; below the second, both go on."""
SLICE_BYTES = 1024
"""So much is taken in at once."""
FRAMES_A_TURN = 64
"""Then the other connections have their turn."""

log = logging.getLogger(__name__)
_protocol_log = logging.getLogger(__name__ + ".protocol")
_protocol_log.setLevel(logging.WARNING)  # says `connection open` at INFO, for each


class _AppProtocol(ServerProtocol):
    """The sans-I/O protocol of one app. The app may offer our subprotocol, another one or none."""

    def select_subprotocol(self, subprotocols: Sequence[Subprotocol]) -> Subprotocol | None:
        return SUBPROTOCOL if SUBPROTOCOL in subprotocols else None

    def reject(
        self, status: StatusLike, text: str, code: str = "", headers: Mapping[str, str] | None = None
    ) -> Response:
        """Refuse a handshake in the shape that all HTTP errors have."""
        response = super().reject(status, problem.body(int(status), text.strip(), code).decode())
        del response.headers["Content-Type"]
        response.headers.update({"Content-Type": problem.MEDIA_TYPE, **(headers or {})})
        return response

    def let_go(self) -> None:
        """Break the protocol's reference cycles, so that its memory is freed without a collection."""
        self.parser.close()
        if self.parser_exc is not None:
            self.parser_exc.__traceback__ = None


class DispatchConnection(asyncio.Protocol):
    """An asyncio protocol below, a `Link` above: sessions `send` and `close`, the edge pings, drains and cuts off."""

    __slots__ = (
        "_admitted",
        "_close_code",
        "_close_reason",
        "_deaf",
        "_edge",
        "_fragments",
        "_ident",
        "_kind",
        "_meter",
        "_name",
        "_opened_at",
        "_outbox",
        "_protocol",
        "_session",
        "_told",
        "_told_since",
        "_transport",
        "_turn_booked",
        "_unread",
        "_untaken",
        "_write_paused",
        "pinged_at",
    )

    def __init__(self, edge: SocketEdge) -> None:
        self._edge = edge
        self._transport: asyncio.Transport
        self._unread = b""
        self._untaken = 0
        self._turn_booked = self._write_paused = self._deaf = False
        self._protocol = _AppProtocol(max_size=edge.settings.frame_bytes, logger=_protocol_log)
        self._session: Session | None = None
        self._admitted: Admitted | None = None
        self._meter = FloodMeter(edge.flood_limits, edge.clock)
        self._kind = self._ident = self._close_reason = ""
        self._name = edge.names.next()
        self._opened_at = 0.0
        self._fragments: list[Frame] | None = None
        self._outbox: Outbox | None = None
        self._close_code: int | None = None
        self._told, self._told_since = 0, 0.0
        self.pinged_at = 0.0

    # -- the link that sessions hold

    def send(self, message: wire.ServerMessage) -> None:
        """Send at once if the app keeps up. Otherwise the frame waits in the outbox, and an app whose outbox is full is cut off."""
        if self._close_code is not None:
            return
        protocol, edge = self._protocol, self._edge
        frame = edge.encoded(message) if type(message) in SHARED else wire.encode(message)
        if edge.log_frames:
            frame_log.tell("out", self._named(), frame)
        elif type(message) is wire.Refused and log.isEnabledFor(logging.INFO):
            log.info("an app was told an error", extra={**self._named(), **frame_log.shown(frame)})
        if self._write_paused:
            self._hold_back(type(message), frame)
        elif protocol.state is State.OPEN:
            # Otherwise the app's Close came in one piece with the frame that is answered here.
            counters = edge.counters
            counters.frames_out += 1
            counters.bytes_out += len(frame)
            protocol.send_text(frame)
            for data in protocol.data_to_send():
                self._transport.write(data)
            self._told += 1
            if self._told == TOLD_A_LOOK:
                self._look_whether_it_reads()

    def _look_whether_it_reads(self) -> None:
        """An app that is told much within a short time has to show that it reads: the system keeps megabytes for one that does not. A
        desk is told much all the time, and its board says how slow it may be.
        """
        now = self._edge.clock()
        if now - self._told_since < TOLD_FAST_S and self._kind != OPS:
            self.challenge()
        self._told, self._told_since = 0, now

    def _hold_back(self, kind: type[wire.ServerMessage], frame: bytes) -> None:
        outbox = self._outbox
        if outbox is None:
            settings = self._edge.settings
            most_bytes = settings.desk_buffer_bytes if self._kind == OPS else settings.outbox_bytes
            outbox = self._outbox = Outbox(settings.outbox_messages, most_bytes)
        latest_of = kind if kind in LATEST_WINS else None
        if not outbox.put(frame, latest_of) and latest_of is None:
            self.cut_off()

    def close(self, code: int, reason: str = "") -> None:
        """Send a Close frame and end the session. An app that does not end the connection soon is cut off."""
        if self._close_code is not None:
            return
        self._close_code, self._close_reason = int(code), reason
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore"))
            self._flush()
        self._edge.lingering.start(self._transport)
        self._leave()

    def challenge(self) -> None:
        """Ping an app that sends too much, and cut it off unless its pong comes within the stall limit.

        If the app has something to read, the stall limit runs already.
        """
        if self._close_code is None and not self._write_paused:
            self.ping()
            self._edge.challenged.start(self)

    # -- what the edge's deadlines see and do

    @property
    def last_heard(self) -> float | None:
        """The second when the session last heard its app. None: there is no session to watch."""
        return self._session.last_heard if self._session is not None else None

    def ping(self) -> None:
        """Ask the app for a sign of life, unless it has yet to read what was sent before."""
        if not self._write_paused:
            self._protocol.send_ping(b"")
            self._flush()

    def silent(self) -> None:
        """The app has not been heard for too long: close, and say so to the session."""
        self._leave(LinkEnd.SILENT)
        self.close(SILENT, "nothing heard from you; reconnect")

    def cut_off(self) -> None:
        """The app reads too slowly: end the connection at once, for a Close frame would only wait behind the rest."""
        if self._close_code is None:
            self._close_code, self._close_reason = READS_TOO_SLOWLY, "reads too slowly"
        self._transport.abort()

    def stalls(self) -> None:
        """What was to be read was not all taken in time. A desk's board may take longer, as long as some of it is taken."""
        left = self._transport.get_write_buffer_size()
        if self._kind == OPS and left < self._untaken:
            self._untaken = left
            self._edge.stalled.start(self)
        else:
            self.cut_off()

    def cut_off_if_flooded(self) -> None:
        """`cut_off` when even the write buffer has grown beyond its limit."""
        settings = self._edge.settings
        most_bytes = settings.desk_buffer_bytes if self._kind == OPS else settings.write_buffer_bytes
        if self._transport.get_write_buffer_size() > most_bytes:
            self.cut_off()

    # -- the transport's events

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(WRITE_HIGH_BYTES, WRITE_LOW_BYTES)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if not self._unread and len(data) <= SLICE_BYTES:
            self._feed(data)
        else:
            self._unread += data
            self._book_turn()

    def eof_received(self) -> None:
        unread, self._unread = self._unread, b""
        for start in range(0, len(unread), SLICE_BYTES):
            if self._deaf:
                break
            self._feed(unread[start : start + SLICE_BYTES])
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.turn_deaf()
        edge, protocol = self._edge, self._protocol
        edge.forget(self)
        edge.forget(self._transport)
        protocol.receive_eof()
        if self._close_code is None:
            said = protocol.close_sent or protocol.close_rcvd
            self._close_code = int(said.code if said is not None else CloseCode.ABNORMAL_CLOSURE)
        if self in edge.sockets:
            del edge.sockets[self]
            if self._admitted is not None:
                edge.leaves(self._admitted)
            edge.counters.open[self._kind] -= 1
            edge.counters.closes[self._close_code] += 1
            lasted_s = round(edge.clock() - self._opened_at, 1)
            told = {"code": self._close_code, "reason": self._close_reason, "seconds": lasted_s}
            log.info("disconnected", extra={**self._named(), **told})
        protocol.let_go()
        del self._protocol
        self._leave()

    def pause_writing(self) -> None:
        """The write buffer is full."""
        self._write_paused = True
        self._untaken = self._transport.get_write_buffer_size()
        self._edge.stalled.start(self)
        self._steer_reading()

    def resume_writing(self) -> None:
        """The write buffer has room again: send what waited in the outbox, until the buffer is full again."""
        self._write_paused = False
        edge, protocol = self._edge, self._protocol
        edge.stalled.cancel(self)
        while self._outbox and not self._write_paused and self._close_code is None and protocol.state is State.OPEN:
            frame = self._outbox.take()
            edge.counters.frames_out += 1
            edge.counters.bytes_out += len(frame)
            protocol.send_text(frame)
            self._flush()
        self._book_turn()
        self._steer_reading()

    # -- reading: in slices, so that no app keeps others waiting; and nothing is read from an app that does not read

    def turn_deaf(self) -> None:
        """Read nothing more, and drop what was not read yet."""
        self._deaf = True
        self._unread = b""
        self._transport.pause_reading()

    def _read_turn(self) -> None:
        """Feed what came, up to FRAMES_A_TURN frames; the rest waits for the next turn."""
        self._turn_booked = False
        if self._deaf:
            return
        frames = 0
        while self._unread and frames < FRAMES_A_TURN and not self._write_paused:
            data, self._unread = self._unread[:SLICE_BYTES], self._unread[SLICE_BYTES:]
            frames += self._feed(data)
        self._book_turn()
        self._steer_reading()

    def _book_turn(self) -> None:
        if self._unread and not self._write_paused and not self._turn_booked:
            self._turn_booked = True
            asyncio.get_running_loop().call_soon(self._read_turn)

    def _steer_reading(self) -> None:
        """Pause or resume reading: nothing is read while data waits to be fed, or to be written."""
        if self._unread or self._write_paused or self._deaf:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _feed(self, data: bytes) -> int:
        """Take in `data`, at most SLICE_BYTES. Returns how many frames were in it."""
        protocol = self._protocol
        self._edge.counters.bytes_in += len(data)
        protocol.receive_data(data)
        events = protocol.events_received()
        if self._meter.floods(len(events) or len(data) < TRICKLE_BYTES, len(data)):
            self._cut_flood()
            return len(events)
        for event in events:
            if isinstance(event, Frame):
                self._on_frame(event)
            else:
                self._on_request(cast(Request, event))
        if protocol.writes:
            self._flush()
        return len(events)

    def _cut_flood(self) -> None:
        """Close a flood with 4508 and read nothing more of it."""
        limits = self._edge.flood_limits
        self.close(TOO_MUCH, f"more than {limits.frames} frames or {limits.bytes} bytes within a second")
        self._edge.flooding.start(self._transport)
        self.turn_deaf()

    def _on_frame(self, frame: Frame) -> None:
        session, opcode, data = self._session, frame.opcode, frame.data
        if session is None:
            self._on_first_frame(frame)
            return
        edge = self._edge
        edge.read_runtime_clock()
        if opcode not in DATA:
            self._on_control(session, frame)
            return
        if not frame.fin or self._fragments is not None:
            whole = self._joined(session, frame)
            if whole is None:
                return
            opcode, data = whole
        edge.counters.frames_in += 1
        if edge.log_frames:
            frame_log.tell("in", self._named(), bytes(data))
        try:
            session.receive(bytes(data).decode() if opcode is TEXT else bytes(data))
        except UnicodeDecodeError as error:
            self._fail(CloseCode.INVALID_DATA, f"{error.reason} at position {error.start}")
        except Exception:
            log.exception("a session failed on a frame; its socket is closed", extra=self._named())
            self.close(CloseCode.INTERNAL_ERROR)

    def _on_control(self, session: Session, frame: Frame) -> None:
        if frame.opcode is CLOSE:
            self._on_close(Close.parse(frame.data))
            return
        if frame.opcode is Opcode.PONG:
            self._edge.challenged.cancel(self)
        session.heard()

    def _joined(self, session: Session, frame: Frame) -> tuple[Opcode, bytes] | None:
        """The message that ends with this fragment; None: more of it is to come."""
        fragments = self._fragments = [*(self._fragments or ()), frame]
        if frame.fin:
            self._fragments = None
            return fragments[0].opcode, b"".join([fragment.data for fragment in fragments])
        session.heard()
        if len(fragments) >= MAX_FRAGMENTS:
            self._fail(CloseCode.MESSAGE_TOO_BIG, f"more than {MAX_FRAGMENTS} fragments")
        return None

    def _on_close(self, said: Close) -> None:
        """The app sent Close. The protocol has its answer ready, and `_flush` ends the connection behind it."""
        self._close_code, self._close_reason = int(said.code), said.reason
        self._edge.lingering.start(self._transport)
        self._leave()

    # -- writing

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._end_of_stream()

    def _end_of_stream(self) -> None:
        """Everything is sent. Close the connection if a Close frame was exchanged; otherwise only our side of it."""
        if self._close_code is None:
            self._edge.lingering.start(self._transport)
            self._leave()
        if self._close_code is not None or not self._transport.can_write_eof():
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.write_eof()

    def _fail(self, code: CloseCode, reason: str) -> None:
        self._protocol.fail(code, reason)
        self._flush()

    # -- beginning and end

    def _on_request(self, request: Request) -> None:
        """Answer the opening handshake."""
        path, _, query = request.path.partition("?")
        headers = request.headers
        admitted = self._edge.admit(HttpRequest(path, query, headers.get_all, self._peer(), names=headers.keys))
        if isinstance(admitted, RequestRefusal):
            named = {**admitted.headers, REQUEST_ID: self._name}
            response = self._protocol.reject(admitted.status, str(admitted), admitted.code, named)
            why: Exception | None = admitted
        else:
            response = self._protocol.accept(request)
            why = self._protocol.handshake_exc
        status = response.status_code
        self._edge.counters.handshakes[status] += 1
        self._protocol.send_response(response)
        self._flush()
        if isinstance(admitted, Admitted) and why is None:
            self._open(admitted)
        elif isinstance(admitted, Turned) and why is None:
            told = {"connection": self._name, "code": admitted.code, "client": self._client()}
            log.info("a handshake was turned away", extra=told)
            self.close(*admitted)
        else:
            refused = {"path": path[:MAX_REASON_BYTES], "status": status, "why": str(why), "connection": self._name}
            log.info("a handshake was refused", extra={**refused, "client": self._client()})

    def _open(self, admitted: Admitted) -> None:
        edge = self._edge
        self._admitted = admitted
        self._kind, self._ident = admitted.at
        self._opened_at = edge.clock()
        edge.sockets[self] = self._transport
        edge.counters.open[self._kind] += 1
        edge.arrives(admitted)
        log.info("connected", extra={**self._named(), "client": self._client()})
        if admitted.principal is None:
            edge.strangers.start(self)
        else:
            self._begin(admitted)

    def _begin(self, admitted: Admitted) -> None:
        """It is known who speaks."""
        edge = self._edge
        turned = edge.enters(admitted)
        self._admitted = admitted
        if turned is not None:
            self.close(*turned)
            return
        edge.read_runtime_clock()
        try:
            self._session = session = edge.session(admitted, self)
            session.open(may_resume=True)
            edge.newcomers.start(session)
        except Exception:
            log.exception("a session could not be opened; its socket is closed", extra=self._named())
            self.close(CloseCode.INTERNAL_ERROR)
        else:
            edge.liveness.watch(self)

    def _on_first_frame(self, frame: Frame) -> None:
        """What an app sends that has shown no token yet: an `authenticate` with one, in one piece."""
        admitted, edge = self._admitted, self._edge
        if admitted is None or admitted.principal is not None or self._close_code is not None:
            return  # it was said who speaks, and the session has ended
        if frame.opcode is CLOSE:
            self._on_close(Close.parse(frame.data))
            return
        if frame.opcode not in DATA:
            return
        edge.strangers.cancel(self)
        shown = wire.read_authenticate(bytes(frame.data)) if frame.fin else None
        if shown is None:
            self.not_proved()
            return
        proved = edge.proved(admitted, shown.token)
        if isinstance(proved, Turned):
            self.close(*proved)
            return
        self._begin(proved)
        if self._session is not None:
            self.send(wire.Ack(OK, shown.id))

    def not_proved(self) -> None:
        """The app did not say in time who speaks."""
        self.close(NOT_PROVED, "the first frame must be an authenticate with a token, within 5 s")

    # -- what the log says

    def _named(self) -> dict[str, str]:
        """What names the socket: its kind, whose it is, and the ids that the trail of the log has."""
        kind, ident = self._kind, self._ident
        ids = {f"{kind}_id": ident} if kind in (RIDE, DRIVER) else {}
        return {"socket": kind, "who": ident, "connection": self._name, **ids}

    def _peer(self) -> str:
        """The IP address of the other end."""
        return str((self._transport.get_extra_info("peername") or ("?",))[0])

    def _client(self) -> str:
        """The address of the app, with its port where no proxy is in between."""
        if self._admitted is not None and self._admitted.client != self._peer():
            return self._admitted.client
        return address_of(self._transport)

    def _leave(self, reason: LinkEnd = LinkEnd.CLOSED) -> None:
        """End the session. The connection may live a little longer."""
        session, self._session = self._session, None
        if session is not None:
            session.closed(reason)
