"""The colours of the pages: in every theme what is read can be read, and states differ from what they stand on."""

import re

import pytest

from dispatch.web import FOLDER

STYLE = (FOLDER / "style" / "tokens.css").read_text("utf-8")
BLOCKS = {
    name or "light": body for name, body in re.findall(r':root(?:\[data-theme="([\w-]+)"\])? \{(.*?)\n\}', STYLE, re.S)
}
THEMES = {name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", body)) for name, body in BLOCKS.items()}
GROUNDS = ("bg", "surface", "sunken")
READ = [(word, ground) for word in ("text", "muted", "accent", "accept", "danger", "warn") for ground in GROUNDS]
READ += [(f"on-{ground}", ground) for ground in ("accent", "accept", "danger")]
READ += [("text", f"band-{kind}") for kind in ("info", "warn", "danger")]
READ += [("map-label", f"map-{ground}") for ground in ("land", "road", "water", "green")]
SEEN = [(edge, ground) for edge in ("line", "focus") for ground in ("bg", "surface")]
SEEN += [
    (f"state-{state}", ground)
    for state in ("needs", "offered", "coming", "free", "trip", "off")
    for ground in ("surface", "map-land", "map-road")
]


def luminance(colour: str) -> float:
    """Of WCAG 2.2: how bright a colour is, from 0 to 1."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)


def test_every_theme_names_every_colour() -> None:
    assert set(THEMES) == {"light", "dark", "hc-dark", "hc-light"}
    assert all(set(colours) == set(THEMES["light"]) for colours in THEMES.values())


def weak(theme: str, pairs: list[tuple[str, str]], least: float) -> dict[tuple[str, str], float]:
    """The pairs of colours that differ by less than this in a theme."""
    colours = THEMES[theme]
    found = {(one, other): contrast(colours[one], colours[other]) for one, other in pairs}
    return {pair: ratio for pair, ratio in found.items() if ratio < least}


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_what_is_read_can_be_read(theme: str) -> None:
    assert weak(theme, READ, 7.0 if theme.startswith("hc") else 4.5) == {}


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_edges_and_states_differ_from_what_they_stand_on(theme: str) -> None:
    assert weak(theme, SEEN, 3.0) == {}


def test_no_other_file_names_a_colour() -> None:
    for file in FOLDER.rglob("*.css"):
        if file.name != "tokens.css" and "vendor" not in file.parts:
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb\(", file.read_text("utf-8")), file
