"""The listening socket."""

import resource
import socket

import pytest

from dispatch.errors import SettingError
from dispatch.transport.ws.listener import (
    RECEIVE_BUFFER_BYTES,
    SEND_BUFFER_BYTES,
    UNACKNOWLEDGED_MS,
    listening_socket,
    prepare_process,
)


def test_a_taken_port_is_a_clear_error_that_says_what_to_do() -> None:
    with listening_socket("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingError) as refused:
            listening_socket("127.0.0.1", port)
    assert str(refused.value) == f"port {port} is in use; choose another with --port"
    assert refused.value.name == "port"


def test_a_taken_admin_port_is_an_error_of_its_own_setting() -> None:
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            SettingError, match=f"^admin_port {port} is in use; choose another with --admin-port$"
        ) as refused:
            listening_socket("127.0.0.1", port, of="admin_")
    assert refused.value.name == "admin_port"


def test_a_port_is_free_again_as_soon_as_its_server_is_gone() -> None:
    with listening_socket("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = first.accept()
            accepted.close()
            client.recv(1)
    listening_socket("127.0.0.1", port).close()


@pytest.mark.parametrize("host", ["no such host", "127.0.0.1.9", "\x00"])
def test_a_host_that_is_no_address_is_a_clear_error(host: str) -> None:
    with pytest.raises(SettingError, match="is not an address; try"):
        listening_socket(host, 0)


def test_an_address_of_another_machine_is_a_clear_error() -> None:
    with pytest.raises(SettingError, match=r"'192\.0\.2\.1' is not an address of this machine"):
        listening_socket("192.0.2.1", 0)


def test_accepted_connections_inherit_buffers_and_time_limits() -> None:
    with listening_socket("127.0.0.1", 0) as listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()):
            listener.setblocking(True)
            accepted, _ = listener.accept()
            with accepted:
                option = accepted.getsockopt
                # Linux doubles what is asked for, to have room for its own bookkeeping.
                assert option(socket.SOL_SOCKET, socket.SO_RCVBUF) in (RECEIVE_BUFFER_BYTES, 2 * RECEIVE_BUFFER_BYTES)
                assert option(socket.SOL_SOCKET, socket.SO_SNDBUF) in (SEND_BUFFER_BYTES, 2 * SEND_BUFFER_BYTES)
                assert option(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                assert option(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNACKNOWLEDGED_MS


def test_the_process_may_hold_as_many_connections_as_the_system_allows() -> None:
    allowed = prepare_process()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == hard == allowed
