"""Each watchdog sleeps in a healthy world and barks when its one thing goes wrong."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import F
from pytest_django import DjangoAssertNumQueries
from uuid6 import uuid7

from hanportal.celery import app
from hanportal.monitoring.listeners import note_success, scheduled
from hanportal.monitoring.models import SweepRun
from hanportal.monitoring.readings import Readings, read
from hanportal.monitoring.watchdogs import checks, longest_silence
from meters.headend import Fault, Purpose
from meters.models import HanPort
from meters.states import DesiredState, ReportedState, ReportSource
from notifications.models import Delivery
from orders import fulfilment
from orders.models import Callback, Case, Command, Exchange, database_now
from orders.states import CaseKind, CommandStatus
from tests.orders.world import NOW, World

pytestmark = pytest.mark.django_db
LONG = timedelta(days=1)


def barking(*, now: Any = NOW) -> set[str]:
    """The watchdogs that bark."""
    return {check.name for check in checks(read(now=now)) if check.is_alarm}


@pytest.fixture
def healthy(world: World) -> World:
    """An order is under way and every sweep has just come to its end."""
    for name in scheduled():
        SweepRun.objects.succeeded(name)
    world.order_opening()
    return world


def a_command_that_nobody_takes(world: World) -> None:
    Command.objects.update(not_before=F("not_before") - LONG)


def a_sender_that_never_came_back(world: World) -> None:
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    Command.objects.update(
        status=CommandStatus.SENDING, lease_expires_at=database_now() - LONG
    )


def a_notice_that_stays(world: World) -> None:
    Delivery.objects.update(not_before=F("not_before") - LONG)


def a_result_that_nobody_reads(world: World) -> None:
    Callback.objects.create(
        head_end=world.head_end,
        digest="0" * 64,
        headers={},
        body=b"<result/>",
        received_at=NOW - LONG,
    )


def a_meter_that_nobody_reads_back(world: World) -> None:
    world.fresh_port().read_back_by(database_now() - LONG)


def a_port_left_open(world: World) -> None:
    Command.objects.update(status=CommandStatus.DEAD)
    port = world.fresh_port()
    port.want(DesiredState.CLOSED)
    port.observe(ReportedState.OPEN, at=NOW, source=ReportSource.READ_BACK)


def a_case(kind: CaseKind) -> Callable[[World], None]:
    def opened(world: World) -> None:
        Case.open_for_port(
            kind,
            command=world.newest_command(),
            detail="As the test wants it.",
            by=world.by,
            at=NOW,
        )

    opened.__name__ = kind.value
    return opened


def a_port_that_no_night_reads(world: World) -> None:
    Command.objects.update(status=CommandStatus.CONFIRMED)
    port = world.fresh_port()
    port.observe(ReportedState.OPEN, at=NOW - 2 * LONG, source=ReportSource.READ_BACK)


def a_closing_without_end(world: World) -> None:
    Command.objects.update(desired=DesiredState.CLOSED, queued_at=NOW - LONG)


def a_head_end_that_fails(world: World) -> None:
    for number in range(12):
        Exchange.objects.create(
            id=uuid7(),
            head_end=world.head_end,
            purpose=Purpose.SUBMIT,
            request=b"",
            leaving_at=NOW,
            answered_at=NOW,
            fault="" if number < 3 else Fault.AMBIGUOUS,
        )


def a_sweep_that_stopped(world: World) -> None:
    SweepRun.objects.filter(name="orders.sweep_commands").update(
        last_succeeded_at=database_now() - LONG
    )


def a_sweep_that_never_ran(world: World) -> None:
    SweepRun.objects.filter(name="orders.reconcile_ports").delete()


@pytest.mark.parametrize(
    ("trouble", "dog"),
    [
        (a_command_that_nobody_takes, "command_due"),
        (a_sender_that_never_came_back, "lease_expired"),
        (a_notice_that_stays, "notice_due"),
        (a_result_that_nobody_reads, "callback_waiting"),
        (a_meter_that_nobody_reads_back, "read_back_due"),
        (a_port_left_open, "ports_left_open"),
        (a_case(CaseKind.OPEN_WITHOUT_CONSENT), "open_without_consent"),
        (a_case(CaseKind.HEAD_END_REFUSES_US), "head_end_refuses_us"),
        (a_closing_without_end, "closing"),
        (a_port_that_no_night_reads, "night_reading"),
        (a_head_end_that_fails, "head_end_faults:aidon"),
        (a_sweep_that_stopped, "sweep:orders.sweep_commands"),
        (a_sweep_that_never_ran, "sweep:orders.reconcile_ports"),
    ],
)
def test_a_watchdog_barks_at_its_own_trouble_only(
    healthy: World, trouble: Callable[[World], None], dog: str
) -> None:
    assert barking() == set()

    trouble(healthy)

    assert barking() == {dog}


def test_an_order_past_its_day_is_late(healthy: World) -> None:
    assert barking(now=NOW + timedelta(days=3)) == set()
    assert barking(now=NOW + timedelta(days=4)) == {"orders_late"}


def test_a_closing_under_way_is_no_alarm(healthy: World) -> None:
    port = healthy.fresh_port()
    port.observe(ReportedState.OPEN, at=NOW, source=ReportSource.EVENT)
    healthy.order_closing()

    assert HanPort.objects.open_unwanted(on=NOW.date()).count() == 1
    assert barking() == set()


def test_a_head_end_that_is_switched_off_may_let_commands_wait(healthy: World) -> None:
    a_command_that_nobody_takes(healthy)
    healthy.head_end.is_active = False
    healthy.head_end.save()

    assert barking() == set()


def test_a_periodic_task_that_succeeds_is_remembered(world: World) -> None:
    note_success(sender=app.tasks["orders.sweep_commands"])
    note_success(sender=app.tasks["orders.sweep_commands"])
    note_success(sender=app.tasks["orders.dispatch_commands"])

    assert list(SweepRun.objects.values_list("name", flat=True)) == [
        "orders.sweep_commands"
    ]


def test_a_schedule_says_how_long_silence_is_well() -> None:
    assert longest_silence(5.0) == timedelta(seconds=90)
    assert longest_silence(timedelta(minutes=10)) == timedelta(minutes=61)
    assert longest_silence(crontab(hour=3, minute=0)) == timedelta(hours=26)


def test_every_sweep_has_its_watchdog(world: World) -> None:
    names = {check.name for check in checks(read(now=NOW))}

    assert {f"sweep:{name}" for name in scheduled()} <= names


def test_a_look_asks_as_much_in_a_full_world_as_in_an_empty_one(
    healthy: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(32):
        found: Readings = read(now=NOW)

    assert found.commands == {("aidon", "queued"): 1}


def watched(*arguments: str) -> tuple[str, str]:
    """What the command prints, and how it ends."""
    out = io.StringIO()
    try:
        call_command("watch", *arguments, stdout=out)
    except CommandError as alarm:
        return out.getvalue(), str(alarm)
    return out.getvalue(), ""


def test_the_command_is_quiet_about_a_healthy_world(healthy: World) -> None:
    printed, alarm = watched()

    assert alarm == ""
    assert {line.split()[0] for line in printed.splitlines()} == {"ok"}


def test_the_command_ends_with_the_alarm(healthy: World) -> None:
    a_command_that_nobody_takes(healthy)

    printed, alarm = watched()
    documents = {each["check"]: each for each in json.loads(watched("--json")[0])}

    limit = settings.WATCH_DUE_FOR.total_seconds()
    assert alarm == "Alarm: command_due."
    assert [line for line in printed.splitlines() if line.startswith("ALARM")] != []
    assert documents["command_due"]["alarm"] is True
    assert documents["command_due"]["limit"] == limit
    assert documents["notice_due"]["alarm"] is False
