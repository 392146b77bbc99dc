"""The state of a demo right now, from its people, figures and server. `sim.demo.main` asks a few times a second."""

from __future__ import annotations

from dispatch.top.meter import ASSIGNMENTS_OVER_S, CPU_OVER_S, POSITIONS_OVER_S, Meter
from dispatch.top.view import Glance
from sim.demo.crowd import DemoCrowd
from sim.demo.server import ServerProcess
from sim.report.figures import Summary


class DemoGauges:
    """Looks at a demo, and compares with its last look."""

    def __init__(self, crowd: DemoCrowd, server: ServerProcess, title: str, for_s: float | None) -> None:
        self.doing = "starting the server"
        self.began: float | None = None
        """When the first passenger was to book; None: not yet."""
        self._crowd, self._server, self._title, self._for_s = crowd, server, title, for_s
        self._assignments = Meter(ASSIGNMENTS_OVER_S)
        self._positions = Meter(POSITIONS_OVER_S)
        self._cpu = Meter(CPU_OVER_S)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the first passenger booked."""
        return 0.0 if self.began is None else self._crowd.runtime.now - self.began

    def look(self, figures: Summary) -> Glance:
        """The state of the demo, with these figures."""
        self._crowd.runtime.read_clock()  # nobody may have had a turn for a while
        crowd, now, usage = self._crowd, self._crowd.runtime.now, self._server.usage()
        drivers = [app.phone for app in crowd.drivers]
        assign = figures["time_to_assign_s"]
        return Glance(
            title=" · ".join(filter(None, (self._title, self._server.url))),
            doing=self.doing,
            elapsed_s=self.elapsed_s,
            for_s=self._for_s,
            requests=figures["requests"],
            rides=dict(crowd.seen.counts),
            offers_open=sum(len(phone.offers) for phone in drivers),
            declined=figures["declined"],
            timed_out=figures["timed_out"],
            assignments_per_minute=60.0 * self._assignments.per_s(self.elapsed_s, figures["assigned"]),
            assign_p50_s=assign["p50"],
            assign_p95_s=assign["p95"],
            fleet=len(drivers),
            connected=sum(phone.link is not None for phone in drivers),
            busy=sum(phone.ride is not None for phone in drivers),
            positions_per_s=self._positions.per_s(now, figures["positions"]),
            server_cpu=self._cpu.per_s(now, usage.cpu_s) if usage is not None else None,
            server_memory_bytes=usage.memory_bytes if usage is not None else None,
            reconnects=crowd.connections.came_back,
            errors=crowd.errors.total(),
            news=tuple(crowd.seen.news),
        )
