"""The pages, as browsers get them: plain ES modules, styles, texts and maps. No Python but the name of the folder."""

from pathlib import Path

FOLDER = Path(__file__).parent
