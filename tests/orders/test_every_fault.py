"""Every fault that a head-end can have, played by the simulator to the end.

What becomes of the order, and that the portal's picture is the meter's own: the
simulator's ledger knows what really happened.
"""

from datetime import timedelta

import pytest
from pytest_django import Settings

from meters.models import HanPort
from orders import fulfilment
from orders.models import Case, Command
from orders.states import CaseKind, CommandStatus, OrderStatus
from tests.orders.street import Placed, Street

pytestmark = pytest.mark.processes

DONE = OrderStatus.COMPLETED
FAILED = OrderStatus.FAILED
REFUSED = {CaseKind.HEAD_END_REFUSES_US}
DEAD = {CaseKind.COMMAND_DEAD}
REJECTED = {CaseKind.COMMAND_REJECTED}
NOBODY: set[CaseKind] = set()


@pytest.fixture
def street(place: Placed) -> Street:
    """A street whose meters hang on a head-end of the strict profile."""
    return place("aidon")


@pytest.mark.parametrize(
    ("fault", "parameter", "status", "cases", "effects"),
    [
        ("F04", "", DONE, NOBODY, ["open"]),
        ("F05", "", DONE, NOBODY, ["open"]),
        ("F06", "", DONE, NOBODY, ["open"]),
        ("F07", "", DONE, NOBODY, ["open"]),
        ("F07X", "502", DONE, NOBODY, ["open"]),
        ("F08", "60", DONE, NOBODY, ["open"]),
        ("F09", "1", DONE, NOBODY, ["open"]),
        ("F10", "", DONE, REFUSED, ["open"]),
        ("F11", "", FAILED, DEAD, []),
        ("F12", "", DONE, NOBODY, ["open"]),
        ("F13", "", DONE, NOBODY, ["open"]),
        ("F14", "", DONE, NOBODY, ["open"]),
        ("F15", "", DONE, NOBODY, ["open"]),
        ("F16", "", DONE, NOBODY, ["open"]),
        ("F17", "", DONE, NOBODY, ["open"]),
        ("F18", "", DONE, NOBODY, ["open"]),
        ("F19", "", DONE, NOBODY, ["open"]),
        ("F20", "", DONE, NOBODY, ["open"]),
        ("F21", "", DONE, NOBODY, ["open"]),
        ("F22", "", DONE, NOBODY, ["open"]),
        ("F23", "", DONE, NOBODY, ["open"]),
        ("F24", "", DONE, NOBODY, ["open"]),
        ("F25", "", DONE, NOBODY, ["open"]),
        ("F28", "", DONE, NOBODY, ["open"]),
        ("F30", "", DONE, NOBODY, ["open"]),
        ("F33", "", DONE, NOBODY, ["open"]),
        ("F35", "", DONE, NOBODY, ["open"]),
        ("F38", "", FAILED, REJECTED, []),
        ("F39", "", DONE, NOBODY, ["open", "open"]),
        ("F40", "", DONE, NOBODY, ["open"]),
        ("F42", "", DONE, NOBODY, ["open"]),
        ("REFUSE", "2.12", FAILED, REJECTED, []),
        ("FAIL", "5.3", DONE, NOBODY, ["open"]),
        ("FAIL", "6.1", FAILED, REJECTED, []),
    ],
)
def test_an_opening_under_a_fault_comes_to_its_end(
    street: Street,
    *,
    fault: str,
    parameter: str,
    status: OrderStatus,
    cases: set[CaseKind],
    effects: list[str],
) -> None:
    street.far.set_fault(fault, street.serial, parameter=parameter)
    placed = street.world.order_opening()

    street.play()

    assert street.order(placed).status == status
    assert street.cases() == cases
    assert street.effects() == effects


@pytest.mark.parametrize("fault", ["F29", "F36", "F42", "UNREADABLE"])
def test_a_reading_under_a_fault_is_read_again(street: Street, fault: str) -> None:
    street.far.set_fault("F23", street.serial)
    street.far.set_fault(fault, street.serial, operation="read")
    placed = street.world.order_opening()

    street.play()

    assert street.order(placed).status == DONE
    assert street.effects() == ["open"]


@pytest.mark.parametrize("fault", ["F01", "F02"])
def test_what_never_arrived_is_sent_when_somebody_listens_again(
    street: Street, fault: str
) -> None:
    """F01: refused. F02: nobody takes the connection."""
    head_end = street.world.head_end
    door = street.far.get("/admin/head-ends")["aidon"]["port"]
    head_end.endpoint = f"http://127.0.0.1:{door}/aidon/soap"
    head_end.save()
    street.far.set_fault(fault, "aidon")
    placed = street.world.order_opening()

    street.dispatch()
    (attempt,) = Command.objects.all()
    street.far.request("DELETE", "/admin/faults?key=aidon")
    street.play()

    assert (attempt.status, attempt.fault) == (CommandStatus.QUEUED, "not_delivered")
    assert street.order(placed).status == DONE
    assert (street.cases(), street.effects()) == (NOBODY, ["open"])


def test_f03_a_certificate_that_expired_delivers_nothing(street: Street) -> None:
    head_end = street.world.head_end
    plain = head_end.endpoint
    door = street.far.get("/admin/head-ends")["aidon"]["port"]
    head_end.endpoint = f"https://127.0.0.1:{door}/aidon/soap"
    head_end.save()
    street.far.set_fault("F03", "aidon")
    placed = street.world.order_opening()

    street.dispatch()
    (attempt,) = Command.objects.all()
    street.far.request("DELETE", "/admin/faults?key=aidon")
    head_end.endpoint = plain
    head_end.save()
    street.play()

    assert (attempt.status, attempt.fault) == (CommandStatus.QUEUED, "not_delivered")
    assert "CERTIFICATE_VERIFY_FAILED" in attempt.fault_detail
    assert street.order(placed).status == DONE


def test_f26_what_is_carried_out_after_the_deadline_is_closed_again(
    street: Street,
) -> None:
    street.far.set_fault("F26", street.serial, parameter="0.3")
    placed = street.world.order_opening()
    street.dispatch()
    street.take_posts(at_least=1)

    fulfilment.give_up_overdue(clock=lambda: street.later(timedelta(days=6)))
    street.await_effects("open")
    street.take_posts(at_least=1)
    street.play()

    assert street.order(placed).status == FAILED
    assert street.cases() == {
        CaseKind.COMMAND_EXPIRED,
        CaseKind.OPEN_WITHOUT_CONSENT,
    }
    assert street.effects() == ["open", "closed"]


def test_f27_an_opening_that_lands_after_a_later_closing_is_closed_again(
    street: Street,
) -> None:
    street.far.set_fault("F27", street.serial, parameter="0.5")
    opening = street.world.order_opening()
    street.dispatch()
    closing = street.world.order_closing()
    street.dispatch()

    street.await_effects("closed", "open")
    street.play()

    assert street.order(opening).status == OrderStatus.SUPERSEDED
    assert street.order(closing).status == DONE
    assert street.effects() == ["closed", "open", "closed"]


def test_f31_what_is_forged_or_replayed_is_refused(street: Street) -> None:
    street.far.set_fault("F31", street.serial)
    placed = street.world.order_opening()
    street.dispatch()

    street.take_posts(at_least=3)
    street.play()

    assert street.refused == [401, 401]
    assert street.order(placed).status == DONE


def test_f32_who_waits_behind_a_slow_meter_gets_there(street: Street) -> None:
    street.far.set_fault("F32", street.serial, parameter="0.4")
    placed = street.world.order_opening()
    street.dispatch()

    before = street.effects()
    street.take_posts(at_least=1)
    street.play()

    assert before == []
    assert street.order(placed).status == DONE
    assert street.effects() == ["open"]


@pytest.mark.parametrize(
    ("fault", "effects"), [("F34", ["open"]), ("F37", ["open", "closed", "open"])]
)
def test_a_port_that_is_not_as_it_was_told_is_found_in_the_night_and_mended(
    street: Street, fault: str, effects: list[str], settings: Settings
) -> None:
    """F34: confirmed, and not so. F37: a technician sets it back."""
    street.far.set_fault(fault, street.serial)
    placed = street.world.order_opening()
    street.dispatch()
    street.take_posts()
    told, really = street.port.reported, street.really()

    street.a_night_passes(settings)
    street.play()

    assert (told, really) == ("open", "closed")
    assert street.order(placed).status == DONE
    assert street.effects() == effects


def test_f34_a_closing_that_is_confirmed_and_stays_open_is_noticed(
    street: Street,
) -> None:
    street.world.order_opening()
    street.play()
    street.far.set_fault("F34", street.serial)
    closing = street.world.order_closing()

    street.play()

    assert street.order(closing).status == DONE
    assert street.cases() == {CaseKind.OPEN_WITHOUT_CONSENT}
    assert street.effects() == ["open", "closed"]


def test_f37_what_a_technician_opens_is_found_in_the_night_and_closed(
    street: Street, settings: Settings
) -> None:
    settings.NIGHT_READING_WEEKS = 1
    street.world.order_opening()
    street.play()
    closing = street.world.order_closing()
    street.far.set_fault("F37", street.serial)
    street.dispatch()
    street.take_posts()
    HanPort.objects.update(read_back_due_at=None)
    told, really = street.port.reported, street.really()

    street.a_night_passes(settings)
    street.play()

    (case,) = Case.objects.all()
    assert (told, really) == ("closed", "open")
    assert street.order(closing).status == DONE
    assert case.kind == CaseKind.OPEN_WITHOUT_CONSENT
    assert case.exposed_after is not None
    assert case.exposed_from is not None
    assert case.exposed_after < case.exposed_from
    assert street.effects()[-1] == "closed"


def test_f41_what_is_too_late_to_cancel_is_carried_out_and_closed(
    street: Street,
) -> None:
    """The portal sends the closing rather than rely on a cancellation."""
    street.far.set_fault("F41", street.serial)
    opening = street.world.order_opening()
    street.dispatch()
    street.await_effects("open")
    closing = street.world.order_closing()

    street.play()

    assert street.order(opening).status == OrderStatus.SUPERSEDED
    assert street.order(closing).status == DONE
    assert street.effects() == ["open", "closed"]


def test_f42_a_segment_that_is_offline_for_hours_loses_nothing(street: Street) -> None:
    prefix = street.serial[:-1]
    for operation in ("control", "read"):
        street.far.post(
            "/admin/faults",
            {"scope": "prefix", "key": prefix, "fault": "F42", "times": None}
            | {"operation": operation},
        )
    placed = street.world.order_opening()
    for _hour in range(3):
        street.dispatch()
        street.take_posts(at_least=1)
        street.time_passes()
    street.far.request("DELETE", f"/admin/faults?key={prefix}")

    street.play()

    assert street.order(placed).status == DONE
    assert (street.cases(), street.effects()) == (NOBODY, ["open"])


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("", DONE),
        ("F04", DONE),
        ("F05", DONE),
        ("F13", DONE),
        ("F21", DONE),
        ("F23", DONE),
        ("F25", DONE),
        ("F31", DONE),
        ("F33", DONE),
        ("F40", DONE),
        ("F42", DONE),
        ("REFUSE", FAILED),
    ],
)
@pytest.mark.parametrize("code", ["sync", "polled"])
def test_the_other_profiles_come_to_the_same_end(
    place: Placed, code: str, fault: str, status: OrderStatus
) -> None:
    street = place(code)
    if fault:
        street.far.set_fault(fault, street.serial)
    placed = street.world.order_opening()

    street.play()

    assert street.order(placed).status == status
    is_done = status == DONE
    assert street.really() == ("open" if is_done else "closed")
    assert street.cases() == (NOBODY if is_done else REJECTED)


@pytest.mark.parametrize("fault", ["", "F24", "F25", "F31"])
def test_results_come_as_events_to_the_address_that_was_registered(
    place: Placed, fault: str
) -> None:
    street = place("events")
    if fault:
        street.far.set_fault(fault, street.serial)
    placed = street.world.order_opening()
    street.dispatch()

    street.take_posts(at_least=1)
    street.play()

    assert street.order(placed).status == DONE
    assert street.effects() == ["open"]
