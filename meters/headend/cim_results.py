"""What the words of a CIM head-end mean to us: submissions and reports. Pure.

Never more than was said: an answer that fits no rule is AMBIGUOUS, a meter that is
not mentioned is AMBIGUOUS, and only a listed code is a success.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from meters.headend.base import Fault, PortCommand, Report, Submission
from meters.headend.cim_parsing import (
    LONGEST_CODE,
    MeterEvent,
    ReplyError,
    ResponseMessage,
    SoapFault,
    read_acknowledgement,
    read_read_back,
)
from meters.headend.hostile_xml import Unreadable, printable
from meters.headend.profile import CimProfile
from meters.headend.transport import Received
from meters.states import ReportedState, ReportSource

_NOT_OURS = "The answer does not carry the CorrelationID of the question."


def submission_of(
    received: Received,
    *,
    command: PortCommand,
    received_at: datetime,
    profile: CimProfile,
) -> Submission:
    """What came back to a control says of the command.

    Where a head-end answers when it is done, its bare OK is the result; one that says
    "received" has promised a result and not given it.
    """
    said = acknowledgement_of(
        received, asked=command.id, serial=command.serial, profile=profile
    )
    is_promise = said.code == profile.acknowledged_code
    if profile.asynchronous or said.fault is not None or is_promise:
        return said
    result = Report(
        serial=command.serial,
        source=ReportSource.POLL,
        correlation_id=command.id,
        state=ReportedState(command.desired),
        observed_at=received_at,
        code=said.code,
    )
    return replace(said, report=result)


def acknowledgement_of(
    received: Received, *, asked: UUID, serial: str, profile: CimProfile
) -> Submission:
    """What came back to a request under this CorrelationID, about this meter."""
    answer = _heard(received, read_acknowledgement, profile)
    reference = ""
    if isinstance(answer, Received):
        fault, code, detail = answer.fault, "", answer.detail
    elif isinstance(answer, SoapFault):
        fault, code, detail = _fault_said(answer, profile)
    elif answer.correlation_id != asked:
        fault, code, detail = Fault.AMBIGUOUS, "", _NOT_OURS
    else:
        fault, code, detail = _verdict(answer, serial=serial, profile=profile)
        reference = answer.reference
    return Submission(
        command_id=asked,
        fault=fault,
        code=code,
        detail=detail,
        hes_reference=reference,
        retry_after=received.retry_after,
    )


def read_back_of(
    received: Received, *, serial: str, received_at: datetime, profile: CimProfile
) -> Report:
    """What came back to a read-back says of the port.

    A question's CorrelationID is its MessageID.
    """
    answer = _heard(received, read_read_back, profile)
    if isinstance(answer, Received):
        return unread(serial, fault=answer.fault, detail=answer.detail)
    if isinstance(answer, SoapFault):
        fault, code, detail = _fault_said(answer, profile)
        return unread(serial, fault=fault, code=code, detail=detail)
    if answer.correlation_id != received.message_id:
        return unread(serial, detail=_NOT_OURS)
    latest = _latest_reading(answer.events, serial=serial, profile=profile)
    if latest is not None and answer.result in {"OK", "PARTIAL"}:
        at, state = latest
        return Report(
            serial=serial,
            source=ReportSource.READ_BACK,
            state=state,
            observed_at=min(at, received_at),
        )
    verdict, code, detail = _verdict(answer, serial=serial, profile=profile)
    detail = detail or "The answer does not say how the port is."
    return unread(serial, fault=verdict, code=code, detail=detail)


def unread(
    serial: str, *, detail: str, fault: Fault | None = None, code: str = ""
) -> Report:
    """A read-back that told nothing of the port; AMBIGUOUS where no fault is named."""
    return Report(
        serial=serial,
        source=ReportSource.READ_BACK,
        fault=fault or Fault.AMBIGUOUS,
        code=code,
        detail=detail,
    )


def report_of(
    event: MeterEvent,
    *,
    correlation_id: UUID | None,
    received_at: datetime,
    profile: CimProfile,
) -> Report:
    """What one event of a callback says. A time ahead of ours is taken as now."""
    state, fault, detail = _event_said(event, profile)
    if not event.serial:
        state, fault, detail = None, Fault.AMBIGUOUS, "The event names no one meter."
    elif state is not None and event.at is None:
        state, detail = None, "The event has no time to rely on."
        fault = fault or Fault.AMBIGUOUS
    return Report(
        serial=event.serial,
        source=ReportSource.EVENT,
        correlation_id=correlation_id,
        state=state,
        observed_at=min(event.at, received_at) if event.at else None,
        fault=fault,
        code=_event_code(event, profile),
        detail=detail,
    )


def _fault_said(answer: SoapFault, profile: CimProfile) -> tuple[Fault, str, str]:
    """Fault, code and words of a SOAP fault; its reply code goes before its name."""
    fault, code, reason = _worst(answer.errors, profile)
    if fault is not None:
        return fault, code, reason or answer.text
    named = profile.soap_fault_codes.get(answer.code.partition(".")[0])
    said = printable(answer.code, longest=LONGEST_CODE)
    return named or Fault.AMBIGUOUS, said, answer.text


def _verdict(
    answer: ResponseMessage, *, serial: str, profile: CimProfile
) -> tuple[Fault | None, str, str]:
    """What Result and the errors about this meter amount to."""
    about = [error for error in answer.errors if error.meter in {"", serial}]
    fault, code, reason = _worst(about, profile)
    if fault is not None:
        return fault, code, reason
    if answer.result != "OK":
        said = f"The answer says {answer.result} and gives no reason."
        return Fault.AMBIGUOUS, code, said
    return None, code, reason


def _worst(
    errors: Iterable[ReplyError], profile: CimProfile
) -> tuple[Fault | None, str, str]:
    """The fault that the errors agree on; AMBIGUOUS where they don't.

    0.3 (acknowledged) beside nothing worse is what an acknowledgement is.
    """
    found: dict[Fault | None, ReplyError] = {}
    for error in errors:
        acknowledged = error.code == profile.acknowledged_code
        fault = None if acknowledged else profile.fault_of_code(error.code)
        found.setdefault(fault, error)
    faults = [fault for fault in found if fault is not None]
    if not faults:
        said = found.get(None)
        return (None, said.code, said.reason) if said else (None, "", "")
    first = found[faults[0]]
    if len(faults) > 1:
        return Fault.AMBIGUOUS, first.code, "The answer gives codes that disagree."
    return faults[0], first.code, first.reason


def _latest_reading(
    events: Iterable[MeterEvent], *, serial: str, profile: CimProfile
) -> tuple[datetime, ReportedState] | None:
    """The newest state of this meter; none where the newest ones contradict."""
    readings = {
        (event.at, state)
        for event in events
        if event.serial == serial and event.at is not None
        if (state := _state_in(event, profile)) is not None
    }
    newest = max((at for at, _ in readings), default=None)
    newest_readings = [reading for reading in readings if reading[0] == newest]
    return newest_readings[0] if len(newest_readings) == 1 else None


def _event_said(
    event: MeterEvent, profile: CimProfile
) -> tuple[ReportedState | None, Fault | None, str]:
    meaning = profile.event_types.get(event.type_ref)
    if meaning is None:
        return None, Fault.AMBIGUOUS, event.reason or "The event's type is unknown."
    seen = _state_in(event, profile)
    if meaning.state is not None:
        stated = event.details.get(profile.status_detail)
        if stated is not None and seen is not meaning.state:
            return None, Fault.AMBIGUOUS, "The event's type and its status disagree."
        return meaning.state, None, event.reason
    fault = meaning.fault
    code = event.details.get(profile.error_detail)
    if fault is not Fault.NOT_FINAL and code:
        # Also "processed" is no success beside a code that says otherwise.
        fault = profile.fault_of_code(code) or fault
    return seen, fault, event.reason


def _state_in(event: MeterEvent, profile: CimProfile) -> ReportedState | None:
    return profile.status_values.get(event.details.get(profile.status_detail, ""))


def _event_code(event: MeterEvent, profile: CimProfile) -> str:
    """The reply code that a failure carries, else the event's type."""
    code = event.details.get(profile.error_detail) or event.type_ref
    return printable(code, longest=LONGEST_CODE)


class _Read(Protocol):
    def __call__(
        self, body: bytes, *, profile: CimProfile
    ) -> ResponseMessage | SoapFault: ...


def _heard(
    received: Received, read: _Read, profile: CimProfile
) -> ResponseMessage | SoapFault | Received:
    """The message in an answer; the bare answer with its fault where there is none.

    A status that says little (400, 500) may come with a SOAP fault that says more.
    """
    if received.fault not in {None, Fault.AMBIGUOUS, Fault.CONTRACT}:
        return received
    try:
        message = read(received.body, profile=profile)
    except Unreadable as error:
        if received.fault is None:
            return replace(received, fault=Fault.AMBIGUOUS, detail=str(error))
        return received
    if received.fault is None or isinstance(message, SoapFault):
        return message
    return received
