"""Connections of which no request has come: what each says, and what is half a request."""

import socket

import pytest

from dispatch.transport.ws.newcomer import MAX_HEADER_BYTES, Newcomer, is_half_a_head

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


def met() -> tuple[socket.socket, Newcomer, list[int]]:
    """An app's end of a connection, the server's, and the files of those who left."""
    app, accepted = socket.socketpair()
    left: list[int] = []
    return app, Newcomer(accepted, 1, lambda newcomer: left.append(newcomer.socket.fileno())), left


def test_a_newcomer_keeps_what_it_has_said() -> None:
    app, newcomer, _ = met()
    assert newcomer.reads()
    assert newcomer.early == b""
    for said in (GET[:5], GET[5:]):
        app.sendall(said)
        assert newcomer.reads()
    assert newcomer.early == GET
    app.close()
    assert not newcomer.reads()
    newcomer.close()


def test_a_newcomer_that_is_cut_off_is_told_of_while_it_can_still_be_looked_at() -> None:
    app, newcomer, left = met()
    file = newcomer.socket.fileno()
    newcomer.abort()
    assert left == [file]
    assert app.recv(1) == b""
    assert not newcomer.reads()
    app.close()


def test_a_newcomer_tells_its_address_until_it_has_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = socket.create_connection(listener.getsockname())
        newcomer = Newcomer(listener.accept()[0], 1, lambda newcomer: None)
        assert newcomer.get_extra_info("peername") == app.getsockname()
        assert newcomer.get_extra_info("sslcontext") is None
        app.close()
        newcomer.close()
        assert newcomer.get_extra_info("peername") is None
