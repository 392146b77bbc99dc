"""What the socket edge counts, as plain numbers: the edge writes them, the metrics page reads them."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class EdgeCounters:
    """All since the process started, but `open`, which is now."""

    open: Counter[str] = field(default_factory=Counter)
    """Sockets that are open now, by kind: `ride`, `driver`, `ops`."""
    handshakes: Counter[int] = field(default_factory=Counter)
    """Answered opening handshakes by HTTP status; 101 is a socket opened."""
    closes: Counter[int] = field(default_factory=Counter)
    """Ended sockets by WebSocket close code; 1006 ended without one."""
    cut_headers: int = 0
    """Connections cut off because their headers were late or too long."""
    cut_readers: int = 0
    """Connections cut off because what a page answered was not read in time."""
    frames_in: int = 0
    frames_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    """Payload bytes of frames sent; `bytes_in` are bytes as they came from the network."""
