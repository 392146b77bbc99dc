"""Copies of a file: made, looked at and put back by the functions behind `dispatch db backup` and `dispatch db restore`."""

import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dispatch.errors import DatabaseError
from dispatch.storage.failures import NewerSchema, StorageLinked, StorageMissing, StorageOwned
from dispatch.storage.file.key_file import BadKeys, keys_of, keys_path, read_keys
from dispatch.storage.file.owner import owned
from dispatch.storage.health.check import UNWIPED, findings
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools import backup
from dispatch.storage.tools.backup import InTheWay, NotSound, back_up, restore, thin_out
from dispatch.storage.tools.orders import perform
from dispatch.storage.tools.privacy_orders import RemovePerson
from tests.storage.damage import closed_file, killed_file
from tests.storage.old_files import CONTRADICTING, SOUND, old_file
from tests.storage.people import killed
from tests.storage.people.test_removal import ROSA, fill
from tests.storage.stories import MICHAEL
from tests.storage.tools import killed as killed_restore


def events(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        (found,) = file.execute("SELECT count(*) FROM events").fetchone()
    return int(found)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_copy_has_all_that_is_committed_also_what_is_in_the_log_alone_and_is_for_its_owner(
    path: Path, tmp_path: Path
) -> None:
    killed_file(path)
    copy = back_up(path, tmp_path / "copy.db")
    assert (copy.events, copy.is_older, copy.has_keys) == (events(path), False, False) and copy.rides > 10
    assert stat.S_IMODE(copy.file.stat().st_mode) == 0o600 and copy.size == copy.file.stat().st_size
    assert list(findings(copy.file)) == []
    assert (
        {"copy.db", path.name}
        <= set(names(tmp_path))
        <= {"copy.db", *(path.name + end for end in ("", "-wal", "-shm"))}
    )


def test_a_copy_in_a_folder_is_named_by_the_time_and_all_but_the_latest_are_removed(path: Path, tmp_path: Path) -> None:
    closed_file(path)
    keys_of(path, 1.0)
    folder = tmp_path / "kept"
    folder.mkdir()
    for day in ("01", "02", "03"):
        old = folder / f"dispatch-2026-01-{day}T041700Z.db"
        shutil.copy(path, old)
        shutil.copy(keys_path(path), keys_path(old))
    (folder / "notes.db").touch()
    copy = back_up(path, folder)
    gone = thin_out(copy.file, path, 2)
    assert [file.name for file in gone] == [f"dispatch-2026-01-{day}T041700Z.db" for day in ("01", "02")]
    assert names(folder) == [
        "dispatch-2026-01-03T041700Z.db", "dispatch-2026-01-03T041700Z.db.keys", copy.file.name, "notes.db",
    ]  # fmt: skip


def test_nothing_is_replaced_unasked_and_never_a_part_of_the_database_or_a_file_that_is_served(
    path: Path, tmp_path: Path
) -> None:
    closed_file(path)
    copy, other = tmp_path / "copy.db", closed_file(tmp_path / "other.db")
    copy.write_bytes(b"mine")
    with pytest.raises(InTheWay, match="is there already: name another file, or say --force"):
        back_up(path, copy)
    assert copy.read_bytes() == b"mine"
    assert back_up(path, copy, force=True).events == events(copy)
    for own in (path, path.with_name(f"{path.name}-wal"), keys_path(path)):
        with pytest.raises(InTheWay, match="is a part of the database itself"):
            back_up(path, own, force=True)
    with owned(other), pytest.raises(StorageOwned):
        back_up(path, other, force=True)
    other.with_name("other.db-wal").write_bytes(b"a log")
    with pytest.raises(InTheWay, match="which would be read into it"):
        back_up(path, other, force=True)
    with pytest.raises(DatabaseError, match="does not exist"):
        back_up(path, tmp_path / "nowhere" / "copy.db")
    with pytest.raises(StorageMissing):
        back_up(tmp_path / "nothing.db", tmp_path / "new.db")


def test_keys_come_along_when_asked_for_and_a_file_that_has_keys_keeps_its_own(path: Path, tmp_path: Path) -> None:
    closed_file(path)
    with pytest.raises(BadKeys, match="there is no"):
        back_up(path, tmp_path / "copy.db", with_keys=True)
    ring = keys_of(path, 1.0)
    copy = back_up(path, tmp_path / "copy.db", with_keys=True)
    assert copy.has_keys and read_keys(copy.file) == ring
    assert stat.S_IMODE(keys_path(copy.file).stat().st_mode) == 0o600
    assert restore(copy.file, tmp_path / "moved.db").copy.has_keys and read_keys(tmp_path / "moved.db") == ring
    mine = keys_of(closed_file(tmp_path / "mine.db"), 2.0)
    assert not restore(copy.file, tmp_path / "mine.db").copy.has_keys and read_keys(tmp_path / "mine.db") == mine


def test_a_file_that_is_not_sound_is_neither_copied_nor_put_back(path: Path, tmp_path: Path) -> None:
    """The change is one that SQLite does not see."""
    closed_file(path)
    bad = tmp_path / "bad.db"
    shutil.copy(path, bad)
    with closing(sqlite3.connect(bad)) as file, file:
        file.execute("UPDATE rides SET status = 'completed' WHERE ride_no = 1")
    before = path.read_bytes()
    with pytest.raises(NotSound, match=r"is not sound \(rides: "):
        back_up(bad, tmp_path / "copy.db")
    with pytest.raises(NotSound):
        restore(bad, path)
    assert path.read_bytes() == before
    assert names(tmp_path) == ["bad.db", path.name, f"{path.name}.lock"]


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("phone,name\n" * 100)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO _sqlite_migrations VALUES (99, 'dispatch', 'm999_flying_cars', 'then')")


def somebody_elses(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE rides (ride_id TEXT)")


def a_page(path: Path) -> None:
    data = path.read_bytes()
    at = data.rindex(b'{"type":"') // 4_096 * 4_096
    path.write_bytes(data[:at] + bytes(4_096) + data[at + 4_096 :])


@pytest.mark.parametrize("damage", [half, a_page, empty, text, newer, somebody_elses])
def test_what_is_no_sound_backup_is_not_put_back_and_all_stays(
    path: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    closed_file(path, rides=5)
    wrong = shutil.copy(path, tmp_path / "wrong.db")
    damage(wrong)
    before = path.read_bytes()
    with pytest.raises(DatabaseError) as refused:
        restore(wrong, path)
    assert str(refused.value).startswith(f"{wrong} ")
    assert (path.read_bytes(), isinstance(refused.value, NewerSchema)) == (before, damage is newer)
    assert not [name for name in names(tmp_path) if "before" in name or "draft" in name]


def test_the_file_of_before_is_kept_with_its_log_also_one_that_nobody_can_read(path: Path, tmp_path: Path) -> None:
    copy = back_up(closed_file(tmp_path / "first.db", rides=5), tmp_path / "copy.db")
    killed_file(path)
    all_of_it = back_up(path, tmp_path / "all.db").events
    came = restore(copy.file, path)
    assert came.aside == path.with_name(f"{path.name}.before-1") and events(came.aside) == all_of_it > copy.events
    assert (events(path), came.returned, came.returned_unnamed) == (copy.events, [], 0)
    path.write_bytes(b"not a database any more")
    assert restore(copy.file, path).aside == path.with_name(f"{path.name}.before-2")
    assert list(findings(path)) == [] and stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    path.with_name(f"{path.name}-wal").write_bytes(b"a log without its file")
    assert restore(copy.file, path).aside == path.with_name(f"{path.name}.before-3")
    assert list(findings(path)) == []


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `copy.db`, `all.db` and the file of a killed process, of which `all.db` is a copy."""
    folder = tmp_path_factory.mktemp("torn")
    back_up(closed_file(folder / "first.db", rides=5), folder / "copy.db")
    path = killed_file(folder / "dispatch.db")
    path.with_name("dispatch.db-shm").touch()
    back_up(path, folder / "all.db")
    return folder


@pytest.mark.parametrize("step", range(1, 8))
def test_a_restore_that_is_killed_loses_and_mixes_nothing_and_is_done_again(
    path: Path, tmp_path: Path, torn: Path, step: int
) -> None:
    """Index, log and file get a second name, file, log and index lose the first, and the copy gets it."""
    shutil.copytree(torn, tmp_path, dirs_exist_ok=True)
    copy = tmp_path / "copy.db"
    command = [sys.executable, killed_restore.__file__, str(copy), str(path), str(step)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert path.exists() == (step <= 4)
    if step == 4:  # all of it has two names, and the sentence says to remove one
        with pytest.raises(StorageLinked):
            restore(copy, path)
        for named in tmp_path.glob("*.before-1*"):
            named.unlink()
    restore(copy, path)
    assert (events(path), list(findings(path))) == (events(copy), [])
    (aside,) = (file for file in tmp_path.iterdir() if re.fullmatch(r".*\.before-\d", file.name))
    assert events(aside) == events(tmp_path / "all.db") > events(copy)


def test_a_file_that_is_put_back_belongs_to_whoever_had_the_one_of_before(path: Path, tmp_path: Path) -> None:
    """Root, who may give files away, puts it back for the user of the server."""
    copy = back_up(closed_file(path, rides=5), tmp_path / "copy.db")
    if os.geteuid() == 0:
        os.chown(path, 65_534, 65_534)
    owner = path.stat()
    restore(copy.file, path)
    assert (path.stat().st_uid, path.stat().st_gid) == (owner.st_uid, owner.st_gid)


def test_a_backup_does_not_take_the_place_of_what_is_no_file(path: Path) -> None:
    closed_file(path, rides=5)
    with pytest.raises(InTheWay, match="is no file: name a file or a folder"):
        back_up(path, "/dev/null", force=True)


def test_a_file_that_somebody_has_is_not_replaced_nor_is_a_backup_by_itself(path: Path, tmp_path: Path) -> None:
    copy = back_up(closed_file(path), tmp_path / "copy.db")
    with owned(path), pytest.raises(StorageOwned, match="belongs to process"):
        restore(copy.file, path)
    with pytest.raises(InTheWay, match="is the backup itself"):
        restore(copy.file, copy.file)
    with pytest.raises(StorageMissing):
        restore(tmp_path / "nothing.db", tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("name", SOUND)
def test_a_file_of_an_older_dispatch_is_copied_as_it_is_once_a_copy_could_be_updated(tmp_path: Path, name: str) -> None:
    source = old_file(name, tmp_path)
    copy = back_up(source, tmp_path / "copy.db")
    assert copy.is_older and copy.events == events(source)
    came = restore(copy.file, tmp_path / "new.db")
    assert came.copy.is_older
    Writer(tmp_path / "new.db", "off").close()
    assert list(findings(tmp_path / "new.db")) == []


def test_an_old_file_that_contradicts_itself_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(NotSound):
        back_up(old_file(CONTRADICTING, tmp_path), tmp_path / "copy.db")


def test_who_was_removed_after_the_backup_is_named_when_it_is_put_back(
    writer: Writer, path: Path, tmp_path: Path
) -> None:
    fill(writer)
    copy = back_up(path, tmp_path / "copy.db")
    removed = [perform(writer, RemovePerson(who=who), 12_000.0) for who in (ROSA.phone, MICHAEL.phone)]
    assert all(answer["unwiped"] == "" for answer in removed)
    writer.close()
    came = restore(copy.file, path)
    assert (came.returned, came.returned_unnamed) == ([ROSA.passenger_id, MICHAEL.driver_id], 0)


def test_a_copy_has_nothing_in_free_pages_of_somebody_whose_removal_was_cut_short(
    writer: Writer, path: Path, tmp_path: Path
) -> None:
    fill(writer)
    writer.close()
    command = [sys.executable, killed.__file__, str(path), ROSA.phone, "VACUUM", "1"]
    subprocess.run(command, check=False)
    assert list(findings(path)) == [UNWIPED]
    copy = back_up(path, tmp_path / "copy.db")
    assert list(findings(copy.file)) == []
    assert ROSA.phone.encode() not in copy.file.read_bytes() and b"Kanarienvogel" not in copy.file.read_bytes()


def test_drafts_of_a_process_that_died_are_removed_and_those_of_a_living_one_stay(path: Path, tmp_path: Path) -> None:
    closed_file(path)
    with subprocess.Popen([sys.executable, "-c", "pass"]) as dead:
        pass
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
        for process in (dead, living):
            (tmp_path / f"{backup._DRAFTS}{process.pid}-abc").mkdir()
        back_up(path, tmp_path / "copy.db")
        assert [name for name in names(tmp_path) if "draft" in name] == [f"{backup._DRAFTS}{living.pid}-abc"]
        living.communicate(b"\n")
