"""Files that a command writes at its end are looked at before its work begins."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dispatch.errors import SettingError


def require_writable(option: str, path: str | None) -> None:
    """Refuse a file that cannot be written. Nothing is left behind, and what a file holds stays.

    Raises:
        SettingError: it names the option (`--trace`), the file and what is wrong.
    """
    if path is None:
        return
    file, is_new = Path(path), not os.path.lexists(path)
    if not is_new and not file.is_file() and not file.is_dir():
        return  # a pipe or a device: opening it would already be the work
    try:
        with file.open("xb" if is_new else "ab"):
            pass
        if is_new:
            file.unlink()
    except (OSError, ValueError) as error:
        folder = file.parent
        why = getattr(error, "strerror", None) or str(error)
        what = f"there is no folder {folder}" if not folder.exists() else f"{path}: {why}"
        raise SettingError(
            option.strip("-"), f"{option} must be a file that can be written, got {path!r}; {what}"
        ) from None


class Output:
    """A file that is written while a command runs. What goes wrong with it is told by the name of its option."""

    def __init__(self, option: str, path: Path) -> None:
        """Raises SettingError: it cannot be written, or it is a pipe that nobody reads."""
        self._option = option
        self._path = path
        with self._told():
            # A pipe without a reader would keep us waiting. Once it is open, it may keep us waiting for its reader.
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
            os.set_blocking(number, True)
            self._file = os.fdopen(number, "wb")

    def write(self, data: Any) -> int:
        """Write this. Raises SettingError."""
        with self._told():
            return self._file.write(data)

    def close(self) -> None:
        """All of it is written. Raises SettingError."""
        with self._told():
            self._file.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = "nobody reads this pipe" if error.errno == errno.ENXIO else error.strerror
            name = self._option.strip("-")
            raise SettingError(name, f"{self._option} cannot be written to {str(self._path)!r}: {why}") from None


def require_new(option: str, path: str | None, force: bool) -> None:
    """Refuse a file that cannot be written, and one that is there already unless it is to be overwritten.

    Raises:
        SettingError: it names the option and the file.
    """
    if path is not None and os.path.lexists(path) and not Path(path).is_dir() and not force:
        raise SettingError(
            option.strip("-"), f"{option} does not overwrite {path!r}, which is there already; --force does"
        )
    require_writable(option, path)
