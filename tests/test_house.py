"""Rules about the code itself: who imports whom, tests that mirror their source, pins, documents."""

import ast
import functools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from dispatch import errors

ROOT = Path(__file__).parent.parent
PYTHON_FOLDERS = ("dispatch", "sim", "tests", "benchmarks", "examples")
ROOMS = ("dispatch", "sim")
WRITTEN_BY_PEOPLE = (".py", ".md", ".toml", ".lock", ".yml", ".json")

SOURCES = sorted([*ROOT.glob("*.py"), *(file for folder in PYTHON_FOLDERS for file in (ROOT / folder).rglob("*.py"))])


@functools.cache
def trees() -> dict[Path, ast.Module]:
    """What each source file says."""
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in SOURCES}


def trees_of_tests() -> dict[Path, ast.Module]:
    """The same of the files in `tests`."""
    return {file: tree for file, tree in trees().items() if file.is_relative_to(ROOT / "tests")}


OF_ONE_SEX = re.compile(r"(?<![^\W_])(he|him|his|himself|she|her|hers|herself)(?![^\W_])(?!-\d)", re.IGNORECASE)
"""Also as a part of a name, as in `wakes_him`. `hers-1` is a ride."""


def place(file: Path, node: ast.AST | None = None) -> str:
    """`tests/test_house.py:12`, as editors open it."""
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the name it is spelled by: `time.sleep`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_imports_go_down_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_module_of_the_product_says_what_lives_there() -> None:
    product = {
        file: tree for file, tree in trees().items() if file.parent == ROOT or file.parts[len(ROOT.parts)] in ROOMS
    }
    assert [place(file) for file, tree in product.items() if tree.body and not ast.get_docstring(tree)] == []


def test_a_public_class_has_a_name_of_its_own_but_for_a_frame_that_says_a_message() -> None:
    defined: dict[str, list[Path]] = {}
    for file, tree in trees().items():
        if file.relative_to(ROOT).parts[0] in ROOMS:
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    defined.setdefault(node.name, []).append(file)
    twice = {name: files for name, files in defined.items() if len(files) > 1}
    rooms = {name: [file.parent.relative_to(ROOT) for file in files] for name, files in twice.items()}
    assert {name: where for name, where in rooms.items() if sorted(where) != SAID_ON_THE_WIRE} == {}


SAID_ON_THE_WIRE = [Path("dispatch/messages"), Path("dispatch/transport/wire")]
TESTED_ELSEWHERE = {
    "dispatch/commands": "commands: tests/test_cli.py and wherever what they call is tested",
    "dispatch/app.py": "a server is a process: tests/e2e",
    "dispatch/live/routes.py": "every route of a server: tests/e2e",
    "dispatch/live/guest.py": "a protocol",
    "dispatch/live/own.py": "what people read of their own on a live file: tests/e2e/test_own_http.py",
    "dispatch/live/desk.py": "what the desk reads of a live file: tests/e2e/test_desk_http.py",
    "dispatch/live/people.py": "people of a live file: tests/e2e/test_people_http.py",
    "dispatch/live/devices.py": "devices on a live file, and pushes to them: tests/e2e/test_pushes.py",
    "dispatch/live/effects.py": "orders to a served file: tests/e2e/test_drivers_on_file.py and test_tokens.py",
    "dispatch/live/file.py": "a file that is served: tests/e2e/test_one_owner.py and test_failing_disk.py",
    "dispatch/prices.py": "which provider the settings choose: tests/settings/prices.py and tests/e2e/test_quotes.py",
    "dispatch/payments.py": "which provider the settings choose: tests/e2e/test_payments.py",
    "dispatch/live/removals.py": "people who are taken out of a served file: tests/e2e/test_removals.py",
    "dispatch/live/metrics.py": "what a live server shows after rides: tests/e2e/test_metrics.py",
    "dispatch/live/reads.py": "what the pages of a live server read: tests/transport/http/test_app.py and tests/e2e",
    "dispatch/errors.py": "sentences and codes: below, and wherever each is raised",
    "dispatch/ids.py": "names of types",
    "dispatch/ports.py": "protocols",
    "dispatch/values.py": "structs: tests/test_addresses.py looks at every one",
    "dispatch/transport/http/requests.py": "what routes share: tests/transport/http/routes",
    "dispatch/transport/sessions/context.py": "what sessions share: tests/transport/sessions",
    "dispatch/storage/tables/first_tables.py": "statements: tests/storage/tables/test_schema.py runs them all",
    "dispatch/travel/street_map.py": "structs: tests/travel/test_map_files.py",
    "dispatch/messages": "structs: tests/test_addresses.py looks at every one",
    "dispatch/top/main.py": "a command beside a server, in a terminal: tests/e2e/test_top.py",
    "dispatch/top/watch.py": "tests/e2e/test_top.py",
    "sim/checks/board.py": "tests/test_overview.py",
    "sim/people/desk.py": "tests/test_overview.py",
    "sim/checks/agreement.py": "tests/explorer/test_observers.py breaks each of its rules",
    "sim/checks/desk.py": "tests/explorer/test_observers.py breaks each of its rules",
    "sim/checks/ledger.py": "tests/explorer/test_observers.py breaks each of its rules",
    "sim/checks/subject.py": "a protocol",
    "sim/explore/batched.py": "tests/explorer/test_batched_worlds.py",
    "sim/explore/desked.py": "tests/explorer/test_desked_worlds.py",
    "sim/explore/sleepy.py": "tests/explorer/test_sleepy_worlds.py",
    "sim/people/sleepy.py": "tests/explorer: every sleepy world is full of them",
    "sim/people/driver.py": "tests/sim/test_world.py",
    "sim/people/phone.py": "tests/sim/test_world.py",
    "sim/people/restless.py": "tests/explorer: every small world is full of them",
    "sim/people/resuming.py": "tests/explorer: every lossy world is full of them",
    "sim/demo/gauges.py": "what a demo is glanced at by: tests/e2e/test_demo.py",
    "sim/sandbox/watch.py": "tests/e2e/test_demo.py",
    "sim/sandbox/apps.py": "tests/e2e/test_sandbox.py",
    "sim/sandbox/crowd.py": "tests/e2e/test_sandbox.py",
    "sim/sandbox/driver.py": "tests/e2e/test_sandbox.py",
    "sim/sandbox/guest.py": "tests/e2e/test_sandbox.py",
    "sim/sandbox/next_offer.py": "tests/e2e/test_sandbox.py",
    "sim/sandbox/steering.py": "structs: tests/e2e/test_sandbox.py",
    "sim/replay/as_test.py": "tests/sim/replay/test_main.py replays whole rides",
    "sim/replay/play.py": "tests/sim/replay/test_main.py replays whole rides",
    "sim/replay/script.py": "tests/sim/replay/test_main.py replays whole rides",
    "sim/replay/tell.py": "tests/sim/replay/test_main.py replays whole rides",
}
"""Source files and rooms without a test file of their own, and where they are tested instead."""


def mirrored(source: Path) -> Path:
    """`tests/domain/places/test_geo.py` for `dispatch/domain/places/geo.py`, `tests/sim/test_world.py` for `sim/world.py`."""
    inside = (
        source.relative_to(ROOT / "dispatch") if source.is_relative_to(ROOT / "dispatch") else source.relative_to(ROOT)
    )
    return ROOT / "tests" / inside.parent / f"test_{source.stem}.py"


def files_about(source: Path) -> list[Path]:
    """Its test file and those that go on about it (`test_geo_poles.py`), or the one test file of its whole room."""
    own = mirrored(source)
    about = [own, *own.parent.glob(f"{own.stem}_*.py")]
    return [file for file in (*about, mirrored(source.parent)) if file.is_file()]


def test_every_source_file_has_a_test_file_or_says_where_it_is_tested() -> None:
    sources = [file for file in SOURCES if file.is_relative_to(ROOT / "dispatch") or file.is_relative_to(ROOT / "sim")]
    excused = [ROOT / name for name in TESTED_ELSEWHERE]
    missing = [
        place(file)
        for file in sources
        if file.name != "__init__.py"
        and not any(file.is_relative_to(name) for name in excused)
        and not files_about(file)
    ]
    assert missing == []


def test_nobody_is_excused_who_has_a_test_file_or_is_gone() -> None:
    assert [name for name in TESTED_ELSEWHERE if not (ROOT / name).exists() or files_about(ROOT / name)] == []


def test_a_test_file_in_a_room_is_named_after_a_source_file_of_that_room() -> None:
    strays = []
    for file in trees_of_tests():
        folder = file.parent.relative_to(ROOT / "tests")
        room = ROOT / folder if folder.parts[:1] == ("sim",) else ROOT / "dispatch" / folder
        if file.name.startswith("test_") and folder.parts and room.is_dir():
            subject = file.stem.removeprefix("test_")
            known = {source.stem for source in room.iterdir() if source.suffix == ".py" or source.is_dir()}
            if not any(subject == name or subject.startswith(f"{name}_") for name in known):
                strays.append(place(file))
    assert strays == []


def test_no_test_waits_for_the_wall_clock_to_pass() -> None:
    sleeps = [
        place(file, call)
        for file, tree in trees_of_tests().items()
        for name, call in calls(tree)
        if name == "time.sleep"
    ]
    imported = [
        place(file, node)
        for file, tree in trees_of_tests().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time" and "sleep" in {name.name for name in node.names}
    ]
    assert sleeps + imported == []


def test_no_test_is_skipped_but_those_in_a_browser_where_there_is_none() -> None:
    skips = ("pytest.skip", "pytest.mark.skip", "pytest.mark.skipif", "pytest.importorskip", "unittest.skip")
    found = [
        place(file, node)
        for file, tree in trees_of_tests().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in skips
    ]
    assert [where.partition(":")[0] for where in found] == ["tests/browser/conftest.py"]
    assert (
        "-rs" in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]["addopts"]
    )


def test_every_test_name_is_a_sentence() -> None:
    names = [
        (place(file, node), node.name)
        for file, tree in trees_of_tests().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert [(where, name) for where, name in names if name.count("_") < 3] == []


def test_no_file_names_a_path_outside_the_project() -> None:
    outside = "../" + "shared"
    tops = [top for top in ROOT.iterdir() if not top.name.startswith(".")]
    files = [file for top in tops for file in (top, *top.rglob("*")) if file.suffix in WRITTEN_BY_PEOPLE]
    written = [*files, ROOT / "Makefile", ROOT / ".ci" / "run"]
    assert [place(file) for file in written if outside in file.read_text(encoding="utf-8")] == []


class TestLockFiles:
    """The pins are exact, fit the ranges that pyproject.toml promises, and name no host to fetch from."""

    RUNTIME, DEVELOPMENT = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
    PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    @staticmethod
    def pins(file: Path) -> dict[str, Requirement]:
        lines = [line for line in file.read_text("utf-8").splitlines() if line and line[0] not in "#-"]
        return {requirement.name: requirement for requirement in map(Requirement, lines)}

    @pytest.mark.parametrize("file", [RUNTIME, DEVELOPMENT], ids=lambda file: file.name)
    def test_a_lock_file_names_no_host_and_pins_exactly(self, file: Path) -> None:
        assert not re.search(r"://|@|--[a-z]*-?index-url|--find-links|--trusted-host", file.read_text("utf-8"))
        loose = [str(pin) for pin in self.pins(file).values() if not re.fullmatch(r"==[\w.]+", str(pin.specifier))]
        assert loose == []

    @pytest.mark.parametrize(
        ("file", "asked"),
        [
            (RUNTIME, PROJECT["dependencies"]),
            (DEVELOPMENT, PROJECT["optional-dependencies"]["dev"]),
            (DEVELOPMENT, PROJECT["optional-dependencies"]["roads"]),
            (DEVELOPMENT, PROJECT["optional-dependencies"]["policies"]),
            (DEVELOPMENT, PROJECT["optional-dependencies"]["trips"]),
            (DEVELOPMENT, PROJECT["optional-dependencies"]["sms"]),
        ],
        ids=["runtime", "development", "roads", "policies", "trips", "sms"],
    )
    def test_every_dependency_is_bounded_and_its_pin_lies_within(self, file: Path, asked: list[str]) -> None:
        pins = self.pins(file)
        for requirement in map(Requirement, asked):
            pinned = next(iter(pins[requirement.name].specifier)).version
            assert requirement.specifier.contains(pinned), f"{requirement} does not allow {pinned}"
            assert {part.operator for part in requirement.specifier} == {">=", "<"}, f"{requirement} has no bounds"
            assert str(requirement.marker) == str(pins[requirement.name].marker)


class TestDocuments:
    @pytest.mark.parametrize(
        "name",
        [
            "README.md",
            "CHANGELOG.md",
            "LICENSE",
            "docs/ARCHITECTURE.md",
            "docs/PROTOCOL.md",
            "benchmarks/README.md",
        ],
    )
    def test_what_a_newcomer_reads_is_there(self, name: str) -> None:
        assert len((ROOT / name).read_text("utf-8").splitlines()) > 5

    def test_the_protocol_names_every_error_code_that_a_frame_can_be_answered_with(self) -> None:
        protocol = (ROOT / "docs/PROTOCOL.md").read_text("utf-8")
        kinds = errors.FrameError.__subclasses__()
        assert len(kinds) > 10
        assert [kind.code for kind in kinds if f"`{kind.code}`" not in protocol] == []

    def test_the_readme_names_every_command(self) -> None:
        readme = (ROOT / "README.md").read_text("utf-8")
        commands = (
            "make demo",
            "make test",
            "dispatch serve",
            "dispatch simulate",
            "dispatch db seed",
            "dispatch config show",
        )
        assert [command for command in commands if command not in readme] == []


def test_every_error_has_a_code_of_its_own_in_snake_case() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.FrameError)]
    codes = [kind.code for kind in kinds if kind is not errors.FrameError]
    assert len(set(codes)) == len(codes)
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []


READ_BY_PEOPLE = (*PYTHON_FOLDERS, "docs")


def test_nobody_is_called_he_or_she_in_code_or_documents() -> None:
    files = [
        file for folder in READ_BY_PEOPLE for file in (ROOT / folder).rglob("*.*") if file.suffix in (".py", ".md")
    ]
    exempt = [Path(__file__), ROOT / "tests/data"]
    said = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in [*ROOT.glob("*.md"), *ROOT.glob("*.py"), *files]
        if not any(file.is_relative_to(other) for other in exempt)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if OF_ONE_SEX.search(line)
    ]
    assert said == []
