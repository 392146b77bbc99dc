"""Codes that would be an SMS are printed and kept."""

import asyncio

import pytest

from dispatch.providers.notify import Text
from sim.sandbox.shown_codes import KEPT, ShownCodes


def test_codes_are_kept_with_the_newest_last_and_texts_are_only_printed(capsys: pytest.CaptureFixture[str]) -> None:
    async def story() -> list[tuple[str, str, float]]:
        shown = ShownCodes(print, lambda: 7.0)
        for number in range(KEPT + 2):
            await shown.deliver(Text("27821234567", f"{number} is your login code.", f"{number:06}"))
        await shown.deliver(Text("27821234567", "Your ride: Michael comes."))
        return list(shown.codes)

    codes = asyncio.run(story())
    assert len(codes) == KEPT
    assert codes[-1] == ("27821234567", f"{KEPT + 1:06}", 7.0)
    assert "login code 000003 for" in capsys.readouterr().out
