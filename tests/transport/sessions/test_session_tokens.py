"""A session and its access token: a warning before the end, a newer one, the end, and what outlives it."""

from __future__ import annotations

from typing import Any

from dispatch.identity.keys import Key, KeyRing
from dispatch.identity.tokens import Claims, make_token
from dispatch.ids import DriverId, RideId
from dispatch.principals import Principal, Role
from dispatch.transport.http.proofs import Proofs
from dispatch.transport.sessions.context import NobodyOnFile
from dispatch.transport.sessions.session import Session
from dispatch.values import Passenger
from tests.transport.rig import DRIVER, FIND_DRIVER, RIDE, SARAH, App, Rig

RING = KeyRing((Key("k1", b"s" * 32, 0.0),))
ANN = Principal(Role.PASSENGER, "p1")
BEN = Principal(Role.DRIVER, DRIVER)


class File(NobodyOnFile):
    """A file in which a test says whose rides go on."""

    def __init__(self) -> None:
        self.goes_on = False

    def id_of(self, phone: str) -> str:
        return DRIVER if phone == "27820000001" else phone

    def passenger(self, person_id: str) -> Passenger | None:
        return Passenger(SARAH.passenger_id, "Sarah Johnson", "27821234567") if person_id == "p1" else None

    def is_ride_of(self, ride_id: RideId, passenger_id: str) -> bool:
        return self.goes_on

    def is_open(self, ride_id: RideId) -> bool:
        return self.goes_on

    def has_ride(self, driver_id: DriverId) -> bool:
        return self.goes_on


class Strict:
    """A rig where people log in, and its clock."""

    def __init__(self) -> None:
        self.rig = Rig()
        self.file = self.rig.gateway.on_file = File()
        self.rig.gateway.proofs = Proofs(lambda: RING, lambda: self.rig.runtime.now, 900.0)

    def token(self, principal: Principal, ends_at: int, session: str = "s1") -> str:
        return make_token(Claims(principal, session, int(self.rig.runtime.now), ends_at), RING)

    def connected(self, principal: Principal, ends_at: int, session: str = "s1") -> App:
        app, gateway = App(), self.rig.gateway
        made: Session = (
            gateway.passenger_session(principal, RIDE, app)
            if principal.role is Role.PASSENGER
            else gateway.driver_session(principal, app)
        )
        made.claims = Claims(principal, session, 0, ends_at)
        app.session = made
        made.open()
        return app

    def types(self, app: App) -> list[Any]:
        return [frame["type"] for frame in app.got]


def test_an_app_is_warned_once_60_s_before_its_token_ends_and_closed_at_the_end() -> None:
    strict = Strict()
    app = strict.connected(ANN, 300)
    strict.rig.run(239.9)
    assert app.got == []
    strict.rig.run(240.1)
    assert app.got == [{"type": "token_expiring", "ttl_ms": 60_000}]
    strict.rig.run(299.9)
    assert app.closes == []
    strict.rig.run(300.1)
    assert app.closes == [(4001, "the access token has ended")]
    assert app.got == [] and strict.rig.gateway.proved == {}


def test_a_token_that_ends_within_60_s_is_warned_of_before_it_does() -> None:
    strict = Strict()
    app = strict.connected(ANN, 30)
    strict.rig.run(30.1)
    assert app.closes and "token_expiring" in strict.types(app)


def test_a_newer_token_of_the_same_person_extends_the_connection() -> None:
    strict = Strict()
    app = strict.connected(ANN, 300)
    strict.rig.run(250)
    assert strict.types(app) == ["token_expiring"]
    app.says(type="authenticate", token=strict.token(ANN, 900), id="a")
    assert app.got == [{"type": "ack", "result": "ok", "id": "a"}]
    strict.rig.run(839)
    assert (app.closes, app.got) == ([], [])
    strict.rig.run(841)
    assert strict.types(app) == ["token_expiring"]
    strict.rig.run(901)
    assert [code for code, _ in app.closes] == [4001]


def test_the_token_of_somebody_else_or_of_another_role_or_none_changes_nothing() -> None:
    strict = Strict()
    app = strict.connected(ANN, 300)
    others = [
        (strict.token(Principal(Role.PASSENGER, "p2"), 900), "forbidden"),
        (strict.token(Principal(Role.DRIVER, "p1"), 900), "forbidden"),
        ("nonsense", "not_authenticated"),
    ]
    for token, code in others:
        app.says(type="authenticate", token=token, id="a")
        (answer,) = app.got
        assert (answer["code"], answer["id"]) == (code, "a") and token not in str(answer)
    app.says(type="authenticate", token=strict.token(ANN, 200))
    assert strict.types(app) == ["ack"], "an older one is no harm"
    strict.rig.run(299.9)
    assert app.closes == []
    strict.rig.run(300.1)
    assert [code for code, _ in app.closes] == [4001]


def test_a_socket_on_a_ride_stays_until_the_ride_is_over() -> None:
    for principal in (ANN, BEN):
        strict = Strict()
        strict.file.goes_on = True
        app = strict.connected(principal, 300)
        strict.rig.run(400)
        assert app.closes == []
        assert strict.types(app) == ["token_expiring"]
        strict.file.goes_on = False
        strict.rig.run(402)
        assert [code for code, _ in app.closes] == [4001]


def test_revoking_a_person_or_a_login_session_closes_their_sockets_at_once_and_no_others() -> None:
    strict = Strict()
    strict.rig.run(10)
    ann, ben = strict.connected(ANN, 300, "s1"), strict.connected(BEN, 300, "s2")
    before = strict.token(BEN, 300, "s2")
    assert strict.rig.gateway.revoke(person_id="p1") == 1
    assert (ann.closes, ben.closes) == ([(4501, "logged out")], [])
    assert strict.rig.gateway.revoke(sessions=("s2", "s9")) == 1
    assert [code for code, _ in ben.closes] == [4501]
    again = strict.connected(BEN, 300, "s3")
    again.says(type="authenticate", token=before)
    assert again.got[0]["code"] == "not_authenticated"


def test_a_ride_is_the_persons_of_the_token_whatever_the_booking_says() -> None:
    strict = Strict()
    app = strict.connected(ANN, 300)
    app.says(**FIND_DRIVER, passenger_name="Eve", passenger_phone="no phone at all")
    (booked,) = [each for each in strict.rig.heard(f"ride/{RIDE}") if hasattr(each, "passenger")]
    assert (booked.passenger.name, booked.passenger.phone, booked.known) == ("Sarah Johnson", "27821234567", True)
    assert booked.principal == ANN


def test_a_driver_may_be_named_by_a_phone_that_is_theirs() -> None:
    strict = Strict()
    app = strict.connected(BEN, 300)
    app.says(type="set_availability", available=True, driver_id="+27820000001")
    assert app.got == []
    app.says(type="set_availability", available=True, driver_id="+27820000002")
    assert app.got[0]["code"] == "forbidden"


def test_where_nobody_logs_in_authenticate_is_acknowledged() -> None:
    rig = Rig()
    app, _ = rig.passenger()
    app.says(type="authenticate", token="anything", id="a")
    assert app.got == [{"type": "ack", "result": "ok", "id": "a"}]
