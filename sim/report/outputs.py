"""Files that a command writes at its end are looked at before its work begins."""

from __future__ import annotations

import os
from pathlib import Path

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
