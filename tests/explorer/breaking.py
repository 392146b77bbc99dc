"""The rows of `test_observers.py`: by the place that notes a broken invariant, a story that breaks it."""

from collections.abc import Callable

ROWS: dict[str, Callable[[], None]] = {}
"""By names such as `Watch._offered: no-offer-to-busy`: function and invariant."""


def breaks(*names: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """This story breaks these invariants, and these places note it."""

    def enter(story: Callable[[], None]) -> Callable[[], None]:
        for name in names:
            assert name not in ROWS, f"{name} has a row already"
            ROWS[name] = story
        return story

    return enter
