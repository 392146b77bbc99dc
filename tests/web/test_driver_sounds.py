"""The sounds of the driver's page are those that docs/make_sounds.py makes, and are small."""

import pytest

from docs import make_sounds
from docs.make_sounds import FOLDER, SOUNDS


@pytest.mark.parametrize("name", sorted(SOUNDS))
def test_a_sound_is_what_the_script_makes(name: str) -> None:
    assert (FOLDER / name).read_bytes() == make_sounds.sound(SOUNDS[name])


def test_all_sounds_together_are_less_than_a_picture() -> None:
    files = sorted(FOLDER.glob("*"))
    assert [file.name for file in files] == sorted(SOUNDS)
    assert sum(file.stat().st_size for file in files) < 20_000
