"""Which faults are set, for whom, and how many times they still strike."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hanportal.demo.headend.faults import FAULTS, Door, FaultKind
from hanportal.demo.headend.plans import CancelPlan, CommandPlan, ReadingPlan

Scope = Literal["meter", "prefix", "head_end"]
Operation = Literal["control", "read", "cancel", "connect"]


class FaultRefused(ValueError):  # noqa: N818 -- reads as the sentence it is
    """What was asked for is no fault that can be set; the message says why."""


@dataclass(kw_only=True)
class ActiveFault:
    """A fault that waits for its next victim."""

    scope: Scope
    key: str
    """A serial, the beginning of serials, or a head-end's code."""
    fault: str
    operation: Operation
    parameter: str = ""
    times: int | None = 1
    """How often it still strikes; None until it is cleared."""

    def concerns(self, head_end: str, serial: str, operation: Operation) -> bool:
        """Whether this request is meant."""
        if operation != self.operation or self.times == 0:
            return False
        if self.scope == "head_end":
            return head_end == self.key
        if self.scope == "prefix":
            return serial.startswith(self.key)
        return serial == self.key


class Switchboard:
    """All faults that are set, in the order in which they were set."""

    def __init__(self) -> None:
        """Nothing goes wrong yet."""
        self._active: list[ActiveFault] = []

    def set(self, document: dict[str, Any]) -> ActiveFault:
        """Set one fault from the admin interface's JSON.

        :raises FaultRefused: an unknown fault or scope, or an unusable parameter.
        """
        fault = _active_fault(document)
        self._active.append(fault)
        return fault

    def clear(self, *, key: str = "") -> int:
        """Clear all faults, or those of one key; says how many."""
        kept = [fault for fault in self._active if key and fault.key != key]
        cleared = len(self._active) - len(kept)
        self._active = kept
        return cleared

    def active(self) -> list[ActiveFault]:
        """The faults that will still strike."""
        return [fault for fault in self._active if fault.times != 0]

    def strike_control(self, head_end: str, plan: CommandPlan) -> list[str]:
        """Let every fault that is meant edit the plan; says which did."""
        struck = []
        for fault in self._concerned(head_end, plan.serial, "control"):
            if change := FAULTS[fault.fault].on_control:
                change(plan, fault.parameter)
                struck.append(fault.fault)
        return struck

    def strike_read(self, head_end: str, plan: ReadingPlan) -> list[str]:
        """The same for a reading."""
        struck = []
        for fault in self._concerned(head_end, plan.serial, "read"):
            if change := FAULTS[fault.fault].on_read:
                change(plan, fault.parameter)
                struck.append(fault.fault)
        return struck

    def strike_cancel(self, head_end: str, serial: str, plan: CancelPlan) -> list[str]:
        """The same for a request to drop what is queued."""
        struck = []
        for fault in self._concerned(head_end, serial, "cancel"):
            if change := FAULTS[fault.fault].on_cancel:
                change(plan, fault.parameter)
                struck.append(fault.fault)
        return struck

    def door(self, head_end: str) -> Door | None:
        """What is wrong with the head-end's own port; the newest fault decides."""
        for fault in reversed(self._active):
            if fault.operation == "connect" and fault.key == head_end:
                return FAULTS[fault.fault].door
        return None

    def _concerned(
        self, head_end: str, serial: str, operation: Operation
    ) -> Iterator[ActiveFault]:
        for fault in self.active():
            if fault.concerns(head_end, serial, operation):
                if fault.times is not None:
                    fault.times -= 1
                yield fault
        self._active = self.active()


def _active_fault(document: dict[str, Any]) -> ActiveFault:
    unknown = document.keys() - {"scope", "key", "fault", "times", "parameter"}
    if unknown := unknown - {"operation"}:
        raise FaultRefused(f"unknown fields: {sorted(unknown)}")
    name = document.get("fault")
    if name not in FAULTS:
        raise FaultRefused(f"no fault is called {name!r}")
    kind = FAULTS[name]
    default = _usual_operation(kind)
    fault = ActiveFault(
        scope=document.get("scope", "head_end" if kind.door else "meter"),
        key=str(document.get("key", "")),
        fault=name,
        operation=document.get("operation", default),
        parameter=str(document.get("parameter", "")),
        times=document.get("times", None if kind.door else 1),
    )
    _check(fault)
    return fault


def _usual_operation(kind: FaultKind) -> Operation:
    if kind.door:
        return "connect"
    if kind.on_cancel:
        return "cancel"
    return "control" if kind.on_control else "read"


def _check(fault: ActiveFault) -> None:
    if fault.scope not in get_args(Scope):
        raise FaultRefused(f"scope must be one of {get_args(Scope)}")
    if not fault.key and fault.scope != "prefix":
        raise FaultRefused("key is missing")
    if fault.times is not None and not (
        isinstance(fault.times, int) and fault.times > 0
    ):
        raise FaultRefused("times must be a positive number, or null for no end")
    kind = FAULTS[fault.fault]
    if kind.door:
        _check_door(fault)
        return
    try:
        if fault.operation == "control" and kind.on_control:
            trial = CommandPlan(serial="", state="open", tracking_id="", delay=0)
            kind.on_control(trial, fault.parameter)
        elif fault.operation == "read" and kind.on_read:
            kind.on_read(ReadingPlan(serial=""), fault.parameter)
        elif fault.operation == "cancel" and kind.on_cancel:
            kind.on_cancel(CancelPlan(), fault.parameter)
        else:
            raise FaultRefused(f"{fault.fault} can't strike {fault.operation!r}")
    except (ValueError, OverflowError) as error:
        if isinstance(error, FaultRefused):
            raise
        raise FaultRefused(f"parameter {fault.parameter!r}: {error}") from error


def _check_door(fault: ActiveFault) -> None:
    """Who connects has not said yet which meter it is about, nor is it counted."""
    if fault.scope != "head_end" or fault.operation != "connect":
        raise FaultRefused(f"{fault.fault} strikes a whole head-end")
    if fault.times is not None:
        raise FaultRefused(f"{fault.fault} lasts until it is cleared: times is null")
