"""The command line: each command parses, calls one function and returns its exit status.

Heavy imports stay inside the commands, so that help and mistakes are answered at once.
"""

import time

import click

from dispatch.commands.db import db
from dispatch.commands.people import people
from dispatch.config import SETTINGS, Resolved, exposure, require_no_login
from dispatch.config.flags import LocalMoment, OneLineErrors, PointFlag, with_settings
from dispatch.text import json_line, say

READING = ("columns", "trips_zone", "skip_most")
DEMAND = ("trips", *READING, "drivers", "rides", "for", "from", "seed")


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="dispatch-ridehail", prog_name="dispatch")
def main() -> None:
    """Ride requests go to the nearest drivers, five at a time, and exactly one gets each ride."""


main.add_command(db)
main.add_command(people)


@main.command()
@click.option(
    "--sandbox",
    type=click.IntRange(0, 2_000),
    metavar="N",
    help="a town of its own with N simulated drivers; anybody on this machine can be anybody in it",
)
@click.option("--sandbox-seed", type=click.IntRange(0), default=1, hidden=True, help="of its dice")
@click.option("--sandbox-rides", type=click.IntRange(0), hidden=True, help="so many simulated passengers book")
@with_settings("dispatch", "server", "login", "tariff", "pricing", "payment", "push")
def serve(resolved: Resolved, sandbox: int | None, sandbox_seed: int, sandbox_rides: int | None) -> int | None:
    """Serve real apps over WebSockets until SIGTERM or Ctrl-C.

    With --sandbox the server has a town to try things in: the centre of Helsinki, with simulated drivers and passengers, a tariff, and
    login codes that are shown on the login page. On a loopback address alone, and from a file of its own (sandbox.db unless --db
    names one).
    """
    settings = resolved.settings
    if sandbox is not None:
        from sim.sandbox.terms import sandbox_settings

        settings = sandbox_settings(resolved)
    exposure(settings)
    from dispatch.storage.file.owner import owned

    with owned(settings.db, make=True) as ownership:
        from dispatch.transport.control import control_socket  # whoever is refused has heard already

        with control_socket(ownership.path) as orders:
            from dispatch.app import serve  # heavy; whoever has orders waits until it is there

            guest = None
            if sandbox is not None:
                from sim.sandbox.guest import SandboxGuest

                guest = SandboxGuest(settings, sandbox, sandbox_seed, sandbox_rides)
            return serve(settings, ownership, orders, guest)


@main.command()
@click.option("--send-to", default="", metavar="PHONE", help="have the notifier really send a text there")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_settings("dispatch", "server", "login", "tariff", "pricing", "payment", "push")
def doctor(resolved: Resolved, send_to: str, as_json: bool) -> int:
    """Look at all that `serve` needs with these settings, and say what to do about what is wrong. Changes nothing.

    Configuration, proxy, certificate, port, disk, file, clock, keys, people, notifier and push; before a first start or beside a
    running server. Exit status 1 when anything stands in the way of serving people.
    """
    from dispatch.doctor.examine import examine
    from dispatch.doctor.findings import Level

    found = list(examine(resolved.settings, send_to))
    is_well = all(finding.level is not Level.PROBLEM for finding in found)
    if as_json:
        told = [{"about": about, "level": level.value, "text": text} for about, level, text in found]
        say(json_line({"is_well": is_well, "findings": told}))
    else:
        for about, level, text in found:
            say(f"{level.value:<8} {about:<14} {text}")
    return int(not is_well)


@main.command()
@with_settings("dispatch", "simulate")
def simulate(resolved: Resolved) -> int | None:
    """Replay trips with a fake fleet in virtual time. Exit status 1 when an invariant broke, 2 when the trips cannot be used.

    Ctrl-C prints the figures so far, marked as such, and ends with exit status 130.
    """
    if resolved.simulate.db is not None:
        from dispatch.storage.file.owner import require_free

        require_free(resolved.simulate.db)
    from sim.run import simulate
    from sim.spec import refuse_ignored

    refuse_ignored(resolved)
    return simulate(resolved.settings, resolved.simulate)


@main.command()
@click.argument("url", required=False)
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="an access token of staff, as `dispatch token` prints it",
)
@click.option("--once", is_flag=True, help="print one picture and end")
@with_settings("db", "host", "port")
def top(resolved: Resolved, url: str | None, token_file: str | None, once: bool) -> int:
    """Show a running server in the terminal: rides, offers, drivers, times and lags. q ends it.

    Without URL it is the server of --db on this machine, which also lets in whoever runs it; or, where nobody serves that file, the one
    at --host and --port. A server elsewhere that has people log in needs --token-file, and tells its metrics to its own machine alone.
    """
    from dispatch.top.access import access_of
    from dispatch.top.main import top

    settings = resolved.settings
    return top(access_of(url, token_file, settings.db, settings.host, settings.port), once=once)


@main.command()
@click.option("--save-view", metavar="FILE", hidden=True, help="save a picture of the last view, as SVG")
@with_settings(
    "dispatch",
    "host",
    "port",
    *DEMAND,
    "simulate_db",
    "json",
    port="a free port",
    drivers="50; with real trips 1200",
    rides="no end",
    trips="a sandbox in Helsinki; shipped: a day of New York; none: a model city",
)
def demo(resolved: Resolved, save_view: str | None) -> int | None:
    """Start a sandbox, with a fake fleet on real sockets, and watch: in the terminal, and on the pages whose addresses are printed.

    A browser is opened where there is a terminal, a screen and no --for. Ends after --for, when the last of --rides is over, or on
    Ctrl-C, and prints what came of it, a JSON object as the last line. With --rides 0 only apps of yours book, until Ctrl-C. The server
    takes a free port unless --port says which, and the database is removed at the end unless --db names one.

    With --trips (or what else only a file of trips takes) real trips are booked, faster than they were, on a server where nobody logs
    in; `--trips shipped` is a day of New York.
    """
    from sim.spec import refuse_ignored, wants_trips

    refuse_ignored(resolved)
    if not wants_trips(resolved):
        from sim.sandbox.demo import demo as sandbox_demo

        return sandbox_demo(resolved, script=__file__, view_file=save_view)
    require_no_login(resolved.settings)
    from sim.demo.main import demo

    return demo(resolved, script=__file__, view_file=save_view)


@main.command()
@click.argument("ride_id")
@click.option(
    "--as-test", "test_file", metavar="FILE", help="write a scenario test of it there; -: print the test alone"
)
@click.option("--force", is_flag=True, help="let --as-test overwrite a file")
@with_settings("dispatch", "db")
def replay(resolved: Resolved, ride_id: str, test_file: str | None, force: bool) -> int:
    """Run what is on file about RIDE_ID through today's code, in virtual time, and say where it now differs.

    Prints the ride as a timeline. Exit status 1 when today's code does something else. What an app sent and was refused is not on
    file. A ride by card is charged again by a pretended provider: nobody pays twice.
    """
    from sim.replay.main import replay

    return replay(resolved.settings, ride_id, test_file, force)


@main.command()
@click.option("--from", "pickup", type=PointFlag(), required=True, help="where the trip begins")
@click.option("--to", "dropoff", type=PointFlag(), required=True, help="where it ends")
@click.option("--vehicle-type", default="", metavar="TEXT", help="by the rates of this type of vehicle")
@click.option("--at", "begins", type=LocalMoment(), help="when it begins, in local time  [now]")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_settings("tariff", "pricing", "currency", "free_wait", "eta_model", "eta_profile", "roads")
def quote(
    resolved: Resolved,
    pickup: tuple[float, float],
    dropoff: tuple[float, float],
    vehicle_type: str,
    begins: str | None,
    as_json: bool,
) -> None:
    """Say what a trip costs by the tariff, line by line. Needs no server."""
    from dispatch.prices import pricer, require_rates
    from dispatch.text import counted, word
    from dispatch.timestamps import LocalTime
    from dispatch.travel.models import eta_model
    from dispatch.values import Place

    now, vehicle_type = time.time(), word(vehicle_type)
    at = now if begins is None else LocalTime(resolved.settings.time_zone).moment(begins, now)
    require_rates(resolved.settings)
    price = pricer(resolved.settings, eta_model(resolved.settings)).price(
        Place(*pickup), Place(*dropoff), vehicle_type, at
    )
    fare = price.fare
    if as_json:
        told = {"fare": fare.major, "currency": fare.currency, "breakdown": price.breakdown}
        way = {"distance_km": price.distance_m / 1000, "duration_minutes": round(price.duration_s / 60, 2)}
        say(json_line({**told, **way, "vehicle_type": vehicle_type}))
        return
    for name, amount in {**price.breakdown, "fare": fare.major}.items():
        say(f"{name:<12}{amount:>12.{fare.digits}f} {fare.currency}".rstrip())
    say(f"{price.distance_m / 1000:.1f} km, {counted(round(price.duration_s / 60), 'minute')}")


@main.command()
@click.argument("ride_id")
@click.option("--phones", is_flag=True, help="print phones whole")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_settings("db")
def explain(resolved: Resolved, ride_id: str, phones: bool, as_json: bool) -> None:
    """Say why a ride was offered to these drivers and not to others: every round, who was near, and which rule dropped whom."""
    from dispatch.storage.tools.explain import explanation
    from dispatch.storage.tools.explain_text import lines

    told = explanation(resolved.settings.db, ride_id, full_phones=phones)
    if as_json:
        say(json_line(told))
        return
    for line in lines(told):
        say(line)


@main.command()
@click.option(
    "--as", "who", required=True, metavar="ROLE:PHONE", help="driver:+27…, passenger:+27… or staff:+27…, or an id"
)
@with_settings("db", "token_ttl")
def token(resolved: Resolved, who: str) -> None:
    """Print an access token for somebody on file, without a login. Whoever may read the key file may do so."""
    from dispatch.storage.people.tokens import token_for

    say(token_for(resolved.settings.db, who, resolved.settings.token_ttl_s, time.time()))


@main.group()
def keys() -> None:
    """The secret keys that codes and tokens are signed with, in FILE.keys beside the database."""


@keys.command("show")
@with_settings("db")
def show_keys(resolved: Resolved) -> None:
    """Say which keys there are and since when. The secrets are not printed."""
    from dispatch.storage.file.key_file import keys_path, read_keys
    from dispatch.timestamps import time_told

    ring = read_keys(resolved.settings.db)
    if ring is None:
        say(f"there is no {keys_path(resolved.settings.db)} yet: `dispatch serve` makes it")
        return
    for key in ring.keys:
        say(f"{key.id}  made {time_told(key.made_at)}  {'signs' if key is ring.current else 'verifies'}")


@keys.command("rotate")
@click.option(
    "--now", "at_once", is_flag=True, help="older keys verify nothing any more: everybody has to log in again"
)
@with_settings("db", "login_ttl")
def rotate(resolved: Resolved, at_once: bool) -> None:
    """Sign with a new key from now on. What older keys signed holds until it ends; a server that runs takes the new key at once."""
    from dispatch.storage.file.key_file import rotate_keys

    settings = resolved.settings
    ring = rotate_keys(settings.db, time.time(), 0.0 if at_once else settings.login_ttl_s)
    say(f"key {ring.current.id} signs; {len(ring.keys) - 1} older ones verify")


@main.group()
def eta() -> None:
    """Learn from trips how fast a city is, and test what was learnt."""


_of_rows = click.option(
    "--rows",
    type=click.Choice(["all", "odd", "even"]),
    default="all",
    show_default=True,
    help="take every row, the 1st, 3rd … or the 2nd, 4th …",
)


_by_roads = click.option(
    "--roads",
    metavar="FILE",
    help="a street map (.osm.pbf, .osm, node-link .json or .json.gz); needs the extra `roads`",
)


@eta.command("fit")
@click.argument("trips", required=False)
@click.option("--out", metavar="FILE", help="write the profile there instead of printing it")
@_by_roads
@_of_rows
@with_settings(*READING)
def fit_eta(resolved: Resolved, trips: str | None, out: str | None, roads: str | None, rows: str) -> int:
    """Make a speed profile by hour of day from TRIPS, a file as `simulate` takes it, with the time or seconds that trips took.

    Without TRIPS: the shipped New York day. Serve with it by --eta-profile FILE.
    """
    from sim.eta import fit_to
    from sim.trips import TripsWanted

    return fit_to(trips, TripsWanted.of(resolved.simulate), rows, out, roads)


@eta.command("test")
@click.argument("trips", required=False)
@click.option("--profile", metavar="FILE", help="made by `eta fit`  [the shipped one, of the shipped day's odd rows]")
@_by_roads
@_of_rows
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_settings(*READING)
def test_eta(
    resolved: Resolved, trips: str | None, profile: str | None, roads: str | None, rows: str, as_json: bool
) -> int:
    """Print how far ETAs are from what TRIPS took: their number, the mean absolute error in seconds, and the median error.

    The median error is a share of the actual duration. Without TRIPS: the shipped New York day; its even rows were not used to make
    the shipped profile. With --roads the figures are those of trips that begin and end on the map, and a second line has all.
    """
    from sim.eta import score_on
    from sim.trips import TripsWanted

    return score_on(trips, TripsWanted.of(resolved.simulate), rows, profile, roads, as_json)


@main.group("map")
def map_() -> None:
    """Make the map that pages draw."""


@map_.command("build")
@click.argument("city", metavar="CITY.osm.pbf")
@click.option("--out", metavar="FILE", help="write it there  [CITY-streets.json.gz, in this folder]")
def build_map(city: str, out: str | None) -> None:
    """Make one small file of the streets, water and parks of CITY, an extract of OpenStreetMap; needs the extra `roads`.

    Wherever the file is shown, the credit in it has to stand beside: the data are under the Open Database License.
    """
    from dispatch.travel.map_files import build_streets

    say(build_streets(city, out))


@main.group()
def config() -> None:
    """Look at the settings."""


@config.command("show")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_settings("dispatch", "server", "login", "tariff", "pricing", "payment", "retention", "push")
def show_config(resolved: Resolved, as_json: bool) -> None:
    """Print every setting, its value and where it comes from: default, file, env or flag."""
    held = [(row.name, row, resolved.value_of(row)) for row in SETTINGS] + list(resolved.vehicle_rates())
    origins = resolved.origins
    if as_json:
        told = {name: {"value": row.outside(value), "from": origins[name]} for name, row, value in held}
        say(json_line(told))
        return
    for name, row, value in held:
        say(f"{name:<23} {row.written(value) or '-':<19} {origins[name]}")


if __name__ == "__main__":
    main()
