"""What stands in the way of a server with these settings, looked at from outside: beside a running one, or before a first start.

Nothing is changed. Each finding says in a sentence what is so, and what to do where something is wrong.
"""

import asyncio
import os
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from dispatch.area import require_area
from dispatch.config import Settings, exposure, must_log_in
from dispatch.config.authority import hosts_in, networks_in
from dispatch.config.exposure import Reach, reach
from dispatch.config.map_sources import origin_of
from dispatch.errors import DatabaseError, DispatchError, SettingError
from dispatch.live.ground import ground_of
from dispatch.masking.phones import masked
from dispatch.payments import require_payments
from dispatch.phones import canonical
from dispatch.policies import policy_factory
from dispatch.prices import require_prices
from dispatch.providers.notify import Text, notifier
from dispatch.storage.failures import OlderSchema, StorageLinked, StorageReadOnly, may_write
from dispatch.storage.file.header import require_whole
from dispatch.storage.file.key_file import keys_path, read_keys
from dispatch.storage.file.owner import owner_of
from dispatch.storage.health.startup_check import page_faults, schema_faults
from dispatch.storage.log.on_file import newest_at
from dispatch.storage.tables.opening import reading
from dispatch.storage.tables.region import kept_region
from dispatch.storage.tables.sandbox import holds_sandbox
from dispatch.text import counted
from dispatch.timestamps import rfc3339, time_told
from dispatch.transport.ws.listener import listening_socket
from dispatch.transport.ws.tls import Certificate
from dispatch.travel.streets import read_streets

ROOM_NEEDED: Final = 100 * 2**20
ROOM_WISHED: Final = 2**30
WALKED_BYTES: Final = 2**30
"""Every page of a file up to this size is read. `dispatch db check` reads all of any."""
CLOCK_SLACK_S: Final = 60.0
THE_PAST: Final = 1_735_689_600.0
"""2025-01-01. A clock before it was never set."""
OLD_KEY_S: Final = 366 * 86_400.0
ENDS_SOON_S: Final = 14 * 86_400.0
REACHED_WITHIN_S: Final = 5.0
A_TEST: Final = "This is a test of dispatch doctor."
PORTS: Final = {"http": 80, "https": 443}


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(NamedTuple):
    """`about`: configuration, port, file, disk, clock, keys, tls, proxy, notifier, push, people, phones or map."""

    about: str
    level: Level
    text: str


Found = Iterator[tuple[Level, str]]
OK, WARNING, PROBLEM = Level.OK, Level.WARNING, Level.PROBLEM


def examine(settings: Settings, send_to: str = "") -> Iterator[Finding]:
    """All findings, in the order of a start. `send_to`: a phone number to which a text is really sent; empty: none is."""
    looks: tuple[tuple[str, Callable[[], Found]], ...] = (
        ("configuration", lambda: _configuration(settings)),
        ("proxy", lambda: _proxy(settings)),
        ("tls", lambda: _tls(settings)),
        ("port", lambda: _ports(settings)),
        ("disk", lambda: room(settings.db)),
        ("file", lambda: _file(settings.db)),
        ("clock", lambda: _clock(settings)),
        ("keys", lambda: _keys(settings.db)),
        ("people", lambda: _people(settings)),
        ("phones", lambda: _phones(settings)),
        ("map", lambda: _map(settings)),
        ("notifier", lambda: _notifier(settings, send_to)),
        ("push", lambda: _push(settings)),
    )
    for about, look in looks:
        for level, text in look():
            yield Finding(about, level, text)


# -- settings


def _configuration(settings: Settings) -> Found:
    required: tuple[Callable[[Any], object], ...] = (
        exposure,
        require_prices,
        require_payments,
        require_area,
        policy_factory,
        ground_of,
    )
    wrong = []
    for require in required:
        try:
            require(settings)
        except DispatchError as error:
            wrong.append(str(error))
    for name in ("roads", "eta_profile"):
        path = getattr(settings, name)
        if path and not os.access(path, os.R_OK):
            wrong.append(f"{name} {path} cannot be read: name another file")
    for text in dict.fromkeys(wrong):
        yield PROBLEM, text
    if not wrong:
        yield OK, "the settings go together"
        for text in exposure(settings).warnings:
            yield WARNING, text


def _proxy(settings: Settings) -> Found:
    networks = networks_in(settings.behind_proxy)
    wide = [network for network in networks if network.prefixlen == 0]
    if wide:
        yield PROBLEM, f"behind_proxy has {wide[0]}, so anybody can pretend to be another address: list the proxy's own"
    elif networks:
        admin = "" if settings.admin_port is not None else "; metrics are on no port: set admin_port to read them"
        yield OK, f"forwarding headers of {', '.join(map(str, networks))} alone are believed{admin}"
    else:
        yield OK, "no proxy is listed, and no forwarding header is believed"


# -- the certificate


def _tls(settings: Settings) -> Found:
    if not settings.tls_cert or not settings.tls_key:
        covered = settings.behind_proxy or reach(settings.host) is Reach.LOOPBACK
        yield (OK, "no TLS, and none is needed here") if covered else (WARNING, "no TLS: set tls_cert and tls_key")
        return
    try:
        Certificate.of(settings)
    except SettingError as error:
        yield PROBLEM, str(error)
        return
    try:
        told = shown_certificate(settings.tls_cert, settings.tls_key)
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason
        yield PROBLEM, f"apps will refuse the certificate {settings.tls_cert} ({why}): have a new one made"
        return
    ends_at = float(ssl.cert_time_to_seconds(told["notAfter"]))
    when = rfc3339(ends_at)
    if ends_at - time.time() < ENDS_SOON_S:
        yield WARNING, f"the certificate {settings.tls_cert} ends on {when}: renew it; it is read again when it changes"
    else:
        yield OK, f"the certificate fits its key and ends on {when}"
    names = [name for _, name in told.get("subjectAltName", ())]
    missing = [host for host in sorted(hosts_in(settings.hosts)) if not any(_covers(name, host) for name in names)]
    if missing:
        has = ", ".join(names) or "nobody"
        yield PROBLEM, f"the certificate is for {has} and not for {missing[0]}, which hosts names: have one made for it"


def shown_certificate(cert: str, key: str) -> dict[str, Any]:
    """What a client is shown that trusts this very certificate. Raises SSLError for one that no client takes, as after its end."""
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server_side.load_cert_chain(cert, key)
    client_side.check_hostname = False
    client_side.load_verify_locations(cert)
    client_side.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (client, server):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    told: dict[str, Any] = client.getpeercert() or {}
    return told


def _covers(name: str, host: str) -> bool:
    first, _, rest = host.partition(".")
    return name.lower() == host or (name.startswith("*.") and bool(first) and name[2:].lower() == rest)


# -- the machine


def _ports(settings: Settings) -> Found:
    served_by = owner_of(settings.db)
    yield _port(settings.host, settings.port, "", served_by)
    if settings.admin_port is not None:
        yield _port(settings.admin_host, settings.admin_port, "admin_", served_by)


def _port(host: str, port: int, of: str, served_by: str | None) -> tuple[Level, str]:
    if port == 0:
        return OK, f"{of}port is 0: a free one is taken at each start"
    try:
        listening_socket(host, port, of).close()
    except SettingError as error:
        holder = _holder(port)
        if holder is None:
            return PROBLEM, str(error)
        pid, program = holder
        if served_by is not None and served_by.startswith(f"process {pid} "):
            return OK, f"{of}port {port} is held by the server of this file, process {pid}"
        return PROBLEM, f"{of}port {port} is in use by {program} (process {pid}): stop it, or choose another port"
    return OK, f"{of}port {port} of {host} is free"


def _holder(port: int) -> tuple[int, str] | None:
    """The process that listens on this port, and its program; None: the system does not tell."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*") if inodes else ():
        with suppress(OSError):
            if any(os.readlink(opened) in inodes for opened in (process / "fd").iterdir()):
                return int(process.name), (process / "comm").read_text().strip()
    return None


def room(path: str, needed: int = ROOM_NEEDED, wished: int = ROOM_WISHED) -> Found:
    """Whether there is room for the file `path` to grow: bytes `needed`, and `wished`."""
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    told = f"{free / 2**20:,.0f} MiB are free in {folder}"
    if free < needed:
        yield PROBLEM, f"{told}: make room, or rides cannot be kept soon"
    elif free < wished:
        yield WARNING, f"{told}: make room"
    else:
        yield OK, told


def _clock(settings: Settings) -> Found:
    now = time.time()
    newest = 0.0
    with suppress(DatabaseError), reading(settings.db) as db:
        newest = newest_at(db)
    if now < THE_PAST:
        yield PROBLEM, f"the clock says {rfc3339(now)}: set it, or have it set by NTP"
    elif newest > now + CLOCK_SLACK_S:
        yield (
            PROBLEM,
            f"the clock says {rfc3339(now)}, and the newest event on file is of {time_told(newest)}: set the clock; "
            "a server that starts now counts from that event on",
        )
    else:
        yield OK, f"the clock says {rfc3339(now)}; local time is that of {settings.time_zone}"


# -- the file and what lies beside it


def _file(path: str) -> Found:
    real = Path(os.path.realpath(path))
    served_by = owner_of(path)
    if not real.exists():
        if not real.parent.is_dir():
            yield PROBLEM, f"the directory {real.parent} does not exist: make it, or name another file with --db"
        elif not may_write(real.parent):
            yield (
                PROBLEM,
                f"nothing can be made in {real.parent}: let this user write there, or name another file with --db",
            )
        else:
            yield OK, f"{path} is not there yet: `dispatch serve` makes it"
        return
    try:
        _require_usable(path, real)
        faults, sandbox = _faults(path, real), holds_sandbox(path)
    except OlderSchema:
        yield (
            WARNING,
            f"{path} is of an older version: back it up (`dispatch db backup`); the next `dispatch serve` changes it",
        )
        return
    except DatabaseError as error:
        yield PROBLEM, str(error)
        return
    if faults:
        yield (
            PROBLEM,
            f"{path} is damaged ({faults[0]}): stop the server and read docs/DATABASE.md before you start it again",
        )
    elif sandbox and not served_by:
        yield PROBLEM, f"{path} is a sandbox, in which anybody can be anybody: name another file with --db"
    else:
        yield OK, f"{path} is sound as far as a start looks" + (f", and served by {served_by}" if served_by else "")


def _require_usable(path: str, real: Path) -> None:
    if not may_write(real) or not may_write(real.parent):
        raise StorageReadOnly(path)
    if real.is_file() and (names := real.stat().st_nlink) > 1:
        raise StorageLinked(path, names)
    require_whole(path)


def _faults(path: str, real: Path) -> list[str]:
    with reading(path) as db:
        walks = page_faults(db, "quick_check(5)") if real.stat().st_size <= WALKED_BYTES else ()
        return [*schema_faults(db), *walks]


def _keys(path: str) -> Found:
    try:
        ring = read_keys(path)
    except DispatchError as error:
        yield PROBLEM, str(error)
        return
    if ring is None:
        yield OK, f"there is no {keys_path(path)} yet: the first start makes it"
        return
    made_at = ring.current.made_at
    if time.time() - made_at > OLD_KEY_S:
        yield (
            WARNING,
            f"the key that signs is of {time_told(made_at)}: run `dispatch keys rotate`, which logs nobody out",
        )
    else:
        yield (
            OK,
            f"{len(ring.keys)} in {keys_path(path)}, for its owner alone; the one that signs is of {time_told(made_at)}",
        )


def _people(settings: Settings) -> Found:
    if not must_log_in(settings):
        yield OK, "nobody has to log in here"
        return
    staff: list[bool] = []
    with suppress(DatabaseError), reading(settings.db) as db:
        found = db.execute("SELECT is_manager FROM roles WHERE role = 'staff' AND status != 'suspended'")
        staff = [bool(is_manager) for (is_manager,) in found.fetchall()]
    add = "`dispatch people add --role staff --manager --phone … --name …`"
    if not staff:
        yield PROBLEM, f"people must log in, and no staff is on file, so nobody can be at the desk: run {add}"
    elif not any(staff):
        yield WARNING, f"no manager is on file, so nobody can do what dispatchers may not: run {add}"
    else:
        yield OK, f"{len(staff)} of staff are on file, {sum(staff)} of them managers"


def _phones(settings: Settings) -> Found:
    region = settings.phone_region
    with suppress(DatabaseError), reading(settings.db) as db:
        region = region or kept_region(db)
    if region:
        yield OK, f"phone numbers without a country code are numbers of {region}"
        return
    level = WARNING if must_log_in(settings) else OK
    yield (
        level,
        "082 123 4567 and +27 82 123 4567 are two people here, because phone_region is not set: name the country",
    )


def _map(settings: Settings) -> Found:
    if settings.map_streets:
        with suppress(DispatchError):  # one that is wrong is told of under configuration
            ground, streets = ground_of(settings), read_streets(Path(settings.map_streets))
            names, kilobytes = counted(len(streets.names), "street name"), len(ground.streets) / 1000
            yield OK, f"pages draw and search {names} ({kilobytes:,.0f} kB), and show {streets.credit!r}"
        return
    make = "make its streets by `dispatch map build CITY.osm.pbf` and name them in map_streets"
    if origin := origin_of(settings.map_style_url) or origin_of(settings.map_pmtiles):
        yield OK, f"pages draw a map of {origin} and search no street: for that, {make}"
    elif settings.map_pmtiles:
        yield OK, f"pages draw the tiles in {settings.map_pmtiles} and search no street: for that, {make}"
    else:
        yield OK, f"pages have no map of the town, and people cannot search for a street: {make}"


# -- who sends texts


def _notifier(settings: Settings, send_to: str) -> Found:
    is_local = reach(settings.host) is Reach.LOOPBACK and not settings.behind_proxy
    how = settings.notify if settings.notify != "auto" else ("console" if is_local else "none")
    if how == "none":
        level = WARNING if must_log_in(settings) else OK
        yield level, "nobody sends login codes: set notify, or give people tokens by `dispatch token`"
        if send_to:
            yield PROBLEM, "nothing was sent: set notify"
        return
    if how == "console":
        level = OK if is_local else WARNING
        yield level, "login codes are printed on standard output: whoever reads that can log in as anybody"
    if how == "webhook":
        yield _reached("notify_url", settings.notify_url, "; `--send-to PHONE` tries it")
    try:
        asyncio.run(_tried(settings, send_to, is_local=is_local))
    except SettingError as error:
        yield PROBLEM, str(error)
    except Exception as error:  # its text may hold the URL with a secret, or the number
        yield (
            PROBLEM,
            f"the text was not sent ({type(error).__name__}): look at what {how} logged, at notify_url and notify_key",
        )
    else:
        if send_to:
            yield OK, f"a text was handed to {how} for +{masked(_digits(settings, send_to))}: look whether it arrived"
        elif how == "apprise":
            yield OK, "apprise knows the address of notify_url; `--send-to PHONE` tries it"


async def _tried(settings: Settings, send_to: str, *, is_local: bool) -> None:
    """Make the notifier, and send a text if a phone is named. Raises what goes wrong."""
    sender = notifier(settings, lambda trouble: None, is_local=is_local)
    assert sender is not None
    try:
        if send_to:
            await sender.deliver(Text(_digits(settings, send_to), A_TEST))
    finally:
        await sender.stop()


def _digits(settings: Settings, phone: str) -> str:
    digits = canonical(phone, settings.phone_region)
    if digits is None:
        raise SettingError("send_to", f"--send-to must be a phone number, as +27821234567, got {phone!r}")
    return digits


def _reached(setting: str, url: str, tries: str = "") -> tuple[Level, str]:
    """Whether somebody listens at the URL of this setting. Nothing is asked of them. `tries`: what would ask them."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname or ""
        socket.create_connection((host, port), REACHED_WITHIN_S).close()
    except (KeyError, ValueError):
        return PROBLEM, f"{setting} must be an http or https address"
    except OSError as error:
        return (
            PROBLEM,
            f"{setting} cannot be reached ({error.strerror or error}): look at its host and port, and at the network",
        )
    return OK, f"somebody listens at {_bracketed(host)}:{port}, where {setting} is{tries}"


def _bracketed(host: str) -> str:
    with suppress(ValueError):
        return f"[{host}]" if ip_address(host).version == 6 else host
    return host


# -- who wakes phones


def _push(settings: Settings) -> Found:
    how = settings.push
    if how == "none":
        yield OK, "nobody sends pushes, so a driver whose connection is lost is offline"
        return
    from dispatch.providers.push import FCM_URL  # heavy

    try:
        asyncio.run(_pusher_made(settings))
    except SettingError as error:
        yield PROBLEM, str(error)
        return
    if how != "apprise":
        level, text = _reached("push_url", settings.push_url or FCM_URL)
        yield (
            level,
            text if level is PROBLEM or how == "webhook" else f"push_key_file is a key for this user alone; {text}",
        )
    else:
        yield OK, "apprise knows the address of push_url"
    if not settings.sleep_max_s:
        yield WARNING, "sleep_max is 0, so nobody sleeps and no push is sent: set it, or push = none"


async def _pusher_made(settings: Settings) -> None:
    """As a start does. Raises SettingError."""
    from dispatch.providers.push import pusher

    sender = pusher(settings, time.time, lambda trouble: None)
    assert sender is not None
    await sender.stop()
