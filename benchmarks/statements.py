"""How many statements `dispatch/` has, by room: `python benchmarks/statements.py [checkout] [--beside older_checkout]`.

A statement is a node of the syntax tree: `if` and what is in it are two. Docstrings are not counted. A room here is a folder right
under `dispatch/`, with all in it. Beside an older checkout, what lies in folders that it has not is summed up apart.
"""

from __future__ import annotations

import ast
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from pathlib import Path

GROUND_FLOOR = "(files)"


def statements(source: str) -> int:
    """How many there are in a file."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    return sum(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in nodes)


def by_room(checkout: Path) -> Counter[str]:
    """The statements of each folder right under `dispatch/`, and of the files beside them."""
    told: Counter[str] = Counter()
    for path in (checkout / "dispatch").rglob("*.py"):
        folder, *deeper = path.relative_to(checkout / "dispatch").parts
        told[folder if deeper else GROUND_FLOOR] += statements(path.read_text())
    return told


def main() -> None:
    """Print the rooms and the sum."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("checkout", nargs="?", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--beside", type=Path, help="an older checkout")
    arguments = parser.parse_args()
    rooms = by_room(arguments.checkout)
    before = by_room(arguments.beside) if arguments.beside else rooms
    for room in sorted(rooms | before):
        print(f"{rooms[room]:6,}{before[room]:8,} {room}" if arguments.beside else f"{rooms[room]:6,} {room}")
    added = sum(count for room, count in rooms.items() if room not in before)
    print(
        f"{rooms.total():6,} in all"
        + (f", {before.total():,} before; {added:,} of them in folders that are new" if added else "")
    )


if __name__ == "__main__":
    main()
