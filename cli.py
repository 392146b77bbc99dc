"""The command line: each command parses, calls one function and returns its exit status.

Heavy imports stay inside the commands, so that help and mistakes are answered at once.
"""

import shutil
import sys
import time
from typing import Any

import click

from dispatch.config import SETTINGS, Resolved, exposure, require_no_login
from dispatch.config.flags import LocalMoment, OneLineErrors, Point, with_settings
from dispatch.text import json_line, say

FINDINGS_TOLD = 50
LATER = " (it is still in free pages of the file; the next start, removal or purge takes it out)"
WRITTEN_ANEW = "the file was written anew; copies of it that you keep still have the person (docs/PRIVACY.md)"
READING = ("columns", "trips_zone", "skip_most")
DEMAND = ("trips", *READING, "drivers", "rides", "for", "from", "seed")


_as_json = click.option("--json", "as_json", is_flag=True, help="print one JSON object a line")


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="dispatch-ridehail", prog_name="dispatch")
def main() -> None:
    """Ride requests go to the nearest drivers, five at a time, and exactly one gets each ride."""


@main.command()
@click.option(
    "--sandbox",
    type=click.IntRange(0, 2_000),
    metavar="N",
    help="a town of its own with N simulated drivers; anybody on this machine can be anybody in it",
)
@click.option("--sandbox-seed", type=click.IntRange(0), default=1, hidden=True, help="of its dice")
@click.option("--sandbox-rides", type=click.IntRange(0), hidden=True, help="so many simulated passengers book")
@with_settings("dispatch", "server", "login", "tariff", "pricing", "payment")
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
@with_settings("dispatch", "server", "login", "tariff", "pricing", "payment")
def doctor(resolved: Resolved, send_to: str, as_json: bool) -> int:
    """Look at all that `serve` needs with these settings, and say what to do about what is wrong. Changes nothing.

    Configuration, proxy, certificate, port, disk, file, clock, keys, people and notifier; before a first start or beside a running
    server. Exit status 1 when anything stands in the way of serving people.
    """
    from dispatch.doctor import Level, examine

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
@click.option("--from", "pickup", type=Point(), required=True, help="where the trip begins")
@click.option("--to", "dropoff", type=Point(), required=True, help="where it ends")
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


@main.group()
def db() -> None:
    """Make and read the database."""


@db.command()
@with_settings("db")
def seed(resolved: Resolved) -> None:
    """Create the first passenger and driver and a demo fleet. What is there already stays."""
    from dispatch.control import have_done
    from dispatch.storage.tools.orders import SeedPeople
    from dispatch.text import counted

    path = resolved.settings.db
    added, made = have_done(path, SeedPeople(), make=True)
    if made:
        say(f"{path}: a new database")
    say(f"{path}: {counted(added['passengers'], 'passenger')} and {counted(added['drivers'], 'driver')} added")


@db.command()
@click.argument(
    "what",
    type=click.Choice(
        [
            *("rides", "drivers", "passengers", "offers", "quotes", "events", "tracks"),
            *("ratings", "charges", "blocked_pairs", "people", "roles", "documents"),
            *("login_codes", "login_failures", "login_sessions", "staff_requests"),
        ],
    ),
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="newest rows shown")
@click.option("--status", help="only rows of this status")
@click.option("--ride", help="only rows of this ride")
@click.option("--phones", is_flag=True, help="print phones whole")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object a line")
@with_settings("db")
def show(
    resolved: Resolved, what: str, limit: int, status: str | None, ride: str | None, phones: bool, as_json: bool
) -> None:
    """Print what the database holds, the newest last. Phones are masked.

    A table where it fits the terminal, else a block for each row; into a pipe always a table, whole.
    """
    from dispatch.storage.tools.show import rows
    from dispatch.storage.tools.show_text import lines

    found = rows(resolved.settings.db, what, status=status, ride=ride, limit=limit, full_phones=phones)
    if as_json:
        for row in found:
            say(json_line(row))
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines(found, width):
        say(line)


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


@db.command()
@with_settings("db")
def check(resolved: Resolved) -> int:
    """Look at all of the database: every page, every event, and whether rides and drivers are what the events make them.

    Also while a server runs. Prints a line for each finding; exit status 1 when there are any. What `serve` looks at when it starts is
    less.
    """
    from dispatch.storage.health.check import findings
    from dispatch.storage.tables.sandbox import holds_sandbox

    path, found = resolved.settings.db, 0
    for found, finding in enumerate(findings(path), 1):
        if found <= FINDINGS_TOLD:
            say(f"{path}: {finding}")
    if found > FINDINGS_TOLD:
        say(f"{path}: and {found - FINDINGS_TOLD} more")
    if not found:
        say(f"{path} is a sandbox, and sound" if holds_sandbox(path) else f"{path} is sound")
    return int(found > 0)


@db.command("mend")
@click.option("--dry-run", is_flag=True, help="say what would be done, and change nothing")
@with_settings("db")
def mend_file(resolved: Resolved, dry_run: bool) -> None:
    """End what cannot be true in a file whose events contradict one another, so that it can be served again. Not while it is served.

    Of two rides of one driver the later is cancelled by `system`; a ride that has two drivers is cancelled too. Impossible events
    stay in the file and count no more. Prints what was found and what was done.
    """
    from dispatch.storage.health.mend import mend

    path = resolved.settings.db
    found, done = mend(path, now=time.time(), dry_run=dry_run)
    for finding in found:
        say(f"{path}: {finding}")
    for deed in done:
        say(f"{path}: {deed}" + (" (not done: --dry-run)" if dry_run else ""))
    if not found:
        say(f"{path} does not contradict itself, and was not changed")


@db.command()
@click.option("--dry-run", is_flag=True, help="only say what would change; also while a server runs")
@with_settings("db", "phone_region")
def phones(resolved: Resolved, dry_run: bool) -> None:
    """Bring the ids of an older file into the one form of phone numbers, so that each number is one person. Stop the server before.

    People who become one are merged, with their rides and ratings. Two who had rides or offers at the same time stay two: both are
    listed. --phone-region is kept in the file. All of it is one transaction; try --dry-run first.
    """
    from dispatch.storage.file.owner import owned
    from dispatch.storage.tools.phone_ids import bring_over, plan_of, told

    path, region = resolved.settings.db, resolved.settings.phone_region
    if dry_run:
        plan, region = plan_of(path, region)
        changed = None
    else:
        with owned(path):
            plan, region, changed = bring_over(path, region)
    for line in told(plan, region, changed):
        say(f"{path}: {line}")


@db.command()
@click.option("--dry-run", is_flag=True, help="only say what would go; also while a server runs")
@_as_json
@with_settings("db", "retention")
def purge(resolved: Resolved, dry_run: bool, as_json: bool) -> int:
    """Take out what is older than it is kept (settings keep_…_days): tracks, quotes, addresses. Works also while a server runs.

    Points are kept to about a kilometre, addresses and notes are emptied. Who rode when, with whom and for how much stays. Then the
    file is written anew. Exit status 1 when its free pages may still have something of it.
    """
    from dispatch.config.options import options_of
    from dispatch.storage.people.retention import Keep
    from dispatch.storage.tools.privacy_orders import PurgeOld, would_go
    from dispatch.text import counted
    from dispatch.timestamps import rfc3339

    path, keep = resolved.settings.db, options_of(Keep, resolved.settings)
    answer = would_go(path, keep, time.time()) if dry_run else _have_done(path, options_of(PurgeOld, resolved.settings))
    unwiped = answer.get("unwiped", "")
    if as_json:
        say(json_line(answer))
        return int(bool(unwiped))
    for kind, gone in answer["gone"].items():
        days = getattr(keep, f"keep_{kind}_days")
        kept = f"kept for {counted(days, 'day')}" if days else f"kept for ever (keep_{kind}_days = 0)"
        aged = f", from {rfc3339(gone['oldest'])} to {rfc3339(gone['newest'])}" if gone["count"] else ""
        say(f"{path}: {kind}, {kept}: {gone['count']:,} {'would go' if dry_run else 'are gone'}{aged}")
    if unwiped:
        say(f"{path}: {unwiped}{LATER}")
    return int(bool(unwiped))


@db.command("block")
@click.argument("passenger")
@click.argument("driver")
@with_settings("db", "phone_region")
def block_pair(resolved: Resolved, passenger: str, driver: str) -> None:
    """Keep a passenger and a driver apart, from the passenger's next search on. Works also while a server runs.

    Takes their ids, or their phone numbers in any written form (`"+27 82 123 4567"`).
    """
    from dispatch.control import have_done
    from dispatch.storage.tools.orders import BlockPair

    settings = resolved.settings
    told = have_done(settings.db, BlockPair(passenger, driver, settings.phone_region))
    say("they are never offered to one another" if told.answer["news"] else "they were kept apart before")


@db.command("unblock")
@click.argument("passenger")
@click.argument("driver")
@with_settings("db", "phone_region")
def unblock_pair(resolved: Resolved, passenger: str, driver: str) -> None:
    """Let a passenger and a driver who were kept apart meet again."""
    from dispatch.control import have_done
    from dispatch.storage.tools.orders import UnblockPair

    settings = resolved.settings
    told = have_done(settings.db, UnblockPair(passenger, driver, settings.phone_region))
    say("they may meet again" if told.answer["news"] else "nobody kept them apart")


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
    from dispatch.timestamps import rfc3339

    ring = read_keys(resolved.settings.db)
    if ring is None:
        say(f"there is no {keys_path(resolved.settings.db)} yet: `dispatch serve` makes it")
        return
    for key in ring.keys:
        say(f"{key.id}  made {rfc3339(key.made_at)}  {'signs' if key is ring.current else 'verifies'}")


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
def people() -> None:
    """Let people in: passengers, drivers and staff. Works also while a server runs. Phones may be written in any form."""


_of_role = click.option(
    "--role", required=True, type=click.Choice(["passenger", "driver", "staff"]), help="as what they are on file"
)
_whole_phones = click.option("--phones", is_flag=True, help="print phones whole")


@people.command("add")
@_of_role
@click.option("--phone", required=True, metavar="PHONE", help="each phone is one person's")
@click.option("--name", required=True, metavar="TEXT", help="first name first")
@click.option("--manager", is_flag=True, help="staff who may also change staff and fares")
@click.option("--vehicle-type", default="", metavar="TEXT", help="of a driver  [sedan]")
@click.option("--registration", default="", metavar="TEXT", help="of a driver's vehicle  [-]")
@_as_json
@with_settings("db", "phone_region")
def add_person(resolved: Resolved, role: str, manager: bool, as_json: bool, **person: Any) -> None:
    """Put one person on file, making the file where it is not.

    Whoever has this phone already keeps the id, with rating and history, and has this role as well.
    """
    from dispatch.storage.tools.people_orders import AddPerson
    from dispatch.words import PersonRole

    settings = resolved.settings
    order = AddPerson(role=PersonRole(role), is_manager=manager, phone_region=settings.phone_region, **person)
    _say_person(_have_done(settings.db, order, make=True), as_json, "is on file", "was on file like that")


@people.command("import")
@click.argument("file", metavar="FILE.csv")
@_of_role
@click.option("--skip-bad", is_flag=True, help="take all rows but those with mistakes")
@_as_json
@with_settings("db", "phone_region", "time_zone")
def import_people(resolved: Resolved, file: str, role: str, skip_bad: bool, as_json: bool) -> int:
    """Put all people of FILE.csv on file, making the database where it is not. A mistake in a row leaves everything as it was.

    The first line names the columns: phone and name; of drivers also vehicle_type and registration, and for each document
    <kind>_expires (its last day, 2027-03-31) and <kind>_number. Imported again, the file changes only what is different.
    Exit status 1 when rows were skipped.
    """
    from dispatch.storage.tools.people_orders import ImportPeople, read_list
    from dispatch.words import PersonRole

    settings = resolved.settings
    order = ImportPeople(
        role=PersonRole(role),
        text=read_list(file),
        skip_bad=skip_bad,
        phone_region=settings.phone_region,
        time_zone=settings.time_zone,
    )
    answer = _have_done(settings.db, order, make=True)
    if as_json:
        say(json_line(answer))
    else:
        for mistake in answer["mistakes"]:
            say(f"skipped: {mistake}", error=True)
        say(f"{settings.db}: {answer['added']} added, {answer['changed']} changed, {answer['same']} as they were")
    return int(bool(answer["mistakes"]))


@people.command("list")
@click.option("--role", type=click.Choice(["passenger", "driver", "staff"]), help="only people of this role")
@_whole_phones
@_as_json
@with_settings("db", "time_zone", "document_warning")
def list_people(resolved: Resolved, role: str | None, phones: bool, as_json: bool) -> None:
    """Print who is on file, by name, and whose documents have ended or end soon (document_warning). Phones are masked."""
    from dispatch.storage.tools.people_show import listed
    from dispatch.storage.tools.show_text import lines
    from dispatch.words import PersonRole

    settings = resolved.settings
    found = listed(
        settings.db,
        PersonRole(role) if role else None,
        time.time(),
        settings.time_zone,
        settings.document_warning_s,
        full_phones=phones,
    )
    if as_json:
        for row in found:
            say(json_line(row))
        return
    for line in lines(found, shutil.get_terminal_size().columns if sys.stdout.isatty() else None):
        say(line)


@people.command("show")
@click.argument("who")
@_whole_phones
@_as_json
@with_settings("db", "phone_region", "time_zone", "document_warning")
def show_person(resolved: Resolved, who: str, phones: bool, as_json: bool) -> None:
    """Print what is on file about WHO, a phone or an id."""
    from dispatch.storage.tools.people_show import shown

    settings = resolved.settings
    found = shown(
        settings.db,
        who,
        time.time(),
        settings.time_zone,
        settings.document_warning_s,
        phone_region=settings.phone_region,
        full_phones=phones,
    )
    if as_json:
        say(json_line(found))
        return
    documents = found.pop("documents")
    for name, value in found.items():
        if value not in ("", None):
            say(f"{name:<14}{value}")
    for document in documents:
        say(f"{'document':<14}{document['kind']} {document['number']} until {document['last_day']}")


@people.command("suspend")
@click.argument("who")
@click.option("--role", type=click.Choice(["passenger", "driver", "staff"]), help="only in this role  [all of them]")
@_as_json
@with_settings("db", "phone_region")
def suspend(resolved: Resolved, who: str, role: str | None, as_json: bool) -> None:
    """Log WHO out, and let nobody log in as WHO until `activate`."""
    _set_status(resolved, who, "suspended", role, as_json)


@people.command("activate")
@click.argument("who")
@click.option("--role", type=click.Choice(["passenger", "driver", "staff"]), help="only in this role  [all of them]")
@_as_json
@with_settings("db", "phone_region")
def activate(resolved: Resolved, who: str, role: str | None, as_json: bool) -> None:
    """Let WHO, who was suspended, act again."""
    _set_status(resolved, who, "active", role, as_json)


@people.command("change")
@click.argument("who")
@click.option("--name", metavar="TEXT", help="another name")
@click.option("--vehicle-type", metavar="TEXT", help="another type of vehicle, of a driver")
@click.option("--registration", metavar="TEXT", help="another plate, of a driver")
@_as_json
@with_settings("db", "phone_region")
def change_person(resolved: Resolved, who: str, as_json: bool, **fields: Any) -> None:
    """Give WHO, a phone or an id, another name, or the driver WHO another vehicle. What is not named stays as it is."""
    from dispatch.storage.tools.people_orders import ChangePerson

    if not any(text is not None for text in fields.values()):
        raise click.UsageError("name what is to change: --name, --vehicle-type or --registration")
    settings = resolved.settings
    order = ChangePerson(who=who, phone_region=settings.phone_region, **fields)
    _say_person(_have_done(settings.db, order), as_json, "is changed", "was like this already")


@people.command("move-phone")
@click.argument("old")
@click.argument("new")
@_as_json
@with_settings("db", "phone_region")
def move_phone(resolved: Resolved, old: str, new: str, as_json: bool) -> None:
    """Give whoever has the phone OLD (or this id) the phone NEW. Rating, rides and documents stay theirs."""
    from dispatch.storage.tools.people_orders import MovePhone

    settings = resolved.settings
    order = MovePhone(who=old, phone=new, phone_region=settings.phone_region)
    _say_person(_have_done(settings.db, order), as_json, "has this phone now", "has this phone already")


@people.command("document")
@click.argument("who")
@click.option("--kind", required=True, metavar="WORD", help="licence, permit, insurance, …")
@click.option("--expires", required=True, metavar="DAY", help="the last day on which it holds: 2027-03-31")
@click.option("--number", default="", metavar="TEXT", help="what stands on it")
@_as_json
@with_settings("db", "phone_region", "time_zone")
def keep_document(resolved: Resolved, who: str, as_json: bool, **document: Any) -> None:
    """Put a document of the driver WHO on file. A newer one of its kind replaces it.

    `people list` marks documents that have ended or end within two weeks. A driver with an ended one is offered no rides.
    """
    from dispatch.storage.tools.people_orders import KeepDocument

    settings = resolved.settings
    order = KeepDocument(who=who, phone_region=settings.phone_region, time_zone=settings.time_zone, **document)
    _say_person(_have_done(settings.db, order), as_json, "has this document on file", "had this document on file")


@people.command("remove")
@click.argument("who")
@_as_json
@with_settings("db", "phone_region")
def remove_person(resolved: Resolved, who: str, as_json: bool) -> int:
    """Take WHO, a phone or an id, out of the database for good. It cannot be undone.

    A pseudonym takes the place of the id, name and phone in every event and row; what people wrote about the rides of WHO is emptied,
    places are kept to about a kilometre. Then the file is written anew. A running server logs WHO out first. Refused while a ride of
    WHO is open or not paid. Exit status 1 when free pages of the file may still have something of WHO.
    """
    from dispatch.storage.tools.privacy_orders import RemovePerson
    from dispatch.text import counted

    path = resolved.settings.db
    answer = _have_done(path, RemovePerson(who=who, phone_region=resolved.settings.phone_region))
    if as_json:
        say(json_line(answer))
    else:
        say(
            f"{path}: in {counted(answer['events'], 'event')} and all rows {answer['pseudonym']} stands for the person now"
        )
        say(f"{path}: {answer['unwiped'] + LATER if answer['unwiped'] else WRITTEN_ANEW}")
    return int(bool(answer["unwiped"]))


def _set_status(resolved: Resolved, who: str, status: str, role: str | None, as_json: bool) -> None:
    from dispatch.storage.tools.people_orders import SetStatus
    from dispatch.words import PersonRole, PersonStatus

    settings = resolved.settings
    order = SetStatus(
        who=who,
        status=PersonStatus(status),
        role=PersonRole(role) if role else None,
        phone_region=settings.phone_region,
    )
    _say_person(_have_done(settings.db, order), as_json, f"is {status}", f"was {status} already")


def _have_done(path: str, order: Any, *, make: bool = False) -> dict[str, Any]:
    """What came of an order. Says so where the file was made for it."""
    from dispatch.control import have_done

    told = have_done(path, order, make=make)
    if told.made:
        say(f"{path}: a new database", error=True)
    return told.answer


def _say_person(answer: dict[str, Any], as_json: bool, news: str, old: str) -> None:
    from dispatch.phones import masked, masked_id

    person = answer["person"]
    if as_json:
        shown = {**person, "id": masked_id(person["id"]), "phone": masked(person["phone"])}
        say(json_line({**answer, "person": shown}))
        return
    say(f"{person['name']} ({masked(person['phone'])}) {news if answer['news'] else old}")


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
@with_settings("dispatch", "server", "login", "tariff", "pricing", "payment", "retention")
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
