"""URLs and files of maps, as people write them: what goes into the policy of a page must be a host and nothing else."""

import re

import pytest

from dispatch.config.map_sources import is_url_or_empty, origin_of


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://tiles.example/styles/liberty.json?key=a", "https://tiles.example"),
        ("HTTP://Tiles.Example:8080", "http://tiles.example:8080"),
        ("town.pmtiles", ""),
        ("/srv/maps/town.pmtiles", ""),
        (r"C:\maps\town.pmtiles", ""),
        ("", ""),
    ],
)
def test_a_url_has_an_origin_and_a_file_has_none(written: str, origin: str) -> None:
    assert origin_of(written) == origin


@pytest.mark.parametrize(
    "written",
    [
        "ftp://tiles.example/x",
        "https://tiles.example; script-src *",
        "https://tiles.example/a;b",
        "https://tiles.example/a b",
        "https://tiles.example\n",
        "https://me:secret@tiles.example/",
        "https://*/",
        "https://",
        "javascript://x",
    ],
)
def test_nothing_else_reaches_a_policy(written: str) -> None:
    with pytest.raises(ValueError, match=re.escape(written)):
        origin_of(written)


def test_a_style_is_a_url_or_nothing() -> None:
    is_url_or_empty("")
    is_url_or_empty("https://tiles.example/style.json")
    with pytest.raises(ValueError, match=r"style\.json"):
        is_url_or_empty("style.json")
