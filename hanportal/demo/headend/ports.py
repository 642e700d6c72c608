"""The ports of all meters: as the fleet file has them, changed by the ledger."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hanportal.demo.headend.fleet import Fleet, PortState
from hanportal.demo.headend.ledger import Ledger


@dataclass(frozen=True)
class Reading:
    """What a port is, and the moment for which that is true."""

    state: PortState
    at: datetime


class Ports:
    """One port per meter. Only those that something happened to are kept."""

    def __init__(
        self, fleet: Fleet, ledger: Ledger, clock: Callable[[], datetime]
    ) -> None:
        """Start from the fleet and replay the ledger."""
        self._fleet = fleet
        self._ledger = ledger
        self._clock = clock
        self._silent: set[str] = set()
        self.meters, self.opened = fleet.meters.tally()
        self._states: dict[str, PortState] = {}
        for serial, effect in ledger.last_of_each().items():
            if serial in fleet.meters:
                self._move(serial, effect.state)

    def read(self, serial: str) -> Reading:
        """What the port is now."""
        return Reading(self._state(serial), self._clock())

    def read_stale(self, serial: str) -> Reading:
        """What the port was before its last effect, with the time of back then."""
        effects = self._ledger.latest(2, serial=serial)
        if not effects:
            return self.read(serial)
        if len(effects) == 1:
            first = datetime.fromisoformat(effects[0].at)
            return Reading(self._fleet.meters[serial].port, first)
        return Reading(effects[1].state, datetime.fromisoformat(effects[1].at))

    def set(
        self,
        serial: str,
        state: PortState,
        *,
        correlation_id: str = "",
        message_id: str = "",
    ) -> None:
        """Set the port and enter it in the ledger, also where nothing changes."""
        self._ledger.record(
            serial=serial,
            state=state,
            at=self._clock(),
            head_end=self._fleet.meters[serial].head_end,
            correlation_id=correlation_id,
            message_id=message_id,
        )
        self._move(serial, state)

    def hush(self, serial: str) -> None:
        """Let the port send nothing, also while it is open."""
        self._silent.add(serial)

    def restart(self, serial: str) -> None:
        """Let it send again, if it is open; what it is stays."""
        self._silent.discard(serial)

    def is_sending(self, serial: str) -> bool:
        """Whether frames come out of the port now."""
        return self._state(serial) == "open" and serial not in self._silent

    def is_silent(self, serial: str) -> bool:
        """Open, and yet nothing comes out."""
        return self._state(serial) == "open" and serial in self._silent

    def _state(self, serial: str) -> PortState:
        return self._states.get(serial) or self._fleet.meters[serial].port

    def _move(self, serial: str, state: PortState) -> None:
        head_end = self._fleet.meters[serial].head_end
        self.opened[head_end] += (state == "open") - (self._state(serial) == "open")
        self._states[serial] = state
