"""Whoever names a phone may read it again in the refusal, so canaries do not sing here: `oracles` looks for what is of witnesses."""

from collections.abc import Iterator

import pytest

from tests.canaries import CANARIES


@pytest.fixture(autouse=True)
def no_phone_leaks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the place of the fixture of all other tests."""
    for seen in ("recorded", "sent", "told"):
        monkeypatch.setattr(CANARIES, seen, lambda *_: None)
    yield
