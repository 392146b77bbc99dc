"""Who lost an event, and until when that counts."""

from dispatch.messages.base import Recorded
from dispatch.messages.journal import NotAppended
from dispatch.storage.losses import REMEMBERED, Losses
from tests.storage.stories import append


def test_an_actor_that_lost_nothing_is_not_refused() -> None:
    losses = Losses()
    losses.lose(append("ride/other"), "disk_full")
    assert losses.refusal(append("ride/mine")) is None


def test_whatever_follows_a_loss_is_refused_for_the_same_reason() -> None:
    losses = Losses()
    assert losses.lose(append("ride/r", through=3), "disk_full") == NotAppended(1, 3, "disk_full")
    assert losses.refusal(append("ride/r", through=4)) == NotAppended(1, 4, "disk_full")
    assert losses.refusal(append("ride/r", through=9)) == NotAppended(1, 9, "disk_full")


def test_another_incarnation_starts_afresh() -> None:
    losses = Losses()
    losses.lose(append("ride/r"), "disk_full")
    assert losses.refusal(append("ride/r", incarnation=2)) is None
    losses.lose(append("ride/r", incarnation=2), "database_busy")
    assert losses.refusal(append("ride/r", incarnation=2, through=5)) == NotAppended(2, 5, "database_busy")


def test_what_builds_on_what_another_lost_is_refused_and_so_is_what_builds_on_that() -> None:
    losses = Losses()
    losses.lose(append("driver/d", incarnation=4), "disk_full")
    claim = append("ride/r", after=Recorded("driver/d", 4, 1))
    assert losses.refusal(claim) == NotAppended(1, 1, "disk_full")
    assert losses.refusal(append("dispatcher/0", after=Recorded("ride/r", 1, 1))) == NotAppended(1, 1, "disk_full")
    assert losses.refusal(append("ride/s", after=Recorded("driver/d", 5, 1))) is None, "another life of that driver"


def test_a_loss_counts_for_those_who_built_on_it_even_when_its_actor_speaks_again() -> None:
    losses = Losses()
    losses.lose(append("driver/d", incarnation=4), "disk_full")
    assert losses.refusal(append("driver/d", incarnation=5)) is None
    assert losses.refusal(append("ride/r", after=Recorded("driver/d", 4, 1))) == NotAppended(1, 1, "disk_full")


def test_old_losses_are_forgotten() -> None:
    losses = Losses()
    for number in range(REMEMBERED + 1):
        losses.lose(append(f"driver/{number}"), "disk_full")
    assert losses.refusal(append("ride/r", after=Recorded("driver/0", 1, 1))) is None
    assert losses.refusal(append("ride/r", after=Recorded("driver/1", 1, 1))) is not None
