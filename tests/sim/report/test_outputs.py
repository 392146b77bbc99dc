"""Files to be written are looked at before the work, and nothing is left of the look."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cli
from dispatch.errors import SettingError
from sim.report.outputs import Output, require_new, require_writable


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*args: str) -> Result:
    return CliRunner().invoke(cli.main, args, prog_name="dispatch")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("nowhere/x", "there is no folder nowhere"),
        ("folder", "folder: Is a directory"),
        ("file/x", "file/x: Not a directory"),
        ("y" * 300, "File name too long"),
        ("a\0b", "embedded null byte"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_with_the_option_and_the_reason(path: str, why: str) -> None:
    Path("folder").mkdir()
    Path("file").write_text("here")
    with pytest.raises(SettingError, match="--out must be a file that can be written, got") as caught:
        require_writable("--out", path)
    assert why in str(caught.value)
    assert sorted(os.listdir()) == ["file", "folder"]


def test_looking_leaves_nothing_behind_and_changes_nothing() -> None:
    Path("old").write_text("kept")
    for path in ("new", "old", None, "/dev/null"):
        require_writable("--out", path)
    os.mkfifo("pipe")
    require_writable("--out", "pipe")
    assert Path("old").read_text() == "kept"
    assert not Path("new").exists()


def test_what_goes_wrong_with_an_output_is_told_by_the_name_of_its_option() -> None:
    os.mkfifo("pipe")
    for path, why in (("pipe", "nobody reads this pipe"), (".", "Is a directory"), ("no/x", "No such file")):
        with pytest.raises(SettingError, match=f"^--trace cannot be written to '{path}': {why}") as caught:
            Output("--trace", Path(path))
        assert caught.value.name == "trace"
    full = Output("--trace", Path("/dev/full"))
    full.write(b"x")
    with pytest.raises(SettingError, match="--trace cannot be written to '/dev/full': No space left on device"):
        full.close()


def test_an_output_holds_what_was_written_and_a_pipe_that_is_read_takes_it() -> None:
    file = Output("--trace", Path("file"))
    file.write(b"new")
    file.close()
    assert Path("file").read_bytes() == b"new"
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    pipe = Output("--trace", Path("pipe"))
    pipe.write(b"told")
    pipe.close()
    assert os.read(reader, 9) == b"told"
    os.close(reader)


def test_a_file_is_overwritten_only_where_that_is_said() -> None:
    Path("old").write_text("kept")
    require_new("--as-test", "new", force=False)
    require_new("--as-test", "old", force=True)
    require_new("--as-test", None, force=False)
    with pytest.raises(SettingError, match="--as-test does not overwrite 'old', which is there already; --force does"):
        require_new("--as-test", "old", force=False)


@pytest.mark.parametrize(
    "command",
    [
        ("simulate", "--trips", "nowhere.csv", "--trace", "nowhere/x"),
        ("simulate", "--scenario", "small", "--trace", "nowhere/x"),
        ("eta", "fit", "nowhere.csv", "--out", "nowhere/x"),
        ("replay", "r1", "--db", "nowhere.db", "--as-test", "nowhere/x"),
    ],
    ids=" ".join,
)
def test_a_command_says_so_before_it_looks_at_anything_else(command: tuple[str, ...]) -> None:
    result = run(*command)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert f"{command[-2]} must be a file that can be written" in result.stderr
    assert "there is no folder nowhere" in result.stderr


def test_a_test_of_a_ride_is_written_over_another_file_by_force_alone() -> None:
    run("simulate", "--trips", "none", "--drivers", "40", "--rides", "1", "--db", "day.db", "--json")
    Path("test_mine.py").write_text("mine")
    refused = run("replay", "r1", "--db", "day.db", "--as-test", "test_mine.py")
    assert (refused.exit_code, Path("test_mine.py").read_text()) == (2, "mine")
    assert run("replay", "r1", "--db", "day.db", "--as-test", "test_mine.py", "--force").exit_code == 0
    assert "def test_the_ride_r1_goes_as_it_went" in Path("test_mine.py").read_text()
