"""The stage of every scenario: whatever story a test tells, the invariants hold in it to the end."""

from collections.abc import Iterator

import pytest

from tests.scenarios.theatre import Theatre


@pytest.fixture
def play() -> Iterator[Theatre]:
    """Makes stages, and asserts at the end of each that no invariant broke."""
    theatre = Theatre()
    yield theatre
    theatre.close()
