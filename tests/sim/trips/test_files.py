"""What is done with a file is decided by how it begins; forms of packing and encodings are tried in test_reading.py."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from sim.city.demand import DemandError
from sim.trips.files import text_of, unpacked


def text_in(data: bytes) -> str:
    with ExitStack() as stack:
        return text_of(unpacked(io.BytesIO(data), "trips", stack).bytes, "trips").read()


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_other_ways_of_packing_are_undone_too(pack: object) -> None:
    assert callable(pack)
    assert text_in(pack(b"a,b\r\n1,2\n")) == "a,b\n1,2\n"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_tar_archive_is_called_by_its_name(pack: Callable[[bytes], bytes]) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(__file__, "trips.csv")
    with pytest.raises(DemandError, match="trips is a tar archive: unpack the file to use"):
        text_in(pack(archive.getvalue()))


@pytest.mark.parametrize(
    "data", [bytes(4000), "Café,1\n".encode("utf-32-le") * 20, "Café,1\n".encode("utf-32-be") * 20]
)
def test_bytes_that_are_mostly_nul_are_no_text(data: bytes) -> None:
    with pytest.raises(DemandError, match="trips is no text"):
        text_in(data)


def test_what_was_packed_again_and_again_is_refused() -> None:
    data = b"a,b"
    for _ in range(4):
        data = bz2.compress(data)
    with pytest.raises(DemandError, match="is packed too often"):
        text_in(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_letters_come_out_of_every_encoding_as_they_went_in(encoding: str) -> None:
    text = "Straße,Größe\n" + "Café,1\n" * 20
    assert text_in(text.encode(encoding)) == text


def test_a_letter_that_is_cut_by_the_end_of_what_is_looked_at_decides_nothing() -> None:
    text = "a" * 131_070 + "\n" + "é" * 10
    assert text_in(text.encode()).endswith("é" * 10)
