"""What time it is in the simulation, and what is going wrong."""

from collections.abc import Sequence

from exporter.simulator.incidents import Incident, Incidents


class Situation:
    """The simulation's time (ms) and the incidents under way.

    `now` is the time on the wire. The markets have a time of their own, which stands still in a
    pause, with all incidents in it; `shift` is how far it lies behind.
    """

    def __init__(self, incidents: Incidents, now: int) -> None:
        self.incidents = incidents
        self.now = now
        self.shift = 0
        self.under_way: Sequence[Incident] = ()

    @property
    def market_time(self) -> int:
        """The time of the markets."""
        return self.now - self.shift

    def advance(self, now: int, *, standing: bool) -> None:
        """It is `now`; the markets stood still since the last time, or went along."""
        if standing:
            self.shift += now - self.now
        self.now = now
        self.under_way = self.incidents.under_way(self.market_time)

    def active(self, kind: str, exchange: str, instrument: str | None = None) -> Incident | None:
        """The incident of this kind that happens there, as of the last advance."""
        for incident in reversed(self.under_way):
            if incident.kind.name == kind and incident.concerns(exchange, instrument):
                return incident
        return None


def following(now: int, span: int, phase: int = 0) -> int:
    """The first time after `now` that is `phase` beyond a multiple of `span`."""
    return now - (now - phase) % span + span
