"""What an actor is told of its driver's file: what is due, and when to look again."""

from dispatch.actors.parts.standing import LOOK_AGAIN_S, Standing
from dispatch.messages.notices import DocumentExpiring, NoOffers
from dispatch.values import Document, DriverFile
from dispatch.words import DriverStatus, PersonStatus

HOUR_S, NOW = 3_600.0, 1_800_000_000.0
WARN_S = 10 * HOUR_S


def standing(*hours: float, status: PersonStatus = PersonStatus.ACTIVE) -> Standing:
    """Of a driver whose documents a, b, … end in so many hours."""
    documents = [Document("abc"[number], "", NOW + each * HOUR_S) for number, each in enumerate(hours)]
    made = Standing(WARN_S)
    made.take(DriverFile(status, tuple(documents)), NOW)
    return made


def test_without_a_file_nothing_is_due() -> None:
    made = Standing(WARN_S)
    assert made.take(None, NOW) is None
    assert (made.reason(NOW), list(made.warnings(NOW, anew=True)), made.next_timer(NOW)) == (None, [], None)


def test_the_reason_names_the_document_that_ended_first() -> None:
    assert standing(-1, -2).reason(NOW) == NoOffers(reason=DriverStatus.DOCUMENT_ENDED, document="b")
    assert standing(-1, status=PersonStatus.SUSPENDED).reason(NOW) == NoOffers(reason=DriverStatus.SUSPENDED)
    assert standing(1).reason(NOW) is None


def test_a_document_is_warned_of_once_and_to_a_new_connection_again() -> None:
    made = standing(5, 12)
    first = DocumentExpiring(document="a", expires_at=NOW + 5 * HOUR_S)
    second = DocumentExpiring(document="b", expires_at=NOW + 12 * HOUR_S)
    assert list(made.warnings(NOW)) == [first]
    assert list(made.warnings(NOW + HOUR_S)) == []
    assert list(made.warnings(NOW + 2 * HOUR_S)) == [second]
    assert list(made.warnings(NOW + 2 * HOUR_S, anew=True)) == [first, second]


def test_a_document_that_was_replaced_is_warned_of_again() -> None:
    made = standing(5)
    list(made.warnings(NOW))
    newer = Document("a", "", NOW + 6 * HOUR_S)
    made.take(DriverFile(PersonStatus.ACTIVE, (newer,)), NOW)
    assert [warning.expires_at for warning in made.warnings(NOW)] == [newer.expires_at]


def test_one_timer_is_set_for_what_comes_next() -> None:
    made = standing(12, 5)
    assert (made.next_timer(NOW), made.due_at) == (2 * HOUR_S, NOW + 2 * HOUR_S)
    assert made.next_timer(NOW) is None, "it is set"
    assert not made.fired(NOW + HOUR_S), "that was an older one"
    assert made.fired(NOW + 2 * HOUR_S)
    assert made.next_timer(NOW + 2 * HOUR_S) == 3 * HOUR_S


def test_no_timer_waits_for_longer_than_a_day() -> None:
    assert standing(1_000).next_timer(NOW) == LOOK_AGAIN_S
    assert standing().next_timer(NOW) is None
