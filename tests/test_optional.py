import sys

import pytest

from dispatch.optional import without


def test_inside_a_library_is_as_if_it_was_not_installed_and_afterwards_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with without("this"), pytest.raises(ImportError):
        import this  # noqa: F401
    assert "this" not in sys.modules


def test_what_was_imported_before_stays() -> None:
    before = sys.modules["pytest"]
    with without("pytest"):
        assert sys.modules["pytest"] is before
    assert sys.modules["pytest"] is before
