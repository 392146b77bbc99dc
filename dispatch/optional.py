"""Keeps a start from loading libraries that nothing here needs, but that other libraries load where they are installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*libraries: str) -> Iterator[None]:
    """Imports in this block go on as if these libraries were not installed. One that was imported before stays."""
    absent = [name for name in libraries if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
