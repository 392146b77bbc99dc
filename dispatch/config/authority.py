"""Hosts, origins and networks as they stand in settings and in the headers of HTTP: read, and written in one way. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple, TypeVar

_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Za-z:.%]+\]|[\w.-]+)(?::(?P<port>\d{0,5}))?", re.ASCII)
_ORIGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>.+)", re.ASCII | re.IGNORECASE)
_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
LONGEST_NAME: Final = 253
REMEMBERED: Final = 64
"""So many texts are kept with what they mean: nearly all clients name a server in the same way."""
Named = TypeVar("Named")


class Authority(NamedTuple):
    """A host and the port that was named with it. Two that mean the same are equal."""

    host: str
    """In small letters, without a dot at its end; an IP address in its shortest form, without brackets."""
    port: int | None

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address and no name."""
        return _address(self.host) is not None

    def at(self, scheme: str) -> Authority:
        """With the usual port of `scheme` where none was named."""
        return self if self.port is not None else self._replace(port=_PORTS.get(scheme))


class Origin(NamedTuple):
    """The origin of a web page: a scheme and an authority, which has a port where the scheme has a usual one."""

    scheme: str
    authority: Authority


@lru_cache(REMEMBERED)
def authority(text: str) -> Authority | None:
    """What a Host header or the authority of a URL names. None: it is no authority, or has a user name in it."""
    match = _AUTHORITY.fullmatch(text)
    if match is None or int(match["port"] or 0) > 65_535:
        return None
    host = _host(match["host"])
    return None if host is None else Authority(host, int(match["port"]) if match["port"] else None)


def in_url(host: str) -> str:
    """The host as it stands in a URL: an IPv6 address has brackets there."""
    return f"[{host}]" if ":" in host else host


@lru_cache(REMEMBERED)
def origin(text: str) -> Origin | None:
    """What an Origin header names. None: `null`, or no origin."""
    match = _ORIGIN.fullmatch(text)
    named = authority(match["authority"]) if match is not None else None
    if match is None or named is None:
        return None
    scheme = match["scheme"].lower()
    return Origin(scheme, named.at(scheme))


def hosts_in(listed: str) -> frozenset[str]:
    """The hosts of a list with commas or spaces between them; a port that stands with one means nothing.

    Raises ValueError: something in it is no host.
    """
    return frozenset(named.host for named in _each(listed, authority))


def origins_in(listed: str) -> frozenset[Origin]:
    """The origins of a list with commas or spaces between them.

    Raises ValueError: something in it is no origin. `*` and `null` are none: they would let any page in.
    """
    return _each(listed, lambda word: origin(word.removesuffix("/")))


def networks_in(listed: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks of a list with commas or spaces between them; an address is a network of one.

    Raises ValueError: something in it is none.
    """
    return tuple(ip_network(word) for word in listed.replace(",", " ").split())


def _each(listed: str, read: Callable[[str], Named | None]) -> frozenset[Named]:
    named = [read(_in_ascii(word)) for word in listed.replace(",", " ").split()]
    if None in named:
        raise ValueError(listed)
    return frozenset(one for one in named if one is not None)


def _in_ascii(word: str) -> str:
    """As browsers send a name in other letters. Raises ValueError where there is no such form."""
    if word.isascii():
        return word
    scheme, mark, host = word.rpartition("://")
    return scheme + mark + host.encode("idna").decode()


def _host(written: str) -> str | None:
    if written.startswith("["):
        return _address(written[1:-1]) if ":" in written else None
    name = written.lower().removesuffix(".")
    if len(name) > LONGEST_NAME or not all(0 < len(label) <= 63 for label in name.split(".")):
        return None
    return _address(name) or name


@lru_cache(REMEMBERED)
def _address(written: str) -> str | None:
    try:
        return str(ip_address(written))
    except ValueError:
        return None
