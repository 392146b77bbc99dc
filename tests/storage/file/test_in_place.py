"""Whether the path still names the open file."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from dispatch.storage.failures import StorageOwned, StorageReplaced
from dispatch.storage.file.owner import beside, owned, take
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Writer
from tests.storage.log.test_on_file_writer import on_disk
from tests.storage.stories import booked

Blow = Callable[[Path], None]


@pytest.fixture()
def writer(path: Path) -> Iterator[Writer]:
    writer = Writer(path, "off")
    writer.write([booked("r1")])
    writer.watch(path)
    yield writer
    with suppress(sqlite3.Error):
        writer.close()


def other_file(path: Path) -> Path:
    other = path.parent / "folder" / "other.db"
    other.parent.mkdir(exist_ok=True)
    made = Writer(other, "off")
    made.write([booked("stranger")])
    made.close()
    return other


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    other_file(path).replace(path)


def moved(path: Path) -> None:
    path.rename(path.parent / "moved.db")


def overwritten(path: Path) -> None:
    shutil.copy(other_file(path), path)


def overwritten_by_a_diary(path: Path) -> None:
    path.write_bytes(b"dear diary, " * 20_000)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def log_deleted(path: Path) -> None:
    beside(path, "-wal").unlink()


def log_replaced(path: Path) -> None:
    beside(path, "-wal").unlink()
    beside(path, "-wal").touch()


def log_emptied(path: Path) -> None:
    os.truncate(beside(path, "-wal"), 0)


def log_cut(path: Path) -> None:
    os.truncate(beside(path, "-wal"), beside(path, "-wal").stat().st_size - 1)


def log_overwritten(path: Path) -> None:
    with beside(path, "-wal").open("r+b") as log:
        log.write(bytes(beside(path, "-wal").stat().st_size))


def index_deleted(path: Path) -> None:
    beside(path, "-shm").unlink()


BLOWS: dict[Blow, str] = {
    deleted: "is not there any more",
    moved: "is not there any more",
    replaced: "is another file than the one that is open",
    overwritten: "was written by something else",
    overwritten_by_a_diary: "was written by something else",
    emptied: "was written by something else",
    log_deleted: "has lost dispatch.db-wal",
    log_replaced: "has another dispatch.db-wal than the one that is open",
    log_emptied: "something else wrote dispatch.db-wal",
    log_cut: "something else wrote dispatch.db-wal",
    log_overwritten: "something else wrote dispatch.db-wal",
    index_deleted: "has lost dispatch.db-shm",
}


@pytest.mark.parametrize("blow", BLOWS, ids=lambda blow: blow.__name__)
def test_nothing_is_committed_when_the_path_names_another_file(path: Path, writer: Writer, blow: Blow) -> None:
    writer.write([booked("r2")])
    blow(path)
    stricken = path.read_bytes() if path.exists() else b""
    before_a_job = partial(writer.require_in_place, quick=True)
    for attempt in (before_a_job, lambda: writer.write([booked("r3")]), writer.touch, writer.require_in_place):
        with pytest.raises(StorageReplaced, match=BLOWS[blow]):
            attempt()
    assert not writer.db.conn.in_transaction
    said = writer.close()
    truth = path
    if blow in (deleted, replaced, moved):
        [truth] = path.parent.glob("*.saved-*")
        assert f"all that was committed is in {truth}" in said
        assert {stream for stream, _ in on_disk(path)} == {"ride/stranger"} if blow is replaced else not path.exists()
    elif "something else" in BLOWS[blow]:
        assert "what was committed could not be saved" in said
        assert path.read_bytes() == stricken
        assert [each.name for each in path.parent.glob("*.saved-*-wal")]
        assert not beside(path, "-wal").exists() and not beside(path, "-shm").exists()
        return
    else:
        assert said == ""
    assert [stream for stream, _ in on_disk(truth)] == ["ride/r1", "ride/r2"]
    assert list(findings(truth)) == []
    assert not beside(path, "-wal").exists() and not beside(path, "-shm").exists()


def test_the_very_file_may_come_back_with_its_log_and_is_gone_on_with(path: Path, writer: Writer) -> None:
    away = path.parent / "away"
    for names in ((path,), (beside(path, "-wal"),), (path, beside(path, "-wal"), beside(path, "-shm"))):
        for n, name in enumerate(names):
            name.rename(f"{away}{n}")
        with pytest.raises(StorageReplaced):
            writer.touch()
        for n, name in enumerate(names):
            Path(f"{away}{n}").rename(name)
        writer.touch()
    writer.write([booked("r2")])
    assert writer.close() == ""
    assert [stream for stream, _ in on_disk(path)] == ["ride/r1", "ride/r2"]


def test_a_copy_with_the_same_content_does_not_take_its_place(path: Path, writer: Writer) -> None:
    shutil.copy2(path, path.parent / "copy.db")
    (path.parent / "copy.db").replace(path)
    with pytest.raises(StorageReplaced, match="is another file"):
        writer.touch()


def test_a_link_that_is_turned_to_another_file_names_another_file(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with closing(Writer(link, "off")) as writer:
        writer.watch(link)
        writer.write([booked("r1")])
        link.unlink()
        link.symlink_to(other_file(path))
        with pytest.raises(StorageReplaced, match=r"link\.db is another file"):
            writer.touch()


def test_a_removed_lock_file_is_made_again_and_still_keeps_others_out(path: Path) -> None:
    Writer(path, "off").close()
    with owned(path) as ownership, closing(Writer(path, "off")) as writer:
        writer.watch(path, ownership)
        for name in ("r1", "r2"):
            beside(path, ".lock").unlink()
            writer.write([booked(name)])
            with pytest.raises(StorageOwned, match=f"belongs to process {os.getpid()} since"):
                take(path)
        assert writer.close() == ""
    assert [stream for stream, _ in on_disk(path)] == ["ride/r1", "ride/r2"]


def test_whoever_a_removed_lock_file_let_in_owns_the_file_for_good(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it can be where the file itself cannot be locked."""
    monkeypatch.setattr("sys.platform", "darwin")
    Writer(path, "off").close()
    why = f"belongs to process {os.getpid()} since .* because its lock file was removed"
    with owned(path) as ownership, closing(Writer(path, "off")) as writer:
        writer.watch(path, ownership)
        writer.write([booked("r1")])
        beside(path, ".lock").unlink()
        with owned(path), pytest.raises(StorageReplaced, match=why):
            writer.write([booked("r2")])
        with pytest.raises(StorageReplaced, match=why):
            writer.touch()
    assert [stream for stream, _ in on_disk(path)] == ["ride/r1"]


def test_checkpoints_of_ones_own_and_of_others_are_no_damage(path: Path, writer: Writer) -> None:
    for n in range(700):  # a thousand pages of log and more: SQLite moves them into the file
        writer.write([booked(f"own-{n}", at=float(n))])
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0] == 0
    writer.write([booked("r2")])
    os.utime(path)
    writer.write([booked("r3")])
    path.chmod(0o600)
    writer.write([booked("r4")])
    assert writer.close() == ""
    assert len(on_disk(path)) == 704


@pytest.mark.parametrize("by_another", [False, True])
def test_a_file_that_was_overwritten_right_after_a_checkpoint_is_told_apart(
    path: Path, writer: Writer, by_another: bool
) -> None:
    other = other_file(path)
    with closing(sqlite3.connect(path)) as another:
        moves = another if by_another else writer.db.conn
        assert moves.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall() == [(0, 0, 0)]
    writer.write([booked("r2")])
    shutil.copy(other, path)
    with pytest.raises(StorageReplaced, match="was written by something else"):
        writer.touch()
