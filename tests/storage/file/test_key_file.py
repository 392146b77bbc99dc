"""The key file beside a database."""

import os
import stat
from pathlib import Path

import pytest

from dispatch.identity.keys import Key, KeyRing
from dispatch.storage.file import key_file
from dispatch.storage.file.key_file import BadKeys, KeyFile, keys_of, keys_path, read_keys, rotate_keys

NOW, HOUR_S = 1_800_000_000.0, 3600.0


def test_keys_are_made_once_for_their_owner_alone(path: Path) -> None:
    assert read_keys(path) is None
    ring = keys_of(path, NOW)
    assert ring.current.made_at == NOW and len(ring.current.secret) == 32
    assert stat.S_IMODE(os.stat(keys_path(path)).st_mode) == 0o600
    assert keys_of(path, NOW + 1) == ring == read_keys(path)
    assert keys_of(path.with_name("other.db"), NOW).current.secret != ring.current.secret


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o777])
def test_a_key_file_that_others_may_read_or_write_is_refused_with_what_to_do(path: Path, mode: int) -> None:
    keys_of(path, NOW)
    keys_path(path).chmod(mode)
    with pytest.raises(BadKeys, match=rf"\(mode {mode:04o}\): run `chmod 600 .*dispatch\.db\.keys`"):
        keys_of(path, NOW)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"keys": []}', b'{"keys": [{"id": "a", "secret": "eA==", "made_at": 1}]}']
)
def test_a_file_that_holds_no_keys_is_refused_and_stays_as_it_is(path: Path, content: bytes) -> None:
    keys_path(path).write_bytes(content)
    keys_path(path).chmod(0o600)
    with pytest.raises(BadKeys, match="is no key file"):
        keys_of(path, NOW)
    assert keys_path(path).read_bytes() == content


def test_after_a_rotation_the_new_key_signs_and_the_old_one_verifies_for_a_while(path: Path) -> None:
    old = keys_of(path, NOW).current
    ring = rotate_keys(path, NOW + 10, HOUR_S)
    assert ring.current != old and ring.find(old.id) == old
    assert rotate_keys(path, NOW + 10 + HOUR_S, HOUR_S).find(old.id) is None
    assert stat.S_IMODE(os.stat(keys_path(path)).st_mode) == 0o600


def test_of_two_processes_that_make_the_keys_at_once_both_use_the_first_ones(path: Path) -> None:
    first = keys_of(path, NOW)
    key_file._write(keys_path(path), KeyRing((Key("late", b"l" * 32, NOW),)), is_new=True)
    assert read_keys(path) == first
    assert [file.name for file in path.parent.iterdir()] == [keys_path(path).name], "no draft is left behind"


def test_a_live_server_reads_keys_anew_after_a_rotation_and_keeps_those_it_has_without_the_file(path: Path) -> None:
    seconds = iter([0.0, 0.09, 0.1, 0.2])
    keys = KeyFile(path, NOW, lambda: next(seconds))
    first = keys.ring()
    rotated = rotate_keys(path, NOW + 1, HOUR_S)
    assert keys.ring() is first, "it is not looked more often than ten times a second"
    assert keys.ring() == rotated
    keys_path(path).unlink()
    assert keys.ring() == rotated


def test_a_folder_that_cannot_be_written_is_named(path: Path) -> None:
    with pytest.raises(BadKeys, match=r"cannot write .*nowhere"):
        keys_of(path.parent / "nowhere" / "a.db", NOW)
