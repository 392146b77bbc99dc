"""How a request of the desk is read. The routes themselves run in tests/e2e/test_desk_http.py."""

import pytest

from dispatch.errors import BadField
from dispatch.transport.http.routes.desk import place_of
from dispatch.values import Place


def test_a_place_of_an_edit_is_whole_or_none() -> None:
    assert place_of("pickup", None, None, None) is None
    assert place_of("pickup", -26.2, 28.0, None) == Place(-26.2, 28.0, "")


@pytest.mark.parametrize(
    ("lat", "lon", "address", "field"),
    [
        (-26.2, None, None, "pickup_longitude"),
        (None, 28.0, None, "pickup_latitude"),
        (None, None, "9 Elm St", "pickup_latitude"),
    ],
)
def test_half_a_place_is_a_bad_field(lat: float | None, lon: float | None, address: str | None, field: str) -> None:
    with pytest.raises(BadField) as refused:
        place_of("pickup", lat, lon, address)
    assert refused.value.field == field
