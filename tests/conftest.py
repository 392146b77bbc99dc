"""Every test: no phone of anybody in it may be read by somebody whom it does not concern."""

from collections.abc import Iterator

import pytest

from tests.canaries import CANARIES, watch

watch()


@pytest.fixture(autouse=True)
def no_phone_leaks() -> Iterator[None]:
    """The test fails in which a phone was seen where it should not be."""
    CANARIES.forget()
    CANARIES.leaks.clear()
    yield
    leaks = list(dict.fromkeys(CANARIES.leaks))
    assert leaks == [], "phones were seen by people whom they do not concern"
