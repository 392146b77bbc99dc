"""What a driver's file says about offers, by the second."""

from math import inf

import pytest

from dispatch.domain.driver.documents import changes_at, ended, ending, held_back
from dispatch.values import Document, DriverFile
from dispatch.words import DriverStatus, PersonStatus

DAY_S, NOW = 86_400.0, 1_800_000_000.0
WARN_S = 14 * DAY_S


def licence(days: float, kind: str = "licence") -> Document:
    return Document(kind, "L 1", NOW + days * DAY_S)


def file(*documents: Document, status: PersonStatus = PersonStatus.ACTIVE) -> DriverFile:
    return DriverFile(status, documents)


@pytest.mark.parametrize(
    ("days", "is_ended", "is_ending"),
    [(-1, True, False), (0, True, False), (1, False, True), (14, False, True), (14.1, False, False)],
)
def test_a_document_ends_at_its_second_and_is_ending_for_as_long_before_as_is_set(
    days: float, is_ended: bool, is_ending: bool
) -> None:
    assert bool(ended([licence(days)], NOW)) is is_ended
    assert bool(ending([licence(days)], NOW, WARN_S)) is is_ending


def test_documents_are_told_in_the_order_in_which_they_end() -> None:
    documents = [licence(3), licence(1, "permit"), licence(-1), licence(-2, "permit")]
    assert [document.kind for document in ending(documents, NOW, WARN_S)] == ["permit", "licence"]
    assert [document.kind for document in ended(documents, NOW)] == ["permit", "licence"]


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (None, None),
        (file(), None),
        (file(licence(1)), None),
        (file(licence(1), status=PersonStatus.INVITED), None),
        (file(licence(1), licence(0, "permit")), DriverStatus.DOCUMENT_ENDED),
        (file(licence(1), status=PersonStatus.SUSPENDED), DriverStatus.SUSPENDED),
        (file(licence(-1), status=PersonStatus.SUSPENDED), DriverStatus.SUSPENDED),
    ],
)
def test_a_suspension_or_one_ended_document_keeps_offers_away(of: DriverFile | None, why: DriverStatus | None) -> None:
    assert held_back(of, NOW) == why


@pytest.mark.parametrize(
    ("of", "at_days"),
    [
        (None, inf),
        (file(), inf),
        (file(licence(-1)), inf),
        (file(licence(0)), inf),
        (file(licence(20)), 6),
        (file(licence(14)), 14),
        (file(licence(3), licence(15, "permit")), 1),
        (file(licence(0.5), licence(15, "permit")), 0.5),
    ],
)
def test_a_file_changes_by_itself_when_a_warning_is_due_or_a_document_ends(
    of: DriverFile | None, at_days: float
) -> None:
    assert changes_at(of, NOW, WARN_S) == NOW + at_days * DAY_S
