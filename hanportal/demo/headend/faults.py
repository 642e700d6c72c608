"""Everything that can go wrong on purpose: one row per fault, named as tests name it.

A fault edits the plan of a request before it is carried out. Adding one is adding a
row; what can't be said by editing a plan needs a field there.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hanportal.demo.headend import damages, wire
from hanportal.demo.headend.plans import (
    AnswerPlan,
    CancelPlan,
    CommandPlan,
    Damage,
    ReadingPlan,
)

Door = Literal["refused", "deaf", "tls"]
OnCancel = Callable[[CancelPlan, str], None]
OnControl = Callable[[CommandPlan, str], None]
OnRead = Callable[[ReadingPlan, str], None]
OnAnswer = Callable[[AnswerPlan, str], None]


@dataclass(frozen=True)
class FaultKind:
    """One row of the table. The text that a change takes is the fault's parameter."""

    title: str
    on_control: OnControl | None = None
    on_read: OnRead | None = None
    on_cancel: OnCancel | None = None
    door: Door | None = None
    """What becomes of the head-end's own port, before any request is read."""


def _answer(title: str, change: OnAnswer, *, is_executed: bool) -> FaultKind:
    """A fault of the HTTP answer; the command behind it is executed or not."""

    def on_control(plan: CommandPlan, parameter: str) -> None:
        change(plan.answer, parameter)
        plan.is_queued = plan.is_queued and is_executed

    def on_read(plan: ReadingPlan, parameter: str) -> None:
        change(plan.answer, parameter)

    return FaultKind(title, on_control, on_read)


def _damaged(title: str, damage: Damage, content_type: str = "") -> FaultKind:
    """A fault of the answer's bytes; the command is executed."""

    def change(plan: AnswerPlan, _parameter: str) -> None:
        plan.damages.append(damage)
        plan.content_type = content_type or plan.content_type

    return _answer(title, change, is_executed=True)


def _status(status: int, damage: Damage = damages.emptied) -> OnAnswer:
    def change(plan: AnswerPlan, parameter: str) -> None:
        plan.status = int(parameter or status)
        plan.damages.append(damage)

    return change


def _lose(plan: AnswerPlan, seconds: str) -> None:
    plan.is_lost = True
    plan.lost_after = float(seconds or 0)


def _cut(plan: AnswerPlan, _parameter: str) -> None:
    plan.is_cut = True


def _drip(plan: AnswerPlan, seconds: str) -> None:
    plan.drips = float(seconds or 60)


def _busy(plan: AnswerPlan, seconds: str) -> None:
    plan.status = 503
    plan.retry_after = float(seconds or 2)
    plan.damages.append(damages.emptied)


def _acknowledge_0_0(plan: CommandPlan, _parameter: str) -> None:
    plan.acknowledges_with = "0.0"


def _unknown_code(plan: CommandPlan, code: str) -> None:
    plan.refusal = code or "9.9"


def _refuse(plan: CommandPlan, code: str) -> None:
    plan.refusal = code or "2.4"


def _fail(plan: CommandPlan, code: str) -> None:
    plan.failure = code or "5.3"
    plan.moves = False


def _delay(plan: CommandPlan, seconds: str) -> None:
    plan.delay = float(seconds or 60)


def _processed(plan: CommandPlan, _parameter: str) -> None:
    plan.event_ref = wire.EVENT_PROCESSED


def _naive_result(plan: CommandPlan, _parameter: str) -> None:
    plan.with_zone = False


def _naive_reading(plan: ReadingPlan, _parameter: str) -> None:
    plan.with_zone = False


def _never(plan: CommandPlan, _parameter: str) -> None:
    plan.copies = 0


def _duplicates(plan: CommandPlan, copies: str) -> None:
    plan.copies = int(copies or 3)


def _before_answer(plan: CommandPlan, _parameter: str) -> None:
    plan.before_answer = True
    plan.delay = 0.0


def _missing(plan: ReadingPlan, _parameter: str) -> None:
    plan.is_missing = True


def _unknown_correlation(plan: CommandPlan, correlation_id: str) -> None:
    plan.correlation_id = str(uuid.UUID(correlation_id or uuid.uuid4().hex))


def _forged(plan: CommandPlan, copies: str) -> None:
    plan.forgeries = int(copies or 1)


def _set_back(plan: CommandPlan, seconds: str) -> None:
    plan.drifts_after = float(seconds or 0)


def _after_expiry(plan: CommandPlan, seconds: str) -> None:
    plan.expires_first = float(seconds or 60)


def _blocks_the_rest(plan: CommandPlan, seconds: str) -> None:
    plan.blocks = float(seconds or 60)


def _open_but_silent(plan: CommandPlan, _parameter: str) -> None:
    plan.is_silent = True


def _exchanged_command(plan: CommandPlan, code: str) -> None:
    plan.failure = code or "2.4"
    plan.moves = False


def _exchanged_reading(plan: ReadingPlan, code: str) -> None:
    plan.error = code or "2.4"


def _twice(plan: CommandPlan, times: str) -> None:
    plan.executions = int(times or 2)


def _forgotten(plan: CommandPlan, _parameter: str) -> None:
    plan.is_forgotten = True


def _too_late(plan: CancelPlan, _parameter: str) -> None:
    plan.is_too_late = True


def _silent_progress(plan: CommandPlan, _parameter: str) -> None:
    plan.event_ref = wire.EVENT_IN_PROGRESS
    plan.moves = False


def _confirmed_but_closed(plan: CommandPlan, _parameter: str) -> None:
    plan.moves = False


def _stale(plan: ReadingPlan, _parameter: str) -> None:
    plan.is_stale = True


def _offline_command(plan: CommandPlan, _parameter: str) -> None:
    plan.event_ref = wire.EVENT_EXPIRED
    plan.moves = False


def _offline_reading(plan: ReadingPlan, code: str) -> None:
    plan.error = code or "4.1"


FAULTS: dict[str, FaultKind] = {
    "F01": FaultKind("Connection refused", door="refused"),
    "F02": FaultKind("Nobody takes the connection", door="deaf"),
    "F03": FaultKind("TLS with a certificate that expired", door="tls"),
    "F04": _answer("Answer lost, not executed", _lose, is_executed=False),
    "F05": _answer("Answer lost, but executed", _lose, is_executed=True),
    "F06": _answer("Reset in the middle of the body", _cut, is_executed=True),
    "F07": _answer("Empty 5xx, not executed", _status(500), is_executed=False),
    "F07X": _answer("Empty 5xx, but executed", _status(500), is_executed=True),
    "F08": _answer("Slow drip", _drip, is_executed=True),
    "F09": _answer("503 with Retry-After", _busy, is_executed=False),
    "F10": _answer("401", _status(401), is_executed=False),
    "F11": _answer(
        "SOAP fault", _status(500, damages.as_soap_fault), is_executed=False
    ),
    "F12": _damaged("HTML with 200", damages.as_html, "text/html"),
    "F13": _damaged("Truncated XML", damages.truncated),
    "F14": _damaged("Schema-invalid answer", damages.without_result),
    "F15": _damaged("Wrong CorrelationID", damages.other_correlation),
    "F16": _damaged("No CorrelationID", damages.without_correlation),
    "F17": FaultKind("OK with Error 0.0", _acknowledge_0_0),
    "F18": FaultKind("Result is a generic Processed", _processed),
    "F19": FaultKind("Unknown reply code", _unknown_code),
    "F20": FaultKind("Times without zone", _naive_result, _naive_reading),
    "F21": _damaged("Entity bomb", damages.entity_bomb),
    "F22": _damaged("Oversize answer", damages.oversize),
    "F23": FaultKind("Never a result", _never),
    "F24": FaultKind("Result comes several times", _duplicates),
    "F25": FaultKind("Result before the acknowledgement", _before_answer),
    "F26": FaultKind("Reported as expired, carried out later", _after_expiry),
    "F27": FaultKind("Out of turn: a later command is done first", _delay),
    "F28": _damaged("PARTIAL without details", damages.partial),
    "F29": FaultKind("Meter missing from a reading", on_read=_missing),
    "F30": FaultKind("Result with an unknown correlation", _unknown_correlation),
    "F31": FaultKind("Forged results before the real one", _forged),
    "F32": FaultKind("One slow meter blocks its concentrator", _blocks_the_rest),
    "F33": FaultKind("In progress, then silence", _silent_progress),
    "F34": FaultKind("Confirmed, but the port stays", _confirmed_but_closed),
    "F35": FaultKind("Open, but silent", _open_but_silent),
    "F36": FaultKind("Stale reading", on_read=_stale),
    "F37": FaultKind("A technician sets it back", _set_back),
    "F38": FaultKind("Exchanged in between", _exchanged_command, _exchanged_reading),
    "F39": FaultKind("No deduplication: carried out twice", _twice),
    "F40": FaultKind("Acknowledged, then lost in a restart", _forgotten),
    "F41": FaultKind("Too late to cancel", on_cancel=_too_late),
    "F42": FaultKind("Meter offline", _offline_command, _offline_reading),
    "DELAY": FaultKind("Result after so many seconds (real time)", _delay),
    "REFUSE": FaultKind("Refused at once with a reply code", _refuse),
    "FAIL": FaultKind("Fails at the meter with a reply code", _fail),
    "UNREADABLE": FaultKind("Reading fails with a code", on_read=_offline_reading),
}
