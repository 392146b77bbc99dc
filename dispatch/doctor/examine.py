"""All looks at what a server needs, in the order in which a start needs it."""

from collections.abc import Callable, Iterator

from dispatch.config import Settings
from dispatch.doctor import certificate, machine, on_file, outside
from dispatch.doctor import settings as of_settings
from dispatch.doctor.findings import Finding, Found


def examine(settings: Settings, send_to: str = "") -> Iterator[Finding]:
    """All findings, in the order of a start. `send_to`: a phone number to which a text is really sent; empty: none is."""
    looks: tuple[tuple[str, Callable[[], Found]], ...] = (
        ("configuration", lambda: of_settings.configuration(settings)),
        ("proxy", lambda: of_settings.proxy(settings)),
        ("tls", lambda: certificate.tls(settings)),
        ("port", lambda: machine.ports(settings)),
        ("disk", lambda: machine.room(settings.db)),
        ("file", lambda: on_file.file(settings.db)),
        ("clock", lambda: machine.clock(settings)),
        ("keys", lambda: on_file.keys(settings.db)),
        ("people", lambda: on_file.people(settings)),
        ("phones", lambda: on_file.phones(settings)),
        ("map", lambda: of_settings.town_map(settings)),
        ("notifier", lambda: outside.texts(settings, send_to)),
        ("push", lambda: outside.pushes(settings)),
    )
    for about, look in looks:
        for level, text in look():
            yield Finding(about, level, text)
