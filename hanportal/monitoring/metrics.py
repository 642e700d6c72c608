"""The readings in Prometheus' text format. Asked at each scrape, never kept.

Nothing is counted in the processes, so any web process answers for all of us, and a
restart loses nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hanportal.monitoring.readings import Readings
from hanportal.monitoring.watchdogs import Check, checks
from notifications.models import DeliveryStatus
from orders.states import LIVE_ORDER_STATUSES, CaseKind

PREFIX = "hanportal"
NOT_DELIVERED = (
    DeliveryStatus.QUEUED,
    DeliveryStatus.AWAITING_RETRY,
    DeliveryStatus.INFLIGHT,
    DeliveryStatus.FAILED,
    DeliveryStatus.BOUNCED,
)


class _Exposition(Collector):
    """Prometheus' view of one look at the database."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        """Every family of metrics."""
        yield from _work(self._readings)
        yield from _people(self._readings)
        yield from _meters(self._readings)
        yield _machines(self._readings)
        yield _alarms(checks(self._readings))


def exposition(readings: Readings) -> bytes:
    """The readings as Prometheus scrapes them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Exposition(readings))
    return generate_latest(registry)


def _work(readings: Readings) -> Iterator[GaugeMetricFamily]:
    commands = _family("commands", "Live commands.", ["head_end", "status"])
    for (head_end, status), number in sorted(readings.commands.items()):
        commands.add_metric([head_end, status], number)
    yield commands
    yield _age("command_oldest_due", "Longest overdue step.", readings.command_due_for)
    yield _number(
        "command_leases_expired", "Lost senders' commands.", readings.expired_leases
    )
    yield _age("closing_oldest", "Oldest unfinished closing.", readings.closing_for)
    yield _number("callbacks_waiting", "Callbacks to work off.", readings.callbacks)
    yield _age(
        "callback_oldest", "Oldest waiting callback.", readings.callback_waiting_for
    )
    sweeps = _family(
        "sweep_last_success_age_seconds", "Since its last success.", ["sweep"]
    )
    for name, age in readings.sweep_ages.items():
        sweeps.add_metric([name], age.total_seconds())
    yield sweeps
    yield _number(
        "audit_events_estimate", "Events in the log, about.", readings.audit_events
    )


def _people(readings: Readings) -> Iterator[GaugeMetricFamily]:
    yield _by_name(
        "orders", "Live orders.", "status", readings.orders, LIVE_ORDER_STATUSES
    )
    yield _age("order_oldest_live", "Oldest live order.", readings.order_live_for)
    yield _number("orders_late", "Live orders past their date.", readings.orders_late)
    yield _age("notice_oldest_due", "Longest overdue notice.", readings.notice_due_for)
    yield _by_name(
        "deliveries",
        "Deliveries on their way or given up.",
        "status",
        readings.deliveries,
        NOT_DELIVERED,
    )
    yield _by_name(
        "cases_open", "Cases that wait.", "kind", readings.cases, tuple(CaseKind)
    )


def _meters(readings: Readings) -> Iterator[GaugeMetricFamily]:
    yield _number(
        "ports_open_unwanted", "Open without consent.", readings.ports_open_unwanted
    )
    yield _number(
        "ports_left_open",
        "Open without consent and no command is closing them.",
        readings.ports_left_open,
    )
    yield _number(
        "closings_held", "Closings that the brake holds.", readings.closings_held
    )
    yield _number(
        "register_deliveries_held",
        "Deliveries that two people must release.",
        readings.deliveries_held,
    )
    yield _number(
        "ports_read_back_overdue", "Meters to read back.", readings.ports_overdue
    )
    yield _age(
        "port_oldest_read_back", "Longest overdue read-back.", readings.port_overdue_for
    )
    yield _age(
        "port_oldest_turn",
        "Longest unread among what should be open.",
        readings.port_unread_for,
    )
    yield from _head_ends(readings)


def _head_ends(readings: Readings) -> Iterator[GaugeMetricFamily]:
    exchanges = _family("head_end_exchanges_1h", "In the last hour.", ["head_end"])
    faults = _family("head_end_faults_1h", "In the last hour.", ["head_end"])
    success = _family(
        "head_end_last_success_age_seconds", "Absent after a day.", ["head_end"]
    )
    for code, health in readings.head_ends.items():
        exchanges.add_metric([code], health.exchanges)
        faults.add_metric([code], health.faults)
        if health.last_success_age is not None:
            success.add_metric([code], health.last_success_age.total_seconds())
    breakers = _family(
        "head_end_breaker_open_seconds", "0 while commands may leave.", ["head_end"]
    )
    for code, age in readings.breakers_open_for.items():
        breakers.add_metric([code], age.total_seconds())
    yield from (exchanges, faults, success, breakers)


def _machines(readings: Readings) -> CounterMetricFamily:
    requests = CounterMetricFamily(
        f"{PREFIX}_api_requests",
        "Requests to the machine interface; without a client, of nobody known.",
        labels=["client", "outcome"],
    )
    for client, outcome, number in readings.api_requests:
        requests.add_metric([client, outcome], number)
    return requests


def _alarms(found: list[Check]) -> GaugeMetricFamily:
    alarms = _family("alarm", "1 when a watchdog barks: alert on this.", ["check"])
    for check in found:
        alarms.add_metric([check.name], int(check.is_alarm))
    return alarms


def _by_name(
    name: str,
    says: str,
    label: str,
    numbers: Mapping[str, int],
    known: tuple[str, ...],
) -> GaugeMetricFamily:
    """A sample for every known name, so that none disappears when it is zero."""
    family = _family(name, says, [label])
    for each in known:
        family.add_metric([str(each)], numbers.get(each, 0))
    return family


def _number(name: str, says: str, number: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", says, value=number)


def _age(name: str, says: str, age: timedelta) -> GaugeMetricFamily:
    seconds = age.total_seconds()
    return GaugeMetricFamily(f"{PREFIX}_{name}_seconds", says, value=seconds)


def _family(name: str, says: str, labels: list[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", says, labels=labels)
