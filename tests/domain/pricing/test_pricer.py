"""The price of a trip here and now: from its points, its hour and the demand of its zone."""

from fractions import Fraction
from typing import Any

from dispatch.config import Settings
from dispatch.domain.places.geo import TravelModel, haversine_m
from dispatch.domain.pricing.pricer import DemandMultiplier, Pricer
from dispatch.domain.pricing.tariff import tariff_of
from dispatch.values import FareLine, Place

MAIN_ST, OAK_AVE = Place(-26.2041, 28.0473), Place(-26.1850, 28.0550)


def pricer(demand: DemandMultiplier | None = None, **settings: Any) -> Pricer:
    held = Settings(**{"currency": "ZAR", "per_km": 10.0, **settings})
    tariff = tariff_of(held, held, held.currency)
    travel = TravelModel(detour=1.5, speed_mps=10.0)
    return Pricer(tariff, demand or DemandMultiplier(1.0), travel, lambda at: int(at // 60) % 1440)


def test_the_way_is_the_straight_line_longer_by_the_models_factor_in_whole_metres_and_seconds() -> None:
    straight_m = haversine_m(MAIN_ST.lat, MAIN_ST.lon, OAK_AVE.lat, OAK_AVE.lon)
    price = pricer().price(MAIN_ST, OAK_AVE, "", 0.0)
    assert (price.distance_m, price.duration_s) == (round(straight_m * 1.5), round(straight_m * 0.15))
    assert price.fare.minor == price.distance_m  # ten a kilometre is one minor unit a metre


def test_the_hour_at_which_a_trip_begins_decides_whether_it_is_one_of_the_night() -> None:
    rates = pricer(night_multiplier=2.0, night_from="22:00", night_to="06:00")
    noon, late = rates.price(MAIN_ST, OAK_AVE, "", 12 * 3600.0), rates.price(MAIN_ST, OAK_AVE, "", 22 * 3600.0)
    assert late.fare.minor == 2 * noon.fare.minor
    assert late.lines == (*noon.lines, FareLine("night", noon.fare.minor))


def test_a_type_of_vehicle_is_priced_by_its_own_rates_and_named_in_the_price() -> None:
    rates = pricer(vehicle_tariffs={"suv": {"per_km": 30.0}})
    any_car, suv = rates.price(MAIN_ST, OAK_AVE, "", 0.0), rates.price(MAIN_ST, OAK_AVE, "suv", 0.0)
    assert (suv.fare.minor, suv.vehicle_type) == (3 * any_car.fare.minor, "suv")


def test_demand_is_seen_in_the_fare_and_may_change_while_the_server_runs() -> None:
    demand = DemandMultiplier(1.5)
    rates = pricer(demand)
    surged = rates.price(MAIN_ST, OAK_AVE, "", 0.0)
    demand.change(1.0)
    calm = rates.price(MAIN_ST, OAK_AVE, "", 0.0)
    assert surged.lines == (*calm.lines, FareLine("demand", surged.fare.minor - calm.fare.minor))
    assert surged.fare.minor == (3 * calm.fare.minor + 1) // 2


def test_a_zones_own_demand_beats_the_general_one_until_all_are_set_anew() -> None:
    demand = DemandMultiplier(1.0)
    demand.change(2.5, zone="7")
    assert (demand.factor("7"), demand.factor("0")) == (Fraction(5, 2), 1)
    demand.change(1.2)
    assert demand.factor("7") == demand.factor("0") == Fraction(6, 5)
