"""The types of the client are those of the wire."""

from docs.make_client_types import FILE, types


def test_the_file_is_what_the_command_makes() -> None:
    assert FILE.read_text("utf-8") == types(), "run `python docs/make_client_types.py`"


def test_a_driver_hears_offers_and_a_passenger_books() -> None:
    text = FILE.read_text("utf-8")
    offer = text[text.index("export interface RideRequest {") :].partition("\n}\n")[0]
    assert "  fare: number;" in offer
    assert "  currency?: string | null;" in offer
    passenger = text[text.index("export type FromPassenger =") :].partition(";")[0]
    assert "  | FindDriver" in passenger
    assert "AcceptRide" not in passenger
    assert "unknown" not in text
