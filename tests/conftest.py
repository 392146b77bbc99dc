"""Every test: no phone of anybody in it may be read by somebody whom it does not concern."""

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from tests import forked
from tests.canaries import CANARIES, watch

watch()
forked.install()


ROOT = Path(__file__).parent.parent
LONGEST = (
    "tests/e2e/test_openapi_held.py",
    "tests/e2e/test_kills.py",
    "tests/explorer/test_lossy_worlds.py",
)
"""They begin first, so that no worker is still busy with one of them when the others have nothing left to do."""


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, None, None]:
    """Eleven thousand tests are no garbage: the collector looks at them neither while they are found nor later."""
    gc.disable()
    try:
        if session.config.args == session.config.getini("testpaths"):
            _import_from_elsewhere()
        yield
    finally:
        gc.freeze()
        gc.enable()


def _import_from_elsewhere() -> None:
    """Each worker compiles another part of the tests first. All of them in the same order would compile each file at the same time."""
    worker, workers = (
        os.environ.get("PYTEST_XDIST_WORKER", "gw0"),
        int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
    )
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    first = len(files) * int(worker.removeprefix("gw")) // workers
    for file in files[first:] + files[:first]:
        with suppress(Exception):  # pytest imports it once more, and says what is wrong
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(autouse=True)
def no_phone_leaks() -> Iterator[None]:
    """The test fails in which a phone was seen where it should not be."""
    CANARIES.forget()
    CANARIES.leaks.clear()
    yield
    leaks = list(dict.fromkeys(CANARIES.leaks))
    assert leaks == [], "phones were seen by people whom they do not concern"
