"""Files and writers for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatch.storage.log.on_file import Writer


@pytest.fixture()
def path(tmp_path: Path) -> Path:
    return tmp_path / "dispatch.db"


@pytest.fixture()
def writer(path: Path) -> Iterator[Writer]:
    opened = Writer(path, "off")
    yield opened
    opened.close()
