"""Texts to callers, for whom staff booked by phone: who comes and when, or that nobody does.

Nobody waits for a text, but the ride hears that it has left: until then it is sent anew by each later life of the ride, at least once.
"""

from functools import partial
from typing import Final

from dispatch import addresses
from dispatch.messages.providers import TextCaller, TextSent
from dispatch.ports import Tells
from dispatch.providers.notify import Notifier, Text

NOBODY: Final = "We are sorry: no driver is free for your ride now. Please call us again."
UNKNOWN: Final = ("", "-")
"""How a file says that it has no plate."""


class CallerTexts:
    """The sink at `addresses.TEXTS`. The notifier tries again and reports what it could not send."""

    def __init__(self, notifier: Notifier | None, post: Tells) -> None:
        """`notifier`: None: nobody sends texts here. `post`: tells rides what has left."""
        self._notifier = notifier
        self._post = post

    def deliver(self, message: TextCaller) -> None:
        """Have the text sent."""
        if self._notifier is not None:
            told = partial(self._post.tell, addresses.ride(message.ride_id), TextSent(message.number))
            self._notifier.send(Text(message.phone, text_of(message)), told)


def text_of(message: TextCaller) -> str:
    """The whole text, in a few plain words."""
    driver = message.driver
    if driver is None:
        return NOBODY
    vehicle = ", ".join(word for word in (driver.vehicle_type, driver.vehicle_registration) if word not in UNKNOWN)
    who = f"{driver.name} ({vehicle})" if vehicle else driver.name
    if message.eta_s is None:
        return f"Your ride: {who} is on the way."
    return f"Your ride: {who} comes in about {max(1, round(message.eta_s / 60))} min."
