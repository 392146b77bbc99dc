"""Whether apps will accept the certificate: its key, its end and its names."""

import ssl
import time
from contextlib import suppress
from typing import Any, Final

from dispatch.config import Settings
from dispatch.config.authority import hosts_in
from dispatch.config.exposure import Reach, reach
from dispatch.doctor.findings import OK, PROBLEM, WARNING, Found
from dispatch.errors import SettingError
from dispatch.timestamps import rfc3339
from dispatch.transport.ws.tls import Certificate

ENDS_SOON_S: Final = 14 * 86_400.0


def tls(settings: Settings) -> Found:
    """The certificate as an app meets it, or whether none is needed."""
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
