"""The bad network: what it loses, doubles and delays, that nothing overtakes on its way, and what a dead line does."""

from typing import Any

from dispatch.messages.commands import Attach, Detach
from dispatch.messages.notices import Replaced
from dispatch.transport import wire
from dispatch.transport.sessions.memory import connect_driver
from sim.network.lossy import DIED, DOUBLED, FAIR, LOST, Network, PhoneLine, Weather
from tests.transport.rig import DRIVER, Rig

ME = "driver/27821234568"
MANY = 400


def plugged(weather: Weather) -> tuple[Rig, Network, PhoneLine, list[Any], list[int]]:
    """A driver's line; what the phone hears, and the codes with which the server ended it."""
    rig, heard, closes = Rig(), [], []
    network = Network(rig.runtime, weather)
    line = network.line(heard.append)
    line.plug(connect_driver(rig.gateway, DRIVER, line.hear, may_resume=True), closes.append)
    return rig, network, line, heard, closes


def told(line: PhoneLine, count: int = MANY) -> None:
    for number in range(count):
        line.hear(wire.Ack(str(number)))


def test_on_a_good_network_everything_arrives_once_and_in_order() -> None:
    rig, _, line, heard, _ = plugged(FAIR)
    told(line)
    assert heard == [], "it takes its time"
    rig.runtime.run(10.0)
    assert [frame.result for frame in heard] == [str(number) for number in range(MANY)]


def test_a_fifth_is_lost_and_a_fifth_comes_twice_and_no_first_copy_overtakes() -> None:
    rig, network, line, heard, _ = plugged(Weather(delay_s=(0.0, 5.0)))
    told(line)
    rig.runtime.run(30.0)
    lost, doubled = network.counts[LOST], network.counts[DOUBLED]
    assert len(heard) == MANY - lost + doubled
    assert 0.1 < lost / MANY < 0.3 and 0.1 < doubled / MANY < 0.3
    firsts = list(dict.fromkeys(int(frame.result) for frame in heard))
    assert firsts == sorted(firsts)


def test_what_the_phone_says_takes_the_same_way() -> None:
    rig, network, line, _, _ = plugged(Weather(lose=0.0, double=1.0))
    line.send(wire.SetAvailability(available=False))
    rig.runtime.run(5.0)
    assert [type(message).__name__ for message in rig.heard(ME)] == ["Attach", "SetAvailability", "SetAvailability"]
    assert network.counts[DOUBLED] == 1


def test_a_connection_may_die_of_a_lost_frame_and_the_server_finds_out_by_itself() -> None:
    rig, network, line, heard, _ = plugged(Weather(lose=1.0, double=0.0, die=1.0))
    rig.runtime.run(1.0)
    line.send(wire.Ping())
    network.calm()
    line.send(wire.Ping())
    line.hear(wire.Pong())
    rig.runtime.run(60.0)
    attach, detach = rig.heard(ME)
    assert isinstance(attach, Attach) and detach == Detach(attach.principal, attach.number, "silent")
    assert (network.counts[DIED], heard) == (1, [])


def test_a_phone_that_hangs_up_hears_nothing_that_was_on_its_way() -> None:
    rig, _, line, heard, _ = plugged(FAIR)
    rig.runtime.run(1.0)
    told(line, 3)
    line.close()
    rig.runtime.run(5.0)
    assert heard == []
    assert [type(message).__name__ for message in rig.heard(ME)] == ["Attach", "Detach"]


def test_when_the_server_ends_it_the_phone_is_told_the_code() -> None:
    rig, _, line, _, closes = plugged(FAIR)
    line.send(wire.Ping())
    rig.runtime.run(1.0)
    rig.runtime.tell(rig.heard(ME)[0].session, Replaced())
    assert closes == [4504]
