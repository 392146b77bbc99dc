"""Every test: no phone of anybody in it may be read by somebody whom it does not concern."""

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from importlib import import_module
from itertools import groupby
from pathlib import Path

import pytest

from tests import forked
from tests.canaries import CANARIES, watch

watch()
forked.install()


ROOT = Path(__file__).parent.parent
WAITING = ("tests/browser/", "tests/e2e/", "tests/web/")
"""Their tests wait for browsers, processes and a real clock more than they work."""
LONGEST = (
    "tests/e2e/test_openapi_held.py",
    "tests/e2e/test_kills.py",
    "tests/e2e/test_demo.py",
    "tests/e2e/test_sandbox.py",
    "tests/browser/test_flow.py",
    "tests/browser/test_requests.py",
    "tests/browser/test_sandbox.py",
    "tests/fuzz/test_fuzz.py",
    "tests/sim/test_eta.py",
    "tests/explorer/test_lossy_worlds.py",
)
"""They begin first, so that no worker is still busy with one of them when the others have nothing left to do."""
WORKER, WORKERS = "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, None, None]:
    """Eleven thousand tests are no garbage: the collector looks at them neither while they are found nor later."""
    gc.disable()
    try:
        if WORKER in os.environ and session.config.args == session.config.getini("testpaths"):
            _import_from_elsewhere()
        yield
    finally:
        gc.freeze()
        gc.enable()


def _import_from_elsewhere() -> None:
    """Each worker compiles another part of the tests first. All of them in the same order would compile each file at the same time."""
    worker, workers = os.environ[WORKER], int(os.environ[WORKERS])
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    first = len(files) * int(worker.removeprefix("gw")) // workers
    for file in files[first:] + files[:first]:
        with suppress(Exception):  # pytest imports it once more, and says what is wrong
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; and of several workers half begin with tests that wait, so that the others have the cores meanwhile.

    Each worker has the next part of the list, all parts of the same length. One that has nothing left takes from the end of another's.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    workers = int(os.environ.get(WORKERS, "1"))
    waiting: list[list[pytest.Item]] = [[] for _ in range(workers // 2)]
    if not waiting:
        return
    working: list[pytest.Item] = []
    for _, group in groupby(items, lambda item: item.path):
        file = list(group)
        (min(waiting, key=len) if file[0].nodeid.startswith(WAITING) else working).extend(file)
    each = len(items) // workers
    items.clear()
    for part in waiting:
        keep = len(working) - max(0, each - len(part))
        items += part + working[keep:]
        del working[keep:]
    items += working


@pytest.fixture(autouse=True)
def no_phone_leaks() -> Iterator[None]:
    """The test fails in which a phone was seen where it should not be."""
    CANARIES.forget()
    CANARIES.leaks.clear()
    yield
    leaks = list(dict.fromkeys(CANARIES.leaks))
    assert leaks == [], "phones were seen by people whom they do not concern"
