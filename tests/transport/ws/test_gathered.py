"""What leaves in one piece, and in which order."""

import asyncio

from dispatch.transport.ws.gathered import LONGEST_HELD, Gathered
from dispatch.transport.ws.server import run
from tests.transport.echo import UPGRADE, EchoGateway, serving

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Recorder(asyncio.Transport):
    """Keeps each piece that it was given."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 5)})
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.pieces.append(data)

    def close(self) -> None:
        self.pieces.append(b"closed")


async def recorded() -> tuple[Recorder, Gathered]:
    recorder = Recorder()
    return recorder, Gathered(recorder)


def test_what_is_written_in_one_turn_of_the_loop_is_one_piece() -> None:
    async def meet() -> None:
        recorder, gathered = await recorded()
        gathered.write(b"head")
        gathered.write(b"")
        gathered.write(b"body")
        assert recorder.pieces == []
        await asyncio.sleep(0)
        gathered.write(b"more")
        await asyncio.sleep(0)
        assert recorder.pieces == [b"headbody", b"more"]

    asyncio.run(meet())


def test_what_is_long_is_sent_at_once_behind_what_was_held() -> None:
    async def meet() -> None:
        recorder, gathered = await recorded()
        gathered.write(b"head")
        gathered.write(b"x" * LONGEST_HELD)
        assert list(map(len, recorder.pieces)) == [4, LONGEST_HELD]
        await asyncio.sleep(0)
        assert len(recorder.pieces) == 2

    asyncio.run(meet())


def test_a_connection_that_is_closed_has_sent_all_and_is_a_transport_in_all_else() -> None:
    async def meet() -> None:
        recorder, gathered = await recorded()
        gathered.write(b"last")
        gathered.close()
        assert recorder.pieces == [b"last", b"closed"]
        assert gathered.get_extra_info("peername") == ("192.0.2.1", 5)

    asyncio.run(meet())


def test_an_answer_leaves_before_the_handshake_that_was_sent_with_its_request() -> None:
    async def meet() -> None:
        async with serving(EchoGateway()) as served:
            reader, writer = await served.raw()
            writer.write(GET + UPGRADE.format(path="/ws/ride/1/", more="").encode())
            assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            writer.close()

    run(meet())
