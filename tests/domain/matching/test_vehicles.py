"""Which vehicle does for whom."""

from dispatch.domain.matching.vehicles import ANY_VEHICLES, Vehicles

CITY = Vehicles.of("sedan: suv van, suv, van")


def test_whoever_names_no_type_takes_every_vehicle() -> None:
    assert CITY.serves("", "van") and ANY_VEHICLES.serves("", "")


def test_a_type_is_served_by_itself_and_by_those_that_the_list_names_for_it() -> None:
    served = {
        wanted: [each for each in ("sedan", "suv", "van") if CITY.serves(wanted, each)] for wanted in CITY.served_by
    }
    assert served == {"sedan": ["sedan", "suv", "van"], "suv": ["suv"], "van": ["van"]}


def test_without_a_list_a_type_is_served_by_itself_alone() -> None:
    assert ANY_VEHICLES.serves("boat", "boat")
    assert not ANY_VEHICLES.serves("sedan", "suv")


def test_only_what_is_on_the_list_can_be_asked_for_and_without_one_anything() -> None:
    assert [each for each in ("", "sedan", "boat") if CITY.can_be_asked_for(each)] == ["", "sedan"]
    assert ANY_VEHICLES.can_be_asked_for("boat")


def test_a_type_is_the_same_however_settings_drivers_and_passengers_write_it() -> None:
    written = Vehicles.of("Sedan: VAN, Van")
    assert written.served_by == {"sedan": ("van",), "van": ()}
    assert written.can_be_asked_for(" SEDAN ")
    assert written.serves("Sedan", "VAN") and written.serves("sedan", " Sedan")
    assert ANY_VEHICLES.serves("Boat", "boat ")
    assert not ANY_VEHICLES.serves("Boat", "boats")
