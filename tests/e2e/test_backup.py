"""`dispatch db backup` beside a real server under load, and killed with -9 on its way; `dispatch db restore` of what came of it.

The apps and the judgement are those of `benchmarks/bench_kills.py`.
"""

from __future__ import annotations

import asyncio
import json
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

import cli
from benchmarks.bench_kills import Driver, Passenger, Server, Told, judged
from dispatch.errors import DatabaseError
from dispatch.storage.health.check import findings
from dispatch.storage.tools.backup import back_up, restore
from tests.storage.damage import closed_file

DRIVERS, RIDES_AT_ONCE, ENOUGH = 12, 8, 60


def command(*arguments: str) -> list[str]:
    return [sys.executable, cli.__file__, *arguments]


def dispatch(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments, prog_name="dispatch")


async def backed_up(server: Server, folder: Path) -> tuple[Told, Told, list[dict[str, Any]]]:
    """Two backups while apps book and drive: what was acknowledged before the first began, and in all, and what the backups say."""
    told: Told = []
    dice, before, copies = Random(1), [], []
    apps = [asyncio.create_task(Driver(server, f"2782{n:07}", told, Random(n)).live()) for n in range(DRIVERS)]

    async def book(first: int) -> None:
        for number in range(first, 100_000, RIDES_AT_ONCE):
            await Passenger(server, f"k{number}", told, dice).ride()

    apps += [asyncio.create_task(book(first)) for first in range(RIDES_AT_ONCE)]
    for name in ("first.db", "second.db"):
        while len(told) < ENOUGH * (len(copies) + 1):
            await asyncio.sleep(0.01)
        before = before or list(told)
        process = await asyncio.create_subprocess_exec(
            *command("db", "backup", str(folder / name), "--db", str(server.db), "--json"),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        assert process.returncode == 0
        copies.append(json.loads(said))
    for app in apps:
        app.cancel()
    await asyncio.gather(*apps, return_exceptions=True)
    return before, told, copies


def test_a_backup_under_load_is_put_back_sound_with_all_that_was_acknowledged_before_it_began(tmp_path: Path) -> None:
    server = Server(tmp_path / "rides.db")
    server.start()
    try:
        before, told, copies = asyncio.run(backed_up(server, tmp_path))
        refused = dispatch("db", "restore", str(tmp_path / "first.db"), "--db", str(server.db))
    finally:
        server.end(signal.SIGTERM)
    assert (refused.exit_code, refused.stdout) == (1, "") and "belongs to process" in refused.stderr
    assert len(told) > len(before) >= ENOUGH and copies[1]["events"] > copies[0]["events"]
    assert restore(tmp_path / "first.db", server.db).aside == tmp_path / "rides.db.before-1"
    assert stat.S_IMODE((tmp_path / "first.db").stat().st_mode) == 0o600
    found = judged(server.db, before)
    assert found["acknowledged"] == len(before) and found["rides"] >= RIDES_AT_ONCE
    assert found["acknowledged and lost"] == 0
    assert judged(tmp_path / "rides.db.before-1", told)["acknowledged and lost"] == 0
    assert list(findings(server.db)) == []
    server.start()
    server.end(signal.SIGTERM)
    assert list(findings(server.db)) == []


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that takes a moment to copy."""
    return closed_file(tmp_path_factory.mktemp("source") / "rides.db", rides=400)


def at_once(draft: Path, _full: int) -> bool:
    return draft.exists()


def half_way(draft: Path, full: int) -> bool:
    return draft.exists() and draft.stat().st_size > full // 2


def copied(draft: Path, full: int) -> bool:
    return draft.exists() and draft.stat().st_size >= full and not draft.with_name("copy.db-journal").exists()


@pytest.mark.parametrize("moment", [at_once, half_way, copied])
def test_a_backup_that_is_killed_leaves_no_file_and_its_half_draft_is_refused(
    tmp_path: Path, source: Path, moment: Callable[[Path, int], bool]
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    with subprocess.Popen(command("db", "backup", str(folder / "copy.db"), "--db", str(source))) as process:
        while not any(moment(draft / "copy.db", source.stat().st_size) for draft in folder.iterdir()):
            with suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"it was faster than this test: {process.wait(0.001)}")
        process.send_signal(signal.SIGKILL)
    assert not (folder / "copy.db").exists()
    (draft,) = folder.rglob("copy.db")
    try:
        restore(draft, tmp_path / "new.db")
    except DatabaseError:  # half of one; a whole one is as good as a backup
        assert not (tmp_path / "new.db").exists()
    else:
        assert moment is not at_once and list(findings(tmp_path / "new.db")) == []
    back_up(source, folder / "copy.db")
    assert [file.name for file in folder.iterdir()] == ["copy.db"]


def test_what_the_commands_say_and_when_they_fail(tmp_path: Path) -> None:
    path, folder = closed_file(tmp_path / "rides.db", rides=5), tmp_path / "kept"
    folder.mkdir()
    made = dispatch("db", "backup", f"{folder}/", "--db", str(path), "--keep", "1")
    assert made.exit_code == 0 and made.stderr == ""
    assert (
        made.stdout.startswith(f"{path}: 5 rides and ")
        and "MB, sound, " in made.stdout
        and "the keys of logins are not in it" in made.stdout
    )
    (copy,) = folder.iterdir()
    again = dispatch("db", "backup", str(copy), "--db", str(path))
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == f"dispatch: {copy} is there already: name another file, or say --force\n"
    wrong = dispatch("db", "backup", str(tmp_path / "one.db"), "--keep", "3", "--db", str(path))
    assert wrong.exit_code == 2 and "--keep counts the backups of a folder" in wrong.stderr
    told = json.loads(dispatch("db", "restore", str(copy), "--db", str(tmp_path / "new.db"), "--json").stdout)
    assert (told["aside"], told["returned"], told["has_keys"]) == (None, [], False)
