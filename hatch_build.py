"""A wheel without what the pages take from others would serve pages that do not work, so it is not built."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class VendorHook(BuildHookInterface):
    """Looks for dispatch/web/vendor. An editable install goes without: its folder is filled by `make web` later."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises RuntimeError: the folder is not there."""
        if version != "editable" and not (Path(self.root) / "dispatch" / "web" / "vendor" / "made-of").is_file():
            raise RuntimeError("dispatch/web/vendor is missing: run `make web` first")
