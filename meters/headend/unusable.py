"""The adapter of a head-end whose settings can't be used: it sends nothing.

A mistake in a row must neither lose an order nor stop the other head-ends, so it acts
like a head-end that refuses us: commands are parked and people are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from meters.headend.base import (
    CallbackBatch,
    CallbackRefused,
    Capabilities,
    Fault,
    HeadEndError,
    Health,
    PortCommand,
    PortReset,
    RawCallback,
    Report,
    Submission,
)


@dataclass(frozen=True, kw_only=True)
class UnusableAdapter:
    """Says why it can't be used, whatever it is asked."""

    reason: str

    def capabilities(self) -> Capabilities:
        """Nothing is known to work, so nothing is given up either."""
        return Capabilities(read_back=True, poll=False, cancel=False, callbacks=True)

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """:raises HeadEndError: AUTH, always."""
        raise self._refusal(commands)

    def poll(self, pending: Sequence[PortCommand]) -> list[Report]:
        """:raises HeadEndError: AUTH, always."""
        raise self._refusal(pending)

    def cancel(self, hes_reference: str) -> Submission | None:
        """:raises HeadEndError: AUTH, always."""
        raise self._refusal(hes_reference)

    def reset(self, resets: Sequence[PortReset]) -> list[Submission]:
        """:raises HeadEndError: AUTH, always."""
        raise self._refusal(resets)

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """:raises HeadEndError: AUTH, always."""
        raise self._refusal(serials)

    def parse_callback(self, raw: RawCallback) -> CallbackBatch:
        """:raises CallbackRefused: 503, always: the head-end keeps it."""
        del raw
        raise CallbackRefused(503, self.reason)

    def probe(self) -> Health:
        """Not usable."""
        return Health(reachable=False, detail=self.reason)

    def _refusal(self, _asked: object) -> HeadEndError:
        return HeadEndError(Fault.AUTH, self.reason)
