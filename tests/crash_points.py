"""The table of the points at which the server's process dies in tests, by story: `tests/data/crash_points.csv`, kept by hand.

It is by hand so that tests have the same names whatever the product does, and a point that comes or goes is seen by whoever made it.
"""

from collections.abc import Sequence
from csv import DictReader
from difflib import unified_diff
from pathlib import Path

_TABLE = Path(__file__).parent / "data" / "crash_points.csv"


def points_of(story: str) -> list[str]:
    """The points of this story, in their order. Raises LookupError when the table has none."""
    with _TABLE.open(newline="", encoding="utf-8") as file:
        points = [row["point"] for row in DictReader(file) if row["story"] == story]
    if not points:
        raise LookupError(f"no story {story!r} in {_TABLE.name}")
    return points


def assert_none_is_missing(story: str, passed: Sequence[str]) -> None:
    """The story comes by exactly the points that the table says. The failure says which lines to add or to take out."""
    difference = list(unified_diff(points_of(story), passed, _TABLE.name, "the story as it runs", lineterm="", n=1))
    assert not difference, f"write the points of {story!r} anew in {_TABLE}:\n" + "\n".join(difference)
