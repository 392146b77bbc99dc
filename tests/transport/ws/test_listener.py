"""The listening socket."""

import re
import resource
import socket
import subprocess
import sys

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


HEAP_OF_ONE_THAT_GIVES_BACK = """if True:
    import ctypes, threading
    from dispatch.transport.ws.listener import give_memory_back
    give_memory_back()
    libc = ctypes.CDLL(None)
    def tell():
        libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
        libc.fflush(None)
"""


def heap_told(program: str) -> str:
    """What glibc tells of its heaps, where the program says `tell()`."""
    whole = HEAP_OF_ONE_THAT_GIVES_BACK + program
    return subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=True).stdout


def test_threads_share_the_heap_of_the_process() -> None:
    """What one of them has freed serves all others."""
    told = heap_told("""
    here, go = threading.Barrier(5), threading.Event()
    def work():
        kept = [bytes(2_000) for _ in range(500)]
        here.wait(), go.wait()
    for _ in range(4):
        threading.Thread(target=work).start()
    here.wait()
    tell()
    go.set()
    """)
    assert told.count("<heap nr=") == 1, told


def test_a_large_block_that_was_freed_leaves_nothing_behind() -> None:
    """Neither it nor the next ones: as glibc is, those would come from the heap from then on, and stay there."""
    told = heap_told("""
    for size in (4_000_000, 2_000_000):
        kept = bytearray(size)
        tell()
        del kept
    tell()
    """)
    mapped = [int(size) for size in re.findall(r'<total type="mmap" count="\d+" size="(\d+)"/>', told)]
    assert mapped[0] - mapped[2] >= 4_000_000 and mapped[1] - mapped[2] >= 2_000_000
