"""TLS of the listening port: the certificate is read at the start, and again when its files change."""

import logging
import os
import ssl
from typing import Final

from dispatch.config import Settings
from dispatch.errors import SettingError
from dispatch.files import regular

LOOK_EVERY_S: Final = 1.0
"""A renewed certificate serves new connections after at most this."""

log = logging.getLogger(__name__)


class Certificate:
    """The certificate and key of the settings. New connections get what was read last; open ones are left alone."""

    def __init__(self, cert: str, key: str) -> None:
        """Raises SettingError: the files cannot be read, or do not belong together."""
        self._cert, self._key = cert, key
        self._seen = self._marks()
        try:
            self.context = self._read()
        except (OSError, ssl.SSLError) as error:
            raise SettingError("tls_cert", self._told(error)) from None

    @classmethod
    def of(cls, settings: Settings) -> "Certificate | None":
        """None: the server has no TLS of its own."""
        return cls(settings.tls_cert, settings.tls_key) if settings.tls_cert else None

    def look(self) -> None:
        """Read the files again if they have changed. Files that are no certificate and key leave what was read before."""
        marks = self._marks()
        if marks == self._seen:
            return
        self._seen = marks
        try:
            self._read()  # a context that has read half of a pair is worth nothing, so another one tries first
            self.context.load_cert_chain(self._cert, self._key)
        except (OSError, ssl.SSLError) as error:
            log.error(
                "the changed TLS certificate cannot be used; the one before stays", extra={"why": self._told(error)}
            )
        else:
            log.info("the TLS certificate was read again")

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(regular(self._cert), regular(self._key))
        return context

    def _marks(self) -> list[tuple[int, int]]:
        """Others for other files in these places."""
        marks = []
        for path in (self._cert, self._key):
            try:
                found = os.stat(path)
            except OSError:
                marks.append((0, 0))
            else:
                marks.append((found.st_ino, found.st_mtime_ns))
        return marks

    def _told(self, error: Exception) -> str:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        return f"tls_cert {self._cert} and tls_key {self._key} must be a PEM certificate and its key: {why}"
