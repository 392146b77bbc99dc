"""Who lost an event, and until when that counts."""

from dispatch.messages.journal import NotAppended
from dispatch.storage.losses import Losses
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
