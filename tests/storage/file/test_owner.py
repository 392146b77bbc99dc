"""Who owns a file: one process at a time, under whatever name, until it ends."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatch.storage.failures import (
    StorageLinked,
    StorageMissing,
    StorageOwned,
    StorageReadOnly,
    StorageUnreachable,
)
from dispatch.storage.file.owner import beside, owned, take
from dispatch.storage.log.on_file import Writer

OWNS = """
import sys
from dispatch.storage.file.owner import take
held = take(sys.argv[1])
print("owned", flush=True)
sys.stdin.read()
"""


@pytest.fixture()
def file(path: Path) -> Path:
    Writer(path, "off").close()
    return path


@pytest.fixture()
def other(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, which owns the file."""
    process = subprocess.Popen([sys.executable, "-c", OWNS, file], stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None and process.stdout.readline() == "owned\n"
    with process:
        yield process
        process.kill()


def test_the_second_to_come_is_told_within_a_second_who_was_first_and_since_when(
    file: Path, other: subprocess.Popen[str]
) -> None:
    before = time.monotonic()
    with pytest.raises(StorageOwned) as refused:
        take(file)
    assert time.monotonic() - before < 1.0
    since = rf"{re.escape(str(file))} belongs to process {other.pid} since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \+\d{{4}}; "
    assert re.match(since, str(refused.value)), str(refused.value)
    assert refused.value.code == "owned"


def test_a_process_that_was_killed_owns_nothing(file: Path, other: subprocess.Popen[str]) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait(10)
    with owned(file) as ownership:
        assert ownership.path == file
        with pytest.raises(StorageOwned, match=f"process {os.getpid()} since"):
            take(file)


def test_a_file_is_the_same_under_every_name_that_leads_to_it(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, folder = tmp_path / "link.db", tmp_path / "folder"
    link.symlink_to(file)
    folder.symlink_to(tmp_path, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    with owned(file):
        for name in (link, folder / file.name, Path(file.name), folder / ".." / tmp_path.name / "link.db"):
            with pytest.raises(StorageOwned, match=re.escape(str(name))):
                take(name)
    with owned(link), pytest.raises(StorageOwned):
        take(file)
    assert not beside(link, ".lock").exists()


def test_a_file_with_two_names_is_refused_under_both(file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.db"
    with owned(file):
        again.hardlink_to(file)
        with pytest.raises(StorageLinked, match=r"again\.db has 2 names \(hard links\)"):
            take(again)
    for name in (again, file):
        with pytest.raises(StorageLinked):
            take(name)
    again.unlink()
    take(file).release()


def test_a_file_that_another_name_without_a_link_leads_to_is_refused(file: Path, other: subprocess.Popen[str]) -> None:
    """As where one file is mounted under a second name: the lock file beside that name is another one."""
    beside(file, ".lock").unlink()
    with pytest.raises(StorageOwned, match="belongs to another process"):
        take(file)
    other.kill()
    other.wait()
    take(file).release()


def test_the_lock_file_stays_and_names_nobody_once_it_is_let_go(file: Path) -> None:
    with owned(file):
        assert beside(file, ".lock").read_text().startswith(f"process {os.getpid()} since ")
    assert beside(file, ".lock").read_bytes() == b""
    ownership = take(file)
    ownership.release()
    with owned(file):
        ownership.release()
        with pytest.raises(StorageOwned):
            take(file)


def test_who_only_reads_or_changes_a_file_does_not_make_one(path: Path) -> None:
    with pytest.raises(
        StorageMissing, match=r"there is no file .*dispatch\.db; `dispatch serve` and `dispatch db seed`"
    ):
        take(path)
    assert list(path.parent.iterdir()) == []


def test_a_maker_that_fails_leaves_nothing(path: Path) -> None:
    with owned(path, make=True) as ownership:
        assert (ownership.is_new, ownership.is_lost) == (True, False)
        assert beside(path, ".lock").exists()
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("is_of_use", [False, True])
def test_a_file_that_was_made_stays_once_it_is_of_use(path: Path, is_of_use: bool) -> None:
    with pytest.raises(KeyError), owned(path, make=True) as ownership:
        writer = Writer(path, "off")
        if is_of_use:
            ownership.keep()
        raise KeyError
    left = {each.name for each in path.parent.iterdir()}
    assert left == ({path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}.lock"} if is_of_use else set())
    writer.close()


def test_a_start_that_fails_removes_nothing_that_was_there_before(path: Path) -> None:
    beside(path, "-wal").write_text("somebody's log")
    with pytest.raises(KeyError), owned(path, make=True):
        path.touch()
        raise KeyError
    assert [each.name for each in path.parent.iterdir()] == [f"{path.name}-wal"]


def test_a_file_that_was_there_stays_whatever_happens(file: Path) -> None:
    with pytest.raises(KeyError), owned(file, make=True):
        raise KeyError
    assert file.exists()


def test_a_file_that_is_gone_is_known_by_its_lock_file_until_it_is_made_again(file: Path) -> None:
    take(file).release()
    file.unlink()
    for _ in range(2):
        with owned(file, make=True) as ownership:
            assert (ownership.is_new, ownership.is_lost) == (True, True)
    Writer(file, "off").close()
    with owned(file, make=True) as ownership:
        assert (ownership.is_new, ownership.is_lost) == (False, False)


def test_a_file_that_is_deleted_while_its_maker_owns_it_is_known_to_be_gone_afterwards(path: Path) -> None:
    with owned(path, make=True) as ownership:
        Writer(path, "off").close()
        ownership.keep()
        path.unlink()
    with owned(path, make=True) as ownership:
        assert ownership.is_lost


def test_waiting_for_a_maker_that_fails_ends_with_a_lock_that_has_a_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who waits has opened the lock file that the maker removes."""
    first = take(path, make=True)
    monkeypatch.setattr("time.sleep", lambda seconds: first.release())
    with owned(path, make=True), pytest.raises(StorageOwned, match=f"process {os.getpid()} since"):
        take(path, make=True)


def test_a_lock_file_that_is_a_link_changes_nothing_where_it_leads(file: Path, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    diary.write_text("dear diary")
    beside(file, ".lock").symlink_to(diary)
    with pytest.raises(StorageReadOnly, match=r"dispatch\.db\.lock"):
        take(file)
    assert diary.read_text() == "dear diary"


ANOTHER = 65_534
"""The number of a user who is nobody in particular. Only root can give a file away; whoever else runs these tests keeps their own."""


def given_away(file: Path) -> Path:
    if os.geteuid() == 0:
        os.chown(file, ANOTHER, ANOTHER)
    return file


def test_the_lock_file_belongs_to_the_owner_of_the_database_also_after_a_command_of_root(file: Path) -> None:
    take(given_away(file)).release()
    lock_file = beside(file, ".lock")
    assert (lock_file.stat().st_uid, lock_file.stat().st_gid) == (file.stat().st_uid, file.stat().st_gid)


def test_root_gives_nothing_away_that_has_another_name_than_that_of_a_lock_file(file: Path, tmp_path: Path) -> None:
    of_root = tmp_path / "of_root"
    of_root.touch()
    beside(file, ".lock").hardlink_to(of_root)
    take(given_away(file)).release()
    assert of_root.stat().st_uid == os.geteuid()


def test_words_of_others_in_a_lock_file_are_not_repeated(file: Path, other: subprocess.Popen[str]) -> None:
    beside(file, ".lock").write_text("process 1 since \x1b[31mnever\n")
    with pytest.raises(StorageOwned, match="belongs to another process; "):
        take(file)


@pytest.mark.parametrize(("name", "why"), [(".", "it is a directory"), ("no/x.db", "directory .*/no does not exist")])
def test_a_place_where_no_file_can_be_gets_no_lock_file(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(StorageUnreachable, match=why):
        take(tmp_path / name, make=True)
    assert list(tmp_path.iterdir()) == [] and not beside(tmp_path, ".lock").exists()
