"""docs/WEB.md tells the truth about the pages: the names for tests, and what each page weighs."""

import gzip
import re
from pathlib import Path

import pytest

from dispatch.transport.http.routes.web import PAGES, Files
from dispatch.web import FOLDER
from docs import make_preloads
from docs.make_preloads import closure

PAGE = (Path(__file__).parent.parent / "docs" / "WEB.md").read_text("utf-8")
OF_ALL = ("shell", "style")
NAME = re.compile(r"""\btest: (?:\w+ \? )?["`]([^"`]+)["`](?: : ["`]([^"`]+)["`])?|dataset\.test = ["`]([^"`]+)["`]""")


def table(heading: str) -> dict[str, str]:
    """The rows of the table under a heading: the first cell, and the rest of the row."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split("|", 1) for line in part.splitlines() if line.startswith("|")][2:]
    return {first.strip(): rest for first, rest in rows}


def named_in(folder: str) -> set[str]:
    """The names that elements of this part get, `<…>` for what is put in."""
    found = set()
    for file in (FOLDER / folder).rglob("*.js"):
        for match in NAME.finditer(file.read_text("utf-8")):
            found |= {re.sub(r"\$\{(?:\w+\.)*(\w+)\}", r"<\1>", name) for name in match.groups() if name}
    return found


def parts() -> list[str]:
    """The folders that have names for tests."""
    return sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir() and named_in(folder.name))


LISTED = {part: set(re.findall(r"`([^`]+)`", names)) for part, names in table("Names for tests").items()}


def test_every_part_with_names_is_listed() -> None:
    assert {"all" if part in OF_ALL else part for part in parts()} == set(LISTED)


@pytest.mark.parametrize("part", LISTED)
def test_the_names_of_a_part_are_those_of_its_sources(part: str) -> None:
    named = set().union(*map(named_in, OF_ALL)) if part == "all" else named_in(part)
    assert LISTED[part] == named


def words_weigh(page: str) -> int:
    """What the words of a page weigh, in the language where that is most."""
    files = (FOLDER / "texts").glob("*.json")
    return max(len(gzip.compress(Files(FOLDER).words(file.stem, page)[0].plain, 9)) for file in files)


def before_paint(html: Path) -> set[Path]:
    """A page, its styles, and all modules that it imports at once."""
    named = [FOLDER / path for path in re.findall(r'(?:src|href)="/web/([^"]+)"', html.read_text("utf-8"))]
    modules = set().union(*(closure(file) for file in named if file.suffix == ".js"))
    return {html, *(file for file in named if file.suffix == ".css"), *modules}


def packed(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), 9))


@pytest.mark.parametrize("page", make_preloads.PAGES, ids=lambda page: page.parent.name)
def test_modules_are_fetched_together_and_not_one_after_another(page: Path) -> None:
    html = page.read_text("utf-8")
    assert html == make_preloads.with_preloads(html), "run `python docs/make_preloads.py`"
    assert '<link rel="modulepreload" href="/web/shell/dom.js">' in html, (
        "which no page names, but what it imports does"
    )


WEIGHTS = {
    path: tuple(int(kb) * 1_000 for kb in re.findall(r"(\d+) KB", row))
    for paths, row in table("Weight").items()
    for path in re.findall(r"`([^`]+)`", paths)
}


@pytest.mark.parametrize("path", [path for path in WEIGHTS if (FOLDER / PAGES[path]).is_file()])
def test_a_page_weighs_little_before_its_first_paint(path: str) -> None:
    files = {file: packed(file) for file in before_paint(FOLDER / PAGES[path])}
    heaviest = sorted(files.items(), key=lambda one: -one[1])[:5]
    words = words_weigh(Path(PAGES[path]).parent.name)
    assert words + sum(files.values()) <= WEIGHTS[path][0], [(file.name, size) for file, size in heaviest]


def test_no_module_makes_markup_of_text_or_styles_of_attributes() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"style\""
    )
    for file in FOLDER.rglob("*.js"):
        if "vendor" not in file.parts:
            assert not forbidden.search(file.read_text("utf-8")), file
