"""Connections of which no request has come: who is kept waiting cheaply, and who is answered."""

import pytest

from dispatch.transport.ws import server
from dispatch.transport.ws.front import FrontConnection
from dispatch.transport.ws.newcomer import MAX_HEADER_BYTES, is_half_a_head
from dispatch.transport.ws.server import run
from tests.transport.echo import EchoGateway, said, serving, until

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("length", range(1, len(GET)))
def test_every_beginning_of_a_request_is_half_a_head(length: int) -> None:
    assert is_half_a_head(GET[:length])


@pytest.mark.parametrize(
    "data",
    [
        GET,
        GET + b"more",
        b"GET / HTTP/1.1\nHost: localhost\n\n",
        b"get / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"\r\n",
        b"A" * 21,
        b"GET / HTTP/1.1\r\n" + b"X" * MAX_HEADER_BYTES,
    ],
    ids=["whole", "with a body", "bare lines", "small letters", "TLS", "an empty line", "no method", "endless"],
)
def test_what_can_be_answered_is_none(data: bytes) -> None:
    assert not is_half_a_head(data)


def test_uvicorns_protocol_is_made_only_for_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[FrontConnection] = []

    class Counted(FrontConnection):
        def connection_made(self, transport: object) -> None:
            made.append(self)
            super().connection_made(transport)  # type: ignore[arg-type]

    monkeypatch.setattr(server, "FrontConnection", Counted)

    async def meet() -> None:
        async with serving(EchoGateway()) as served:
            silent = [await served.raw() for _ in range(3)]
            half = [await served.raw() for _ in range(3)]
            for _, writer in half:
                writer.write(GET[:-2])
            async with served.app() as app:
                assert await said(app, "hello") == "hello"
            assert len(made) == 1
            reader, writer = half[0]
            writer.write(GET[-2:])
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
            assert len(made) == 2
            assert not any(reader.at_eof() for reader, _ in (*silent, *half))
        for reader, _ in (*silent, *half[1:]):
            await until(reader.at_eof)  # the server has stopped, and waited for none of them

    run(meet())
