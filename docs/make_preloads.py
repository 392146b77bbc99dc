"""Writes into each page which modules it needs at once, so that a browser fetches them together: `python docs/make_preloads.py`.

tests/test_web_page.py holds the pages current.
"""

from __future__ import annotations

import re
from pathlib import Path

from dispatch.web import FOLDER

PAGES = tuple(FOLDER / page / "index.html" for page in ("passenger", "driver", "desk", "developer"))
IMPORTED = re.compile(r"""(?:^|;)\s*(?:import|export)\b[^;"'()]*?["'](\.[^"']+)["']""", re.MULTILINE)
PRELOAD = re.compile(r'^ *<link rel="modulepreload" [^\n]*\n', re.MULTILINE)
SCRIPT = re.compile(r'^( *)<script type="module" src="/web/([^"]+)"></script>\n', re.MULTILINE)


def closure(module: Path) -> set[Path]:
    """A module and all that it imports before it runs."""
    seen: set[Path] = set()
    waiting = [module]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            code = re.sub(r"/\*.*?\*/", "", one.read_text("utf-8"), flags=re.DOTALL)
            waiting += [(one.parent / name).resolve() for name in IMPORTED.findall(code)]
    return seen


def with_preloads(html: str) -> str:
    """The page with a line for each module that its own one imports at once, below that one."""
    bare = PRELOAD.sub("", html)
    script = SCRIPT.search(bare)
    assert script is not None, "a page has one module of its own"
    indent, own = script[1], FOLDER / script[2]
    paths = [module.relative_to(FOLDER).as_posix() for module in sorted(closure(own) - {own})]
    lines = [f'{indent}<link rel="modulepreload" href="/web/{path}">\n' for path in paths]
    return bare[: script.end()] + "".join(lines) + bare[script.end() :]


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(with_preloads(page.read_text("utf-8")), "utf-8")
