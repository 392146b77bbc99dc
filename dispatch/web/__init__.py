"""The pages, as browsers get them: plain ES modules, styles, texts and maps. No Python but what fetches the parts of others."""

from pathlib import Path

FOLDER = Path(__file__).parent
VENDOR = FOLDER / "vendor"
"""What the pages take from others; `make web` lays it there."""
