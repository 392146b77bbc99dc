"""Documents tell the truth: drawn pages are current, commands and links exist, what can be pasted works."""

import json
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cli
from dispatch.transport import wire
from tests.thorough import TIMES

ROOT = Path(cli.__file__).parent
DRAWN = ("settings", "states", "metrics")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")
COMMAND = re.compile(r"^dispatch .*$", re.MULTILINE)
PASTED = re.compile(r"^> (\{.*\})$", re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def where(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("name", DRAWN)
def test_a_page_that_is_drawn_from_tables_is_current(name: str) -> None:
    script = f"docs/make_{name}.py"
    drawn: str = runpy.run_path(str(ROOT / script))["page"]()
    assert read(f"docs/{name.upper()}.md") == drawn, f"draw it again: python {script}"


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    targets = [target for target, _ in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def commands(group: click.Group, *path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name))


@pytest.mark.parametrize("command", tuple(commands(cli.main)))
def test_the_readme_has_an_example_of_every_command(command: str) -> None:
    assert re.search(rf"^\| `dispatch {command}` \|.*`dispatch {command} [^|]+`", read("README.md"), re.MULTILINE)


def examples() -> Iterator[str]:
    """Every command line of `dispatch` in a code block or in backquotes, one command each."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```\n(.*?)```", text, re.DOTALL):
            for line in COMMAND.findall(block):
                yield from (part.strip() for part in line.partition("#")[0].split("&&"))
        yield from re.findall(r"`(dispatch [^`|]* --[^`|]*)`", text)


@pytest.mark.parametrize("line", sorted(set(examples())))
def test_every_command_line_in_the_documents_is_one_that_is_understood(line: str) -> None:
    words = shlex.split(line.replace("FILE", "trips.csv"))[1:]
    command: click.Command = cli.main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command = command.commands[words.pop(0)]
    try:
        command.make_context("dispatch", words)
    except click.exceptions.Exit:
        assert "--help" in line


def test_every_frame_that_the_readme_has_people_paste_is_one_that_the_server_takes() -> None:
    pasted = PASTED.findall(read("README.md"))
    taken = [[kind.read(frame) for kind in (wire.FROM_DRIVER, wire.FROM_PASSENGER)] for frame in pasted]
    assert len(pasted) >= 3
    assert [frame for frame, answers in zip(pasted, taken, strict=True) if all_refused(answers)] == []


def all_refused(answers: list[wire.ClientMessage | wire.Refused]) -> bool:
    return all(isinstance(answer, wire.Refused) for answer in answers)


DECIDED_ON_THE_SHIPPED_DAY = "5b8d0fb7e5269ecc3b80d070c86749d7"
"""The digest of decisions: it stays the same while only the inside changes, see tests/sim/checks/test_decisions_kept.py."""
DECIDED_FROM_SEVEN_TO_NINE = "cd4b86bb9730494306bdde39689e33d8"
"""The same of the two fullest hours: while this stays the same, and the digests of those towns, README's table does as well."""


class TestFiguresOfTheReadme:
    """README's table and its sentence are what a run of the shipped day comes to: `make check` runs it, `make test` a part."""

    drawn = runpy.run_path(str(ROOT / "docs/make_readme.py"))

    def test_two_hours_of_the_day_are_decided_and_told_as_when_they_were_drawn(self) -> None:
        text = self.drawn["printed"]("--codec", "off", "--from", "07:00", "--for", "2h")
        printed, shown = self.rows(self.drawn["table_of"](text)), self.rows(self.table())
        assert len(shown) > 15
        assert list(shown) == list(printed), "draw it again: python docs/make_readme.py"
        decided = f"decisions {DECIDED_FROM_SEVEN_TO_NINE}"
        assert decided in text.splitlines(), "draw it again, change both digests here, and say in the commit why"

    if TIMES > 1:

        def test_they_are_current_but_for_what_depends_on_the_machine(self) -> None:
            text = self.drawn["printed"]("--codec", "off")  # the same figures in two thirds of the time
            assert self.rows(self.table()) == self.rows(self.drawn["table_of"](text)), "python docs/make_readme.py"
            assert f"decisions {DECIDED_ON_THE_SHIPPED_DAY}" in text.splitlines(), "say in the commit why"

    def test_the_introduction_says_what_the_table_says(self) -> None:
        assert self.drawn["sentence"](self.table()) in read("README.md")

    def table(self) -> str:
        found = self.drawn["TABLE"].search(read("README.md"))
        assert found is not None
        return str(found[0])

    def rows(self, table: str) -> dict[str, str]:
        varying = self.drawn["OF_THE_MACHINE"]
        return {label: "" if label in varying else value for label, value in self.drawn["rows"](table).items()}


class TestPolicies:
    """The tables of POLICIES.md are what runs come to, and its example is the one that tests/test_policies.py runs."""

    drawn = runpy.run_path(str(ROOT / "docs/make_policies.py"))

    @pytest.mark.parametrize("policy", ["seed", "batched"])
    def test_the_rows_of_the_model_city_are_current(self, policy: str) -> None:
        shown = self.drawn["rows"](read("docs/POLICIES.md"), "city")
        assert self.drawn["city_row"](policy) in shown, "draw it again: python docs/make_policies.py"

    def test_batched_is_shorter_and_serves_more_on_every_seed_of_the_shipped_day(self) -> None:
        cells = [row.strip("|\n").split("|") for row in self.drawn["rows"](read("docs/POLICIES.md"), "day")]
        found = {(row[0].strip(), row[1].strip(" `")): row for row in cells}
        for seed in map(str, self.drawn["DAY_SEEDS"]):
            rounds, batched = found[seed, "seed"], found[seed, "batched"]
            assert self.number(batched[2]) >= self.number(rounds[2]), "completed"
            assert self.number(batched[4]) < self.number(rounds[4]), "way"
            assert self.number(batched[5].partition("·")[2]) <= self.number(rounds[5].partition("·")[2]), "p95"

    @staticmethod
    def number(cell: str) -> float:
        return float(cell.replace(",", ""))

    def test_the_example_is_the_file_that_the_tests_run(self) -> None:
        assert f"```python\n{read('examples/fair_policy.py')}```" in read("docs/POLICIES.md")


def test_the_architecture_names_every_room() -> None:
    text = read("docs/ARCHITECTURE.md")
    rooms = [entry for entry in (ROOT / "dispatch").iterdir() if not entry.name.startswith("_")]
    names = [f"{room.name}/" if room.is_dir() else room.name for room in rooms if room.suffix in ("", ".py")]
    assert len(names) > 8
    assert [name for name in names if f"`{name}" not in text and f"/{name}`" not in text] == []


def test_every_benchmark_has_its_figures_in_their_readme() -> None:
    scripts = [script.name for script in (ROOT / "benchmarks").glob("bench_*.py")]
    assert [name for name in scripts if f"python benchmarks/{name}" not in read("benchmarks/README.md")] == []


def test_the_changelog_has_a_section_for_this_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    headings = re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", version]


class TestExamples:
    """The two smallest apps, against a real server."""

    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[str]:
        command = [sys.executable, str(ROOT / "cli.py"), "serve", "--port", "0", "--db", str(tmp_path / "rides.db")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, text=True) as process:
            assert process.stdout is not None
            address = re.search(r"http://(\S+)", process.stdout.readline())
            assert address is not None
            yield f"ws://{address[1]}"
            process.terminate()
            assert process.wait(15) == 0

    def test_the_examples_take_each_other_from_booking_to_arrival(self, server: str, tmp_path: Path) -> None:
        driver = [sys.executable, str(ROOT / "examples/driver.py"), "+27821234568", server]
        passenger = [sys.executable, str(ROOT / "examples/passenger.py"), "ride-1", server]
        with subprocess.Popen(driver, stdout=subprocess.DEVNULL, cwd=tmp_path) as app:
            told = subprocess.run(passenger, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True)
            app.terminate()
        frames = [json.loads(line) for line in told.stdout.splitlines()]
        kinds = list(dict.fromkeys(frame["type"] for frame in frames))
        news = [kind for kind in kinds if kind != "driver_location"]
        assert news == ["searching", "ack", "driver_assigned", "driver_arrived", "ride_started", "ride_completed"]


def test_every_file_that_the_ways_of_changes_name_is_there() -> None:
    page = read("docs/CONTRIBUTING.md")
    example = page.index("## An example")
    named = re.findall(r"`([a-z_./]+/(?:[a-z_]+\.py|))`", page[:example])
    assert len(named) > 25
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / "dispatch" / name).exists()] == []
