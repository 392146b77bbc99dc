"""The control socket: a line in, a line out, whatever is said."""

import asyncio
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch.errors import SettingError
from dispatch.transport.control import (
    AT_ONCE,
    LONGEST_LINE,
    LONGEST_NAME,
    NoAnswer,
    ask,
    control_path,
    control_socket,
    orders_answered,
)
from dispatch.transport.ws.server import run


async def backwards(line: bytes) -> bytes:
    return line.strip()[::-1] or b"nothing was said"


def answered(file: Path, *lines: bytes, asks: Callable[[Path, bytes], bytes | None] = ask) -> list[bytes | None]:
    """What whoever listens beside this file answers to each, all asked at once."""

    async def meet() -> list[bytes | None]:
        with control_socket(file) as listener:
            async with asyncio.timeout(20), orders_answered(listener, backwards):
                return list(await asyncio.gather(*(asyncio.to_thread(asks, file, line) for line in lines)))

    return run(meet())


def test_each_line_gets_its_answer_however_many_ask(tmp_path: Path) -> None:
    lines = [b"line %d" % n for n in range(3 * AT_ONCE)]
    assert answered(tmp_path / "rides.db", *lines) == [line[::-1] + b"\n" for line in lines]


def test_it_is_there_while_it_is_served_and_for_one_user_alone(tmp_path: Path) -> None:
    at = control_path(tmp_path / "rides.db")
    assert at.name == "rides.db.sock"
    with control_socket(tmp_path / "rides.db"):
        assert stat.S_IMODE(at.stat().st_mode) == 0o600 and stat.S_ISSOCK(at.stat().st_mode)
    assert list(tmp_path.iterdir()) == []


def test_nobody_answers_where_nobody_listens(tmp_path: Path) -> None:
    file = tmp_path / "rides.db"
    assert ask(file, b"hello") is None
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(control_path(file)))
    assert ask(file, b"hello") is None, "what a dead process left"
    assert answered(file, b"abc") == [b"cba\n"], "and who owns the file takes its place"


def test_a_deep_folder_is_no_hindrance(tmp_path: Path) -> None:
    here = os.getcwd()
    folder = tmp_path / ("deep" * 30) / ("deeper" * 30)
    folder.mkdir(parents=True)
    assert len(str(folder)) > 2 * LONGEST_NAME
    assert answered(folder / "rides.db", b"abc") == [b"cba\n"]
    assert os.getcwd() == here


def test_a_name_that_is_too_long_for_the_system_says_so(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingError, match="db must have a name of at most 102 bytes, got xxx"),
        control_socket(tmp_path / ("x" * 103)),
    ):
        pass
    assert answered(tmp_path / ("x" * 102), b"abc") == [b"cba\n"]


def test_a_file_of_that_name_which_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    control_path(tmp_path / "rides.db").write_text("mine")
    with (
        pytest.raises(SettingError, match=r"cannot make the control socket .*rides\.db\.sock"),
        control_socket(tmp_path / "rides.db"),
    ):
        pass
    assert control_path(tmp_path / "rides.db").read_text() == "mine"


@pytest.mark.parametrize("said", [b"\n", b"x" * (3 * LONGEST_LINE)], ids=["nothing", "too much"])
def test_what_is_no_line_is_answered_like_an_empty_one(tmp_path: Path, said: bytes) -> None:
    assert answered(tmp_path / "rides.db", said, b"abc") == [b"nothing was said\n", b"cba\n"]


def test_who_hangs_up_early_hurts_nobody(tmp_path: Path) -> None:
    def hang_up(file: Path, line: bytes) -> bytes | None:
        if line != b"rude":
            return ask(file, line)
        with socket.socket(socket.AF_UNIX) as rude:
            rude.connect(str(control_path(file)))
        return None

    lines = [b"rude"] * 20 + [b"abc"]
    assert answered(tmp_path / "rides.db", *lines, asks=hang_up)[-1] == b"cba\n"


def test_an_owner_that_ends_without_an_answer_is_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as owner:
        owner.bind(str(control_path(tmp_path / "rides.db")))
        owner.listen()

        async def scenario() -> None:
            asked = asyncio.create_task(asyncio.to_thread(ask, tmp_path / "rides.db", b"abc"))
            connection, _ = await asyncio.to_thread(owner.accept)
            await asyncio.to_thread(connection.recv, 10)
            connection.close()
            with pytest.raises(NoAnswer, match="did not answer; look whether it was done"):
                await asked

        asyncio.run(scenario())
