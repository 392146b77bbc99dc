"""Every test: no phone of anybody in it may be read by somebody whom it does not concern."""

import gc
from collections.abc import Generator, Iterator

import pytest

from tests.canaries import CANARIES, watch

watch()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, None, None]:
    """Eleven thousand tests are no garbage: the collector looks at them neither while they are found nor later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def no_phone_leaks() -> Iterator[None]:
    """The test fails in which a phone was seen where it should not be."""
    CANARIES.forget()
    CANARIES.leaks.clear()
    yield
    leaks = list(dict.fromkeys(CANARIES.leaks))
    assert leaks == [], "phones were seen by people whom they do not concern"
