"""Makes the sounds of the driver's page, `python docs/make_sounds.py`: a few notes each, 8 bits, small enough to come with the page."""

import io
import math
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent.parent / "dispatch" / "web" / "driver" / "sounds"
RATE: Final = 11_025
"""Samples a second: enough for notes below 2 kHz."""
LOUD: Final = 110
"""Of 127, so that two overtones fit in."""
FADE_S: Final = 0.02
"""So long a note rises and falls: without it it clicks."""
SOUNDS: Final = {
    "request.wav": ((988, 0.18), (0, 0.05), (1319, 0.30)),
    "good.wav": ((784, 0.10), (1047, 0.20)),
    "bad.wav": ((659, 0.14), (440, 0.26)),
}
"""Of each file the notes: hertz (0 is silence) and seconds. A request rises in two notes, what is good rises, what is bad falls."""


def samples(notes: tuple[tuple[int, float], ...]) -> Iterator[int]:
    """The notes as unsigned bytes around 128. Each has an overtone, which small loudspeakers need."""
    for hertz, seconds in notes:
        for at in range(round(seconds * RATE)):
            time = at / RATE
            fade = min(1.0, time / FADE_S, (seconds - time) / FADE_S)
            wave_at = 0.75 * math.sin(math.tau * hertz * time) + 0.25 * math.sin(2 * math.tau * hertz * time)
            yield 128 + round(LOUD * fade * wave_at)


def sound(notes: tuple[tuple[int, float], ...]) -> bytes:
    """A whole WAV file of these notes."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(1)
        written.setframerate(RATE)
        written.writeframes(bytes(samples(notes)))
    return file.getvalue()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, notes in SOUNDS.items():
        (FOLDER / name).write_bytes(sound(notes))
