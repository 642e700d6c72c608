"""When somebody is woken: values that were read, against what may be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery.schedules import BaseSchedule
from django.conf import settings

from hanportal.monitoring.readings import Readings
from orders.states import CaseKind

SWEEPS_MISSED = 6
SWEEP_MARGIN = timedelta(minutes=1)
DAILY_AND_SOME = timedelta(hours=26)
FEWEST_EXCHANGES = 10
"""Fewer than these in an hour say nothing of a head-end's health."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One watchdog's finding. `value` is None where there should be one."""

    name: str
    value: float | None
    limit: float
    """The highest value that is still well."""
    unit: str
    means: str

    @property
    def is_alarm(self) -> bool:
        """True when somebody must look."""
        return self.value is None or self.value > self.limit


def checks(readings: Readings) -> list[Check]:
    """Every watchdog's finding."""
    return [
        *_work(readings),
        *_promises(readings),
        *_exposure(readings),
        *_head_ends(readings),
        *_sweeps(readings),
    ]


def _work(readings: Readings) -> Iterator[Check]:
    due = settings.WATCH_DUE_FOR
    yield _age("command_due", readings.command_due_for, due, "no worker takes it")
    yield _age(
        "lease_expired",
        readings.lease_expired_for,
        due,
        "nobody recovers what a lost sender held",
    )
    yield _age(
        "notice_due",
        readings.notice_due_for,
        settings.WATCH_NOTICES_DUE_FOR,
        "notices do not go out",
    )
    yield _age(
        "callback_waiting",
        readings.callback_waiting_for,
        due,
        "results are not worked off",
    )
    yield _age("read_back_due", readings.port_overdue_for, due, "meters are not read")
    if settings.NIGHT_READING_PER_MINUTE:
        yield _age(
            "night_reading",
            readings.port_unread_for,
            settings.WATCH_NIGHT_READING_FOR,
            "the night's reading does not come round to what should be open",
        )


def _promises(readings: Readings) -> Iterator[Check]:
    yield _number("orders_late", readings.orders_late, "the promised day has passed")


def _exposure(readings: Readings) -> Iterator[Check]:
    yield _number(
        "ports_left_open", readings.ports_left_open, "open and nothing closes them"
    )
    yield _number(
        "open_without_consent",
        readings.cases.get(CaseKind.OPEN_WITHOUT_CONSENT, 0),
        "a meter was read as open against its intent",
    )
    yield _number(
        "closings_held",
        readings.closings_held,
        "the brake holds closings: two people must look, or midnight come",
    )
    yield _number(
        "register_held",
        readings.deliveries_held,
        "a complete delivery lacks too much: two people must look",
    )
    yield _age(
        "closing",
        readings.closing_for,
        settings.WATCH_CLOSING_FOR,
        "a meter does not confirm that it is closed",
    )


def _head_ends(readings: Readings) -> Iterator[Check]:
    yield _number(
        "head_end_refuses_us",
        readings.cases.get(CaseKind.HEAD_END_REFUSES_US, 0),
        "our credentials are not accepted",
    )
    for code, age in readings.breakers_open_for.items():
        yield _age(
            f"breaker:{code}",
            age,
            settings.WATCH_DUE_FOR,
            "the head-end does not answer or refuses us, and nothing is sent to it",
        )
    for code, health in readings.head_ends.items():
        is_telling = health.exchanges >= FEWEST_EXCHANGES
        yield Check(
            name=f"head_end_faults:{code}",
            value=health.faults / health.exchanges if is_telling else 0.0,
            limit=settings.WATCH_FAULT_SHARE,
            unit="share",
            means="most of what we send fails",
        )


def _sweeps(readings: Readings) -> Iterator[Check]:
    schedule: Mapping[str, Mapping[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    for entry in schedule.values():
        age = readings.sweep_ages.get(entry["task"])
        yield Check(
            name=f"sweep:{entry['task']}",
            value=None if age is None else round(age.total_seconds(), 1),
            limit=longest_silence(entry["schedule"]).total_seconds(),
            unit="seconds",
            means="it has not come to its end: no beat, no worker, or a fault",
        )


def longest_silence(rings: float | timedelta | BaseSchedule) -> timedelta:
    """How long a sweep with this schedule may go without a success."""
    if isinstance(rings, BaseSchedule):
        # A crontab does not say its interval; all of ours ring at least daily.
        return DAILY_AND_SOME
    interval = rings if isinstance(rings, timedelta) else timedelta(seconds=rings)
    return interval * SWEEPS_MISSED + SWEEP_MARGIN


def _age(name: str, age: timedelta, limit: timedelta, means: str) -> Check:
    return Check(
        name=name,
        value=round(age.total_seconds(), 1),
        limit=limit.total_seconds(),
        unit="seconds",
        means=means,
    )


def _number(name: str, number: int, means: str) -> Check:
    return Check(name=name, value=number, limit=0, unit="rows", means=means)
