"""The log beside a file: damage to what was committed is seen, a torn last commit is not taken for one."""

import re
from pathlib import Path
from random import Random

import pytest

from dispatch.storage.file.lost_commits import lost_commits
from dispatch.storage.tables.opening import open_database
from tests.storage.damage import beside, closed_file, flip, killed_file


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    path = killed_file(tmp_path_factory.mktemp("killed") / "dispatch.db")
    return {suffix: beside(path, suffix).read_bytes() for suffix in ("", "-wal", "-shm")}


@pytest.fixture()
def killed(path: Path, files: dict[str, bytes]) -> Path:
    for suffix, data in files.items():
        beside(path, suffix).write_bytes(data)
    return path


def test_a_file_that_was_closed_and_one_whose_process_was_killed_have_lost_nothing(path: Path, killed: Path) -> None:
    assert lost_commits(killed) == ""
    open_database(killed).close()
    assert not beside(path, "-wal").exists()
    assert lost_commits(path) == ""


def test_a_file_alone_has_lost_nothing(path: Path) -> None:
    assert lost_commits(path) == lost_commits(closed_file(path)) == ""


def test_a_log_of_a_running_server_has_lost_nothing(path: Path) -> None:
    running = open_database(path)
    assert lost_commits(path) == ""
    running.close()


def test_any_bit_of_the_log_is_missed(killed: Path, files: dict[str, bytes]) -> None:
    dice = Random(7)
    for at in [*range(0, 32, 3), *(dice.randrange(32, len(files["-wal"])) for _ in range(15))]:
        flip(beside(killed, "-wal"), at)
        assert re.search(r"dispatch\.db-wal (does not hold|holds up to frame)", lost_commits(killed)), at
        flip(beside(killed, "-wal"), at)
    assert lost_commits(killed) == ""


@pytest.mark.parametrize("cut", [1, 1_000, 50_000])
def test_an_end_that_is_gone_is_missed(killed: Path, files: dict[str, bytes], cut: int) -> None:
    beside(killed, "-wal").write_bytes(files["-wal"][:-cut])
    assert "what was committed behind it is lost" in lost_commits(killed)


def test_an_empty_log_and_one_that_is_gone_are_missed(killed: Path) -> None:
    beside(killed, "-wal").write_bytes(b"")
    assert "dispatch.db-wal holds up to frame 0 alone" in lost_commits(killed)
    beside(killed, "-wal").unlink()
    assert lost_commits(killed) == "dispatch.db-wal, where its newest commits were, is missing"


def test_something_else_in_its_place_is_told(killed: Path) -> None:
    beside(killed, "-wal").write_bytes(Random(1).randbytes(9_000))
    assert lost_commits(killed) == "the header of dispatch.db-wal does not hold"


class TestWithoutItsIndex:
    """After a power cut the index says nothing, and the last commit may have been torn as it was written."""

    @pytest.fixture()
    def alone(self, killed: Path) -> Path:
        beside(killed, "-shm").unlink()
        return killed

    def test_a_torn_last_commit_is_nobodys_loss(self, alone: Path, files: dict[str, bytes]) -> None:
        beside(alone, "-wal").write_bytes(files["-wal"][:-100])
        assert lost_commits(alone) == ""
        flip(beside(alone, "-wal"), -3_000)
        assert lost_commits(alone) == ""

    def test_damage_before_other_commits_is(self, alone: Path, files: dict[str, bytes]) -> None:
        flip(beside(alone, "-wal"), len(files["-wal"]) // 2)
        assert "holds up to frame" in lost_commits(alone)
