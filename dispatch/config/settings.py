"""Every number and word that a user may set: default, limits and purpose. Any room may read them.

An attribute ends in its unit (`_s` seconds, `_m` metres). Flags, environment names, TOML keys, `config show`
and the help are made of its row, whose default and limits are written as people write the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from dispatch.config.kinds import (
    BOUNDS,
    CLOCK,
    COLUMNS,
    HOSTS,
    MOMENT,
    NETWORKS,
    ORIGINS,
    PATH,
    REGION,
    SECRET,
    STYLE_URL,
    TEXT,
    TILES,
    VEHICLES,
    ZONE,
    Value,
)
from dispatch.config.policies import POLICIES, is_plug_in
from dispatch.config.table import (
    Checked,
    Setting,
    choice,
    duration,
    kilometres,
    number,
    percent,
    switch,
    whole,
    written,
)


@dataclass(frozen=True, kw_only=True)
class Rules(Checked):
    """How rides are offered and how long people are waited for."""

    group: ClassVar[str] = "dispatch"

    offer_timeout_s: float = duration("30s", "50ms", "5m", "a driver has this long to answer an offer")
    late_grace_s: float = duration("2s", "0s", "30s", "an accept this late still wins while the ride is open")
    policy: str = choice(
        "seed",
        "|".join(POLICIES),
        "matching policy: a preset for the settings below (explicit settings win), or one of your own (docs/POLICIES.md)",
        also=is_plug_in,
    )
    batch: int = whole(5, 1, 50, "drivers asked at once in a round")
    rank_by: str = choice("distance", "distance|eta", "who is asked first: the nearest, or the soonest at the pickup")
    rank_candidates: int = whole(20, 1, 200, "number of nearest drivers that rank_by eta compares")
    window_s: float = duration(
        "5s", "100ms", "1m", "policy batched asks once in a window, for all waiting rides together"
    )
    rounds: int = whole(4, 1, 100, "rounds before a search only waits for late joiners")
    search_cap_s: float = duration("180s", "100ms", "24h", "a search ends with no_drivers after this")
    radius_m: float = kilometres(10, 0.1, 500, "drivers further from the pickup are not asked")
    radius_from_m: float = kilometres(
        0, 0, 500, "radius of the first round, each later one reaches farther; 0: radius_km at once"
    )
    radius_growth: float = number(1.5, 1.05, 10, "the radius of a round is that of the one before times this")
    explain_candidates: int = whole(
        10,
        0,
        1000,
        "drivers who were not asked that a round keeps, with the reason; simulations keep none without --db",
    )
    vehicle_types: str = written(VEHICLES, "", "types that can be asked for, with others that do as well; empty: any")
    acceptance: str = choice(
        "first",
        "first|best_of_window",
        "who gets a ride: the first to accept, or the soonest at the pickup of all in accept_window",
    )
    accept_window_s: float = duration("3s", "100ms", "1m", "best_of_window chooses this long after the first accept")
    stagger_s: float = duration(
        "0s", "0s", "1m", "each driver of a round is asked this long after the one before; 0: all at once"
    )
    live_offers: int = whole(1, 1, 10, "offers one driver may hold open at once")
    asks_after_silence: int = whole(1, 0, 5, "how many times a driver is asked again for a ride after silence")
    position_max_age_s: float = duration("60s", "100ms", "24h", "a driver with an older position is not asked")
    dead_after_s: float = duration("12s", "100ms", "10m", "a link silent this long counts as dead")
    sleep_max_s: float = duration(
        "30m", "0s", "24h", "a driver whose connection was lost may be asked by push for this long; 0: never"
    )
    link_grace_s: float = duration(
        "60s", "0s", "24h", "a driver or passenger who connects again within this time keeps the ride"
    )
    document_warning_s: float = duration("336h", "0s", "8784h", "a driver is warned this long before a document ends")
    sweep_every_s: float = duration("5s", "50ms", "5m", "waiting searches look again for drivers this often")
    claim_retry_s: float = duration("1s", "10ms", "1m", "a reserved driver repeats its accept this often")
    gps_max_speed_mps: float = number(60, 1, 1000, "a position that implies a greater speed is dropped")
    gps_max_accuracy_m: float = number(100, 1, 100_000, "a position less accurate than this is dropped")
    gps_max_delay_s: float = duration("1h", "1s", "24h", "a position recorded longer ago than this is dropped")
    schedule_lead_s: float = duration(
        "15m", "0s", "24h", "a ride booked ahead looks for drivers this long before its time"
    )
    schedule_ahead_s: float = duration("720h", "1m", "8784h", "how long ahead a ride may be booked")
    free_cancel_s: float = duration("120s", "0s", "24h", "a passenger cancels free this long after the assignment")
    driver_late_s: float = duration("300s", "0s", "24h", "later than told by this, the driver is cancelled free")
    free_wait_s: float = duration("120s", "0s", "24h", "waiting at the pickup costs nothing for this long")
    no_show_s: float = duration("300s", "0s", "24h", "a driver may leave the pickup after this")
    max_restarts: int = whole(2, 0, 20, "how many times a ride is offered anew when its driver gives it up")
    ride_cap_s: float = duration("12h", "1s", "8784h", "no driver has a ride longer; the system then ends it")
    follow_drivers: str = choice("auto", "auto|on|off", "tell passengers where drivers are; auto: unless simulated")
    location_every_s: float = duration("2s", "0s", "1h", "a passenger is told where the driver is at most this often")
    track_step_m: float = number(30, 1, 10_000, "a driver's track has no two points nearer than this")
    watch_every_s: float = duration("10s", "100ms", "1h", "drivers on the way to a pickup are checked this often")
    watch_warn_s: float = duration("120s", "1s", "24h", "a driver who gets no nearer for this long is warned")
    watch_tell_s: float = duration("180s", "1s", "24h", "and after this long the passenger is told")
    watch_give_up_s: float = duration("0s", "0s", "24h", "and after this long others are asked; 0: never")
    arrived_within_m: float = number(250, 1, 100_000, "a driver who arrives farther from the pickup is warned")
    one_ride_each: str = choice(
        "known",
        "known|never",
        "known: whoever says who they are has one open ride at a time; never: as many as they like",
    )
    strict_steps: bool = switch(False, "only a started ride can be completed")
    start_pin: bool = switch(False, "every ride starts with the passenger's pin, asked for or not")
    text_callers: bool = switch(
        True, "who booked by phone is texted who comes and when, and that nobody does (by notify)"
    )
    pin_tries: int = whole(5, 1, 100, "wrong pins before a ride's pin is locked")
    pin_lock_s: float = duration("60s", "1s", "24h", "a locked pin may be tried again after this")
    resume_wait_s: float = duration("250ms", "10ms", "10s", "how long a new connection may take to send resume")
    stream_kept: int = whole(16, 0, 10_000, "messages kept for each ride and driver, for apps that missed some")
    answers_kept: int = whole(64, 1, 10_000, "commands with an id that are remembered for each ride and driver")
    retire_after_s: float = duration(
        "60s", "0s", "24h", "an ended ride stays in memory this long; a driver who is gone, link_grace longer"
    )
    mailbox_limit: int = whole(1000, 10, 1_000_000, "messages that may wait in one mailbox")
    show_phone: str = choice("auto", "auto|always|never", "full phones in offers; auto: only while auth is off")
    offer_shows: str = choice(
        "auto", "auto|area|all", "first name and area of the dropoff, or all; auto: all while auth is off"
    )


@dataclass(frozen=True, kw_only=True)
class Server(Checked):
    """Where the live server listens and stores, and what one connection may take from it."""

    group: ClassVar[str] = "server"

    host: str = written(TEXT, "127.0.0.1", "address to listen on")
    port: int = whole(8067, 0, 65_535, "port to listen on; 0 takes a free one")
    admin_host: str = written(TEXT, "127.0.0.1", "address of the admin port")
    admin_port: int | None = whole(
        None, 0, 65_535, "port of /metrics and /-/…, for the operator's network alone; not set: none; 0: a free one"
    )
    hosts: str = written(HOSTS, "", "names that Host may have beside IP addresses, localhost and --host")
    origins: str = written(ORIGINS, "", "web pages of other origins that may use this server; empty: none")
    db: str = written(PATH, "dispatch.db", "the SQLite database; `serve` and `db seed` make one")
    auth: str = choice(
        "auto", "auto|on|off", "callers prove who they are; auto: unless on a loopback address, and no proxy is listed"
    )
    behind_proxy: str = written(
        NETWORKS, "", "proxies (10.0.0.5, 10.1.0.0/16) whose forwarding headers alone are believed; empty: none"
    )
    tls_cert: str = written(TEXT, "", "PEM file of the TLS certificate and its chain; empty: no TLS")
    tls_key: str = written(TEXT, "", "PEM file of the certificate's key")
    plain_http: bool = switch(False, "listen on a public address without TLS and without a proxy: this is meant")
    synchronous: str = choice("full", "full|normal|off", "how strictly SQLite waits until data is on disk")
    phone_region: str = written(
        REGION, "", "country (ZA) of phone numbers without a country code; kept in the database; empty: the kept one"
    )
    currency: str = written(TEXT, "", "currency of fares, for people to read")
    town_name: str = written(TEXT, "", "name of the town or the company, for people to read")
    town_bounds: str = written(BOUNDS, "", "the rectangle of the town, for pages to show first")
    serve_within: str = choice(
        "anywhere",
        "anywhere|pickups|trips",
        "rides of apps; pickups: they begin within town_bounds; trips: they begin and end there",
    )
    show_free_cars: bool = switch(
        False, "passengers who may book see free cars near them: a few, at rounded places, without names"
    )
    map_streets: str = written(
        TEXT, "", "file of `dispatch map build`: the streets that pages draw and search; empty: bare ground"
    )
    map_style_url: str = written(
        STYLE_URL, "", "a MapLibre style that pages draw instead; they may then speak to its host"
    )
    map_pmtiles: str = written(TILES, "", "vector tiles that pages draw instead (OpenMapTiles or Protomaps schema)")
    desk_phone: str = written(TEXT, "", "phone number of the desk, for people to call")
    emergency_phone: str = written(TEXT, "", "phone number for emergencies, for people to call")
    eta_model: str = choice(
        "fitted", "fitted|constant", "fitted: ETAs by the hour of the day; constant: straight line × 1.3 at 25 km/h"
    )
    eta_profile: str = written(TEXT, "", "file of `dispatch eta fit`; empty: the shipped one, of a New York day")
    roads: str = written(TEXT, "", "street map for ETAs (.osm.pbf, node-link .json.gz); empty: straight lines")
    frame_bytes: int = whole(16_384, 256, 1_048_576, "a longer frame closes the connection with 1009")
    messages_per_s: int = whole(20, 1, 100_000, "messages a second from one connection")
    message_burst: int = whole(40, 1, 100_000, "messages that one connection may send at once")
    kept_positions: int = whole(100, 0, 100_000, "more positions at once, kept while a phone was offline, each minute")
    bytes_per_s: int = whole(1_000_000, 1024, 1_073_741_824, "more bytes a second from one connection are a flood")
    bad_frames_per_minute: int = whole(20, 1, 10_000, "bad frames that close a connection")
    outbox_messages: int = whole(256, 8, 100_000, "messages that may wait for one slow reader")
    outbox_bytes: int = whole(65_536, 1024, 67_108_864, "bytes that may wait for one slow reader")
    write_buffer_bytes: int = whole(262_144, 1024, 67_108_864, "a fuller write buffer cuts the reader off")
    stall_limit_s: float = duration("3s", "100ms", "5m", "a reader that takes nothing is cut off after this")
    alarm_unasked_s: float = duration(
        "1m", "1s", "24h", "a search is shown to the desk as unserved when it had no open offer for this long"
    )
    alarm_waiting_s: float = duration("2m", "1s", "24h", "and when it has taken this long in all")
    desk_beat_s: float = duration("1s", "100ms", "1m", "a desk is told this often who has moved")
    desk_buffer_bytes: int = whole(
        4_194_304, 65_536, 268_435_456, "bytes that may wait for one slow desk, in the place of the two above"
    )
    header_timeout_s: float = duration("5s", "100ms", "5m", "from connect to the end of the headers")
    ping_after_s: float = duration("5s", "50ms", "10m", "a socket silent this long is pinged")
    stop_batch: int = whole(50, 1, 10_000, "connections closed at once when the server stops")
    stop_pause_s: float = duration("30ms", "0s", "10s", "pause between two batches of closes")
    log_format: str = choice("auto", "auto|json|text", "form of the log's lines; auto: text on a terminal, else JSON")
    log_frames: bool = switch(False, "log each frame: direction, socket, type and ids")
    max_connections: int = whole(20_000, 1, 1_000_000, "connections held at once")
    sockets_per_address: int = whole(2_000, 1, 1_000_000, "connections of one address (of one IPv6 /64) at once")
    sockets_per_person: int = whole(20, 1, 100_000, "connections of one person who has logged in, at once")
    handshakes_per_s: int = whole(2_000, 1, 1_000_000, "more handshakes a second are asked to come back later")


@dataclass(frozen=True, kw_only=True)
class PricingRules(Checked):
    """Who sets fares, and how."""

    group: ClassVar[str] = "pricing"

    pricing: str = choice("none", "none|tariff|http", "who sets fares: the passenger's app, the tariff, or pricing_url")
    currency_digits: str = choice(
        "auto", "auto|0|1|2|3|4", "digits of the currency's smaller unit; auto: as in ISO 4217"
    )
    time_zone: str = written(ZONE, "UTC", "local time, for what depends on the hour of the day")
    demand_multiplier: float = number(1, 0.1, 10, "what fares are multiplied by while demand is high")
    quote_ttl_s: float = duration("5m", "1s", "24h", "a quote holds this long")
    quote_tolerance_m: float = number(50, 0, 5000, "metres that a booking's points may lie from its quote's")
    quotes_per_s: int = whole(20, 1, 100_000, "quotes a second for one address")
    quote_burst: int = whole(40, 1, 100_000, "quotes that one address may ask for at once")
    price_patience_s: float = duration("10s", "100ms", "5m", "a booking or a quote waits this long for its price")
    pricing_url: str = written(TEXT, "", "where pricing = http asks, by POST")
    pricing_key: str = written(SECRET, "", "the key that pricing_url wants, as a bearer token")
    pricing_timeout_s: float = duration("2s", "10ms", "1m", "how long to wait for pricing_url")
    pricing_fallback: str = choice("error", "error|tariff", "what holds while pricing_url has no answer")


@dataclass(frozen=True, kw_only=True)
class PaymentRules(Checked):
    """How rides are paid that are not paid in cash."""

    group: ClassVar[str] = "payment"

    payment: str = choice("none", "none|http", "who collects from cards: nobody, or payment_url")
    payment_url: str = written(TEXT, "", "where payment = http asks to collect a fare, by POST")
    payment_key: str = written(SECRET, "", "the key that payment_url wants, as a bearer token")
    payment_timeout_s: float = duration("10s", "10ms", "1m", "how long to wait for payment_url")
    payment_retry_s: float = duration(
        "5s", "10ms", "1h", "payment_url is asked again after this, then after twice as long, and so on"
    )
    payment_retry_most_s: float = duration("10m", "10ms", "24h", "longest pause between two of these questions")


@dataclass(frozen=True, kw_only=True)
class LoginSettings(Checked):
    """How people log in, and how often they may try."""

    group: ClassVar[str] = "login"

    token_ttl_s: float = duration("15m", "1s", "24h", "an access token holds this long")
    login_ttl_s: float = duration("720h", "1m", "8784h", "a login that nobody uses ends after this")
    refresh_again_s: float = duration("10s", "0s", "5m", "a refresh token whose answer was lost may be used again")
    code_ttl_s: float = duration("5m", "1s", "1h", "a login code holds this long")
    code_tries: int = whole(5, 1, 100, "tries of one login code")
    code_resend_s: float = duration("30s", "0s", "1h", "an app may offer to send another code after this")
    codes_per_phone_hour: int = whole(5, 1, 1_000_000, "login codes for one phone in an hour")
    codes_per_phone_day: int = whole(10, 1, 1_000_000, "login codes for one phone in a day")
    codes_per_address_hour: int = whole(300, 1, 1_000_000, "login codes for one address (IPv6: /64) in an hour")
    code_failures_hour: int = whole(
        1000, 1, 100_000_000, "wrong codes in an hour, on the whole server, after which nobody can log in by code"
    )
    new_passengers: bool = switch(True, "whoever logs in first becomes a passenger; off: they must be on file")
    notify: str = choice(
        "auto",
        "auto|none|console|webhook|apprise",
        "who sends login codes and texts; auto: console on a loopback address, else none",
    )
    notify_url: str = written(
        SECRET, "", "where notify = webhook posts to, or the URL of apprise; {phone} is the number"
    )
    notify_key: str = written(SECRET, "", "the key that the webhook wants, as a bearer token")
    notify_timeout_s: float = duration("10s", "10ms", "1m", "how long to wait for whoever sends texts")


@dataclass(frozen=True, kw_only=True)
class PushSettings(Checked):
    """How drivers' phones are woken whose apps sleep."""

    group: ClassVar[str] = "push"

    push: str = choice("none", "none|fcm|webhook|apprise", "who wakes phones of drivers who sleep; none: nobody sleeps")
    push_url: str = written(
        SECRET,
        "",
        "where push = webhook posts to, the URL of apprise with {token} in it, or another host than Google's",
    )
    push_key: str = written(SECRET, "", "the key that the webhook wants, as a bearer token")
    push_key_file: str | None = written(
        PATH, None, "push = fcm: the key of a service account (JSON), readable by nobody else"
    )
    push_token_url: str = written(SECRET, "", "push = fcm: who gives access tokens; empty: whom the key file names")
    push_timeout_s: float = duration("5s", "10ms", "1m", "how long to wait for whoever sends pushes, each time")
    push_text: str = written(TEXT, "New ride request", "the sentence that a locked phone shows")


@dataclass(frozen=True, kw_only=True)
class RetentionSettings(Checked):
    """How long is kept what people may not want kept. Nothing goes by itself: `dispatch db purge` goes by these."""

    group: ClassVar[str] = "retention"

    keep_tracks_days: int = whole(0, 0, 36_500, "days after a ride that its tracks stay exact; 0: for ever")
    keep_quotes_days: int = whole(0, 0, 36_500, "days that an old quote keeps its person and exact places; 0: for ever")
    keep_addresses_days: int = whole(
        0, 0, 36_500, "days after a ride that its addresses, exact places and note stay; 0: for ever"
    )


@dataclass(frozen=True, kw_only=True)
class TariffRates(Checked):
    """What rides cost, in major units of the currency. `[tariff.suv]` says otherwise for one type of vehicle."""

    group: ClassVar[str] = "tariff"

    base_fare: float = number(0, 0, 1_000_000, "for every ride")
    per_km: float = number(0, 0, 1_000_000, "for every kilometre")
    per_minute: float = number(0, 0, 1_000_000, "for every minute")
    minimum_fare: float = number(0, 0, 1_000_000, "no ride costs less")
    waiting_per_minute: float = number(0, 0, 1_000_000, "for every minute at the pickup beyond free_wait")
    cancellation_fee: float = number(0, 0, 1_000_000, "for a passenger who cancels too late")
    no_show_fee: float = number(0, 0, 1_000_000, "for a passenger who does not come")
    night_multiplier: float = number(1, 0.1, 10, "what a ride's fare is multiplied by when it begins at night")
    night_from: str = written(CLOCK, "22:00", "the night begins, in local time")
    night_to: str = written(CLOCK, "06:00", "the night ends")

    vehicle_tariffs: Mapping[str, Mapping[str, Value]] = field(default_factory=dict, hash=False)
    """What `[tariff.<type>]` says, by attribute."""


@dataclass(frozen=True, kw_only=True)
class Settings(RetentionSettings, PushSettings, LoginSettings, PaymentRules, PricingRules, TariffRates, Server, Rules):
    """All that the dispatcher needs to know: `Settings(batch=3, offer_timeout_s=2.0)`.

    Raises:
        SettingError: a value is outside its limits or of the wrong type.
    """


@dataclass(frozen=True, kw_only=True)
class SimulateSettings(Checked):
    """What is simulated and how it is told. None stands for "as the command and the trips decide"."""

    group: ClassVar[str] = "simulate"

    trips: str | None = written(
        PATH, None, "file of trips (CSV, Parquet); none: a model city; not set: the shipped trips"
    )
    columns: str = written(
        COLUMNS, "", "what the file's columns are called, where they are not known (pickup_time=Start, …)"
    )
    trips_zone: str | None = written(
        ZONE, None, "clock by which times with an offset from UTC are told; empty: that of the first offset"
    )
    skip_most: float = percent(
        5, 0, 100, "more rows skipped than this end the run before it begins; rows without a place do not count"
    )
    drivers: int | None = whole(None, 0, 1_000_000, "drivers in the fleet")
    rides: int | None = whole(None, 0, 10_000_000, "number of trips to take, the first ones")
    for_s: float | None = duration(None, "1s", "8784h", "how long to run")
    from_time: str | None = written(MOMENT, None, "take trips from this local time on")
    position_every_s: float = duration("30s", "100ms", "1h", "a driver reports its position this often")
    seed: int = whole(1, 0, 2**32 - 1, "seed of all random numbers")
    network: str = choice(
        "good",
        "good|lossy",
        "lossy: of all frames, a fifth is lost, a fifth comes twice; connections die; apps resume and repeat",
    )
    scenario: str | None = written(TEXT, None, "run a named small world instead")
    worlds: int = whole(1, 1, 1_000_000, "number of worlds to run (needs --scenario); stops at the first broken rule")
    permute: bool = switch(False, "shuffle deliveries that fall on the same instant, by the seed")
    codec: str = choice("auto", "auto|on|off", "encode frames as on the wire; auto: where they are read")
    db: str | None = written(PATH, None, "store what happens in this SQLite file", name="simulate_db")
    trace: str | None = written(PATH, None, "write every delivery to this file, one a line")
    json: bool = switch(False, "print one JSON object instead of tables")


SETTINGS: tuple[Setting, ...] = Settings.rows + SimulateSettings.rows


def rows_named(*wanted: str) -> tuple[Setting, ...]:
    """The rows whose group or name is among `wanted`, in the table's order."""
    return tuple(row for row in SETTINGS if row.group in wanted or row.name in wanted)
