"""What people name as a file, and is none; what is packed, and how much that may be."""

import gzip
import os
import socket
import zlib
from pathlib import Path

import pytest

from dispatch.files import gunzipped, other_than_file, regular, streamed


def test_pipes_devices_and_sockets_are_told_apart_from_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as here:
        here.bind(str(tmp_path / "socket"))
    found = {name: other_than_file(tmp_path / name) for name in ("pipe", "file", "link", "socket", "none", ".", "a\0b")}
    assert found == {
        "pipe": "a pipe",
        "file": "",
        "link": "a pipe",
        "socket": "a socket",
        "none": "",
        ".": "",
        "a\0b": "",
    }
    assert other_than_file("/dev/full") == "a device"


def test_a_file_may_be_opened_and_what_is_none_is_named(tmp_path: Path) -> None:
    assert regular(tmp_path) == tmp_path
    assert regular(str(tmp_path / "none")) == tmp_path / "none"
    with pytest.raises(OSError, match="it is a device, and no file") as caught:
        regular("/dev/zero")
    assert (caught.value.strerror, caught.value.filename) == ("it is a device, and no file", "/dev/zero")


def test_a_pipe_that_is_open_may_be_read_and_a_named_one_may_not(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader, writer = os.pipe()
    assert streamed(f"/dev/fd/{reader}") == Path(f"/dev/fd/{reader}")
    assert streamed(tmp_path / "none") == tmp_path / "none"
    with pytest.raises(OSError, match="it is a named pipe, and no file"):
        streamed(tmp_path / "pipe")
    os.close(reader), os.close(writer)


def test_what_is_packed_is_read_up_to_a_limit() -> None:
    packed = gzip.compress(b"0" * 1_000)
    assert gunzipped(packed, 1_000) == b"0" * 1_000
    with pytest.raises(OSError, match="it unpacks to more than 999 bytes"):
        gunzipped(packed, 999)
    with pytest.raises(EOFError):
        gunzipped(packed[:-9], 2_000)
    with pytest.raises(gzip.BadGzipFile):
        gunzipped(b"0" * 10, 1_000)
    with pytest.raises(zlib.error):
        gunzipped(packed[:12] + b"\xff" * 9 + packed[21:], 2_000)
