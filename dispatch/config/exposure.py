"""Whether people have to log in, and on which addresses a server may listen: decided by the settings alone. Pure."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

from dispatch.errors import SettingError

if TYPE_CHECKING:
    from dispatch.config.settings import Server

LOCALHOST: Final = "localhost"
ADMIN_REACHED: Final = (
    "whoever reaches admin_host {host} reads metrics and versions: let your own network alone reach it"
)
REMEMBERED: Final = 1_024
"""Hosts of which it is kept from where they can be reached: it is asked of every request."""


class Reach(Enum):
    """From where an address can be reached."""

    LOOPBACK = "this machine"
    PRIVATE = "a private network"
    PUBLIC = "anywhere"


class Exposure(NamedTuple):
    """`login`: callers must prove who they are. `warnings`: what the operator should know before anyone is served."""

    login: bool
    warnings: tuple[str, ...] = ()


@lru_cache(REMEMBERED)
def reach(host: str) -> Reach:
    """From where this host can be reached. A name may lead anywhere; 0.0.0.0 and :: are all addresses of the machine."""
    if host == LOCALHOST:
        return Reach.LOOPBACK
    try:
        address = ip_address(host)
    except ValueError:
        return Reach.PUBLIC
    if address.is_loopback:
        return Reach.LOOPBACK
    return Reach.PUBLIC if address.is_unspecified or address.is_global or address.is_multicast else Reach.PRIVATE


def exposure(settings: Server) -> Exposure:
    """What follows from `host`, `auth`, `behind_proxy`, `tls_cert`, `tls_key`, `plain_http`, `admin_host` and `admin_port`.

    Raises:
        SettingError: they do not go together; the sentence says what to do.
    """
    told = _main_exposure(settings)
    if settings.admin_port is None or reach(settings.admin_host) is Reach.LOOPBACK:
        return told
    return told._replace(warnings=(*told.warnings, ADMIN_REACHED.format(host=settings.admin_host)))


def _main_exposure(settings: Server) -> Exposure:
    host, where = settings.host, reach(settings.host)
    if bool(settings.tls_cert) != bool(settings.tls_key):
        missing, given = ("tls_key", "tls_cert") if settings.tls_cert else ("tls_cert", "tls_key")
        raise SettingError(missing, f"{missing} must be set too where {given} is: TLS needs both files")
    if settings.auth == "off":
        if settings.behind_proxy:
            raise SettingError(
                "auth",
                "auth must be on behind a proxy: all its clients look like this machine, "
                "and anyone could act as any driver or passenger",
            )
        if where is not Reach.LOOPBACK:
            raise SettingError(
                "host",
                "host must be a loopback address (127.0.0.1, ::1 or localhost) while auth is off, "
                f"got {host!r}: anyone who can reach the server could act as any driver or passenger",
            )
        return Exposure(False, ("auth is off: whoever reaches this port can act as any driver or passenger",))
    if settings.auth == "auto" and where is Reach.LOOPBACK and not settings.behind_proxy:
        return Exposure(False, ("auth is off: whoever reaches this port can act as any driver or passenger",))
    is_covered = bool(settings.tls_cert or settings.behind_proxy)
    if is_covered or where is Reach.LOOPBACK:
        return Exposure(True)
    if where is Reach.PUBLIC and not settings.plain_http:
        raise SettingError(
            "host",
            f"host {host!r} may be reached from anywhere, and without TLS anybody on the way can read and use what people send: "
            "give --tls-cert and --tls-key, or --behind-proxy with the address of a proxy that ends TLS, "
            "or say with --plain-http that this is meant",
        )
    return Exposure(True, (f"no TLS: whoever is on the way to {host} can read what people send and act as them",))


def must_log_in(settings: Server) -> bool:
    """Whether callers must prove who they are, where these settings are served at all."""
    return settings.auth == "on" or (
        settings.auth == "auto" and (reach(settings.host) is not Reach.LOOPBACK or bool(settings.behind_proxy))
    )


def require_no_login(settings: Server) -> None:
    """For a server whose only apps are made by the program itself, on this machine: they have no tokens.

    Raises:
        SettingError: people would have to log in, or `host` is not a loopback address.
    """
    if must_log_in(settings) and reach(settings.host) is Reach.LOOPBACK:
        raise SettingError(
            "auth", "auth must be off here, on a loopback address without a proxy: these apps do not log in"
        )
    if reach(settings.host) is not Reach.LOOPBACK:
        raise SettingError(
            "host", f"host must be a loopback address (127.0.0.1, ::1 or localhost) here, got {settings.host!r}"
        )
