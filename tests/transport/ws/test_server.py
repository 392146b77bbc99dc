"""The server as a process: ready, stopped by a signal, refused a port. In a process of its own where signals are meant."""

import asyncio
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from dispatch.config import Settings
from dispatch.transport.ws.edge import LINGER_S
from dispatch.transport.ws.server import _with_room, run
from tests.transport.echo import UPGRADE, EchoGateway, Served, over_sockets, said, serving

ROOT = Path(__file__).parents[2]


@contextmanager
def echo_process(**settings: object) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """An echo server in a process of its own and its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.transport.echo"],
        cwd=ROOT,
        env={**os.environ, "ECHO": json.dumps(settings)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        word, host, port = process.stdout.readline().split()
        assert (word, host) == ("ready", "127.0.0.1")
        yield process, int(port)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_every_socket_with_1012_and_a_spread_and_the_process_ends_well(number: signal.Signals) -> None:
    with echo_process(stop_batch=2, stop_pause_s=0.01) as (process, port), ExitStack() as stack:
        apps = [stack.enter_context(connect(f"ws://127.0.0.1:{port}/ws/driver/{n}/")) for n in range(5)]
        process.send_signal(number)
        for app in apps:
            with pytest.raises(ConnectionClosedError) as closed:
                app.recv(timeout=5)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
            assert closed.value.rcvd.reason == "restarting; come back within 500 ms, spread at random"
        out, err = process.communicate(timeout=5)
        assert (process.returncode, out, err) == (0, "stopped\n", "")


def test_a_second_signal_stops_the_server_without_waiting_for_anybody() -> None:
    with echo_process(stop_batch=1, stop_pause_s=10.0) as (process, port), ExitStack() as stack:
        apps = [stack.enter_context(connect(f"ws://127.0.0.1:{port}/ws/driver/{n}/")) for n in range(3)]
        mute = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        mute.sendall(UPGRADE.format(path="/ws/ride/1/", more="").encode())
        assert mute.recv(12) == b"HTTP/1.1 101"
        process.send_signal(signal.SIGINT)
        with pytest.raises(ConnectionClosedError):
            apps[0].recv(timeout=5)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=LINGER_S * 0.75)
        assert (process.returncode, out) == (0, "stopped\n")


def test_what_is_no_http_is_answered_and_not_logged() -> None:
    with echo_process() as (process, port):
        with socket.create_connection(("127.0.0.1", port)) as garbled:
            garbled.sendall(b"\x16\x03\x01\r\n\r\n")
            assert garbled.recv(12) == b"HTTP/1.1 400"
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=5) == ("stopped\n", "")


def test_a_server_with_an_open_page_and_a_silent_connection_stops_too() -> None:
    with echo_process() as (process, port), socket.create_connection(("127.0.0.1", port)):
        with socket.create_connection(("127.0.0.1", port)) as page:
            page.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert page.recv(15) == b"HTTP/1.1 200 OK"
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=8)
        assert process.returncode == 0


def test_no_more_connections_are_taken_than_open_files_leave_room_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="dispatch")
    assert _with_room(Settings(max_connections=800), files=1000).max_connections == 800
    assert _with_room(Settings(max_connections=801), files=1000).max_connections == 800
    assert caplog.messages == ["at most 800 connections: the system allows 1000 open files (ulimit -n)"]


@over_sockets()
async def test_every_answer_says_what_time_it_is(served: Served) -> None:
    async def date() -> datetime:
        reader, writer = await served.raw()
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        [said] = re.findall(r"^date: (.+)\r$", (await reader.read()).decode(), re.MULTILINE | re.IGNORECASE)
        writer.close()
        return parsedate_to_datetime(said)

    first = await date()
    assert abs((datetime.now(UTC) - first).total_seconds()) < 5.0
    async with asyncio.timeout(10):
        while await date() == first:
            await asyncio.sleep(0.1)


def test_cancelling_stops_in_the_same_orderly_way() -> None:
    async def scenario() -> int:
        async with serving(EchoGateway()) as served:
            app = await served.app()
            assert await said(app, "hello") == "hello"
        with pytest.raises(ConnectionClosedError) as closed:
            await app.recv()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code

    assert run(scenario()) == 1012


def test_the_server_runs_on_the_event_loop_of_asyncio_as_well() -> None:
    async def scenario() -> None:
        async with serving(EchoGateway()) as served:
            async with served.app() as app:
                assert await said(app, "hello") == "hello"
                await app.send("big 3")
                for _ in range(3):
                    assert len(await app.recv()) > 60_000
            assert asyncio.get_running_loop().__class__.__module__.startswith("asyncio")

    asyncio.run(scenario())
