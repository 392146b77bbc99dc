"""Bytes by number."""

from dispatch.storage.log.memory import Archive


def test_what_is_put_in_is_read_by_its_number() -> None:
    archive = Archive()
    packed = [b"", b"one", b"\x00" * 1000, b"one", b""]
    numbers = [archive.put(each) for each in packed]
    assert [archive.read(number) for number in numbers] == packed
    assert len(set(numbers)) == len(packed)
