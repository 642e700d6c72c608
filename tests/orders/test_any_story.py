"""Any story at all: random wishes, faults, delays and losses, and what must hold.

A few stories, always the same ones; STORIES=500 in the environment plays as many new
ones.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hanportal.audit import log
from meters import maintenance
from meters.actions import act, observe, switch_off, switch_on
from meters.headend import (
    Fault,
    Report,
)
from meters.models import HanPort, HeadEnd, Holding
from meters.states import DesiredState, ReportedState, ReportSource
from orders import actions, fulfilment
from orders.deadlines import oslo_date
from orders.models import (
    Command,
    Consent,
    Gate,
    LifeEvent,
    Order,
    database_now,
)
from orders.models.gates import OPENS_AFTER
from orders.states import OrderKind, OrderStatus
from tests.orders import invariants
from tests.orders.life import follow_register
from tests.orders.test_fulfilment import dispatch, follow_up, reconcile, report
from tests.orders.unreliable import Moment, UnreliableHeadEnd, WorkerLost
from tests.orders.world import World

STORIES = os.environ.get("STORIES")

COLUMNS_OF_THE_DATABASES_CLOCK = {
    Command: ["not_before", "claimed_at", "lease_expires_at"],
    HanPort: ["read_back_due_at", "reported_at"],
    Gate: ["probe_at"],
}
ALWAYS = [
    {"day": day, "from": "00:00", "until": "00:00"} for day in maintenance.WEEKDAYS
]
OPERATOR = log.Actor(log.ActorKind.SYSTEM, "operator")
LOST_WITH = st.sampled_from([None, None, None, *Moment])


class AnyStory(RuleBasedStateMachine):
    """One customer, one port, and everything that may happen to an order."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.world.now = database_now()
        self.head_end = UnreliableHeadEnd(
            self.world.port.meter.serial, self.world.clock
        )
        self.world.fake = self.head_end
        self.seen_before: dict[object, int] = {}

    def teardown(self) -> None:
        """Let everything come to rest, look at it, and undo it."""
        try:
            self._come_to_rest()
            self._assert_it_is_settled()
        finally:
            transaction.set_rollback(True)
            self._transaction.__exit__(None, None, None)

    @rule()
    def the_customer_wants_it_open(self) -> None:
        try:
            self._note(self.world.order_opening())
        except (actions.AlreadyOrdered, actions.AlreadyOpen):
            assert Consent.objects.active().exists()
        except actions.NotHolder:
            assert not self._lives_there()

    @rule()
    def the_customer_wants_it_closed(self) -> None:
        try:
            self._note(self.world.order_closing())
        except (actions.AlreadyOrdered, actions.NothingToClose):
            assert not Consent.objects.active().exists()
        except actions.NotHolder:
            assert not self._lives_there()

    @precondition(lambda self: self._lives_there())
    @rule()
    def the_register_says_that_they_left(self) -> None:
        Holding.objects.update(ends_on=oslo_date(self.world.now))

    @precondition(lambda self: not self._lives_there())
    @rule()
    def the_register_takes_that_back(self) -> None:
        Holding.objects.update(ends_on=None)

    @rule()
    def the_register_is_followed(self) -> None:
        follow_register(self.world)
        assert follow_register(self.world) == 0
        assert self._lives_there() or not Consent.objects.active().exists()

    @rule()
    def the_customer_cancels(self) -> None:
        for order in Order.objects.live():
            try:
                actions.cancel_order(
                    customer=self.world.customer,
                    order=order,
                    by=self.world.by,
                    now=self.world.now,
                )
            except (actions.AlreadySent, actions.NotCancellable):
                assert order.status != OrderStatus.PLACED or order.kind == "close"

    @rule(
        answer=st.sampled_from([None, None, None, *Fault]),
        loses=st.sampled_from([False, False, True]),
        lost=LOST_WITH,
    )
    def a_worker_sends(
        self, answer: Fault | None, *, loses: bool, lost: Moment | None
    ) -> None:
        self.head_end.next_answer = answer
        self.head_end.loses, self.head_end.kills_at = loses, lost
        self._work(dispatch)

    @rule(
        silent=st.sampled_from([False, False, True]),
        stale_by=st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=1)]),
        lost=LOST_WITH,
    )
    def a_worker_reads_back(
        self, *, silent: bool, stale_by: timedelta, lost: Moment | None
    ) -> None:
        self.head_end.silent_reads, self.head_end.stale_by = silent, stale_by
        self.head_end.kills_at = lost
        fulfilment.recover_expired_leases(clock=self.world.clock)
        fulfilment.give_up_overdue(clock=self.world.clock)
        self._work(follow_up)
        self._work(reconcile)

    @precondition(lambda self: self.head_end.received)
    @rule(data=st.data())
    def the_meter_obeys(self, data: st.DataObject) -> None:
        command = data.draw(st.sampled_from(self.head_end.received), label="command")
        self.head_end.received.remove(command)
        self.head_end.execute(command)

    @precondition(lambda self: self.head_end.results)
    @rule(data=st.data(), is_told_again=st.booleans())
    def a_result_is_told(self, data: st.DataObject, *, is_told_again: bool) -> None:
        result = data.draw(st.sampled_from(self.head_end.results), label="result")
        if not is_told_again:
            self.head_end.results.remove(result)
            self.head_end.told.append(result)
        report(self.world, result)

    @precondition(lambda self: self.head_end.told)
    @rule(data=st.data())
    def an_old_result_is_told_once_more(self, data: st.DataObject) -> None:
        report(
            self.world, data.draw(st.sampled_from(self.head_end.told), label="result")
        )

    @rule(is_on=st.booleans())
    def the_head_end_is_switched_off_or_on(self, *, is_on: bool) -> None:
        self._operate(switch_on if is_on else switch_off)

    @rule(acts=st.booleans())
    def the_head_end_is_only_observed_or_acts(self, *, acts: bool) -> None:
        self._operate(act if acts else observe)

    @rule(windows=st.sampled_from([[], ALWAYS]))
    def maintenance_begins_or_ends(self, windows: list[dict[str, str]]) -> None:
        HeadEnd.objects.update(maintenance=windows)

    @rule(fault=st.sampled_from([Fault.NOT_DELIVERED, Fault.AUTH]))
    def the_head_end_is_gone_for_a_while(self, fault: Fault) -> None:
        self.head_end.next_answer, self.head_end.loses = fault, True
        self.head_end.kills_at = None
        for _attempt in range(OPENS_AFTER):
            Command.objects.update(not_before=database_now())
            self._work(dispatch)

    @precondition(lambda _self: Gate.objects.not_closed().exists())
    @rule(answer=st.sampled_from([None, Fault.NOT_DELIVERED]), lost=LOST_WITH)
    def the_breaker_lets_one_try(
        self, answer: Fault | None, *, lost: Moment | None
    ) -> None:
        Command.objects.update(not_before=database_now())
        Gate.objects.update(probe_at=database_now())
        sent = len(self.head_end.received)
        self.a_worker_sends(answer, loses=False, lost=lost)
        assert len(self.head_end.received) - sent <= 1

    @precondition(lambda _self: Command.objects.filter(fence__gt=0).exists())
    @rule(data=st.data(), fault=st.sampled_from([None, *Fault]))
    def something_else_is_told(self, data: st.DataObject, fault: Fault | None) -> None:
        commands = list(Command.objects.filter(fence__gt=0).order_by("id"))
        index = data.draw(st.integers(0, len(commands) - 1), label="command")
        vague = Report(
            serial=self.head_end.serial,
            source=ReportSource.EVENT,
            correlation_id=commands[index].id,
            fault=fault,
        )
        report(self.world, vague)

    @rule(state=st.sampled_from([ReportedState.OPEN, ReportedState.CLOSED]))
    def a_technician_turns_it(self, state: ReportedState) -> None:
        self.head_end.history.append(state)
        spontaneous = Report(
            serial=self.head_end.serial,
            source=ReportSource.EVENT,
            state=state,
            observed_at=database_now(),
        )
        report(self.world, spontaneous)

    @rule(minutes=st.sampled_from([1, 3, 20, 7 * 60, 30 * 60, 100 * 60]))
    def time_passes(self, minutes: int) -> None:
        self._wait(timedelta(minutes=minutes))

    @invariant()
    def it_shall_be_open_only_with_a_consent(self) -> None:
        if self.world.fresh_port().desired == DesiredState.OPEN:
            assert Consent.objects.active().count() == 1

    @invariant()
    def nobody_is_told_what_the_meter_has_not_been(self) -> None:
        for order in Order.objects.filter(status=OrderStatus.COMPLETED):
            wanted = "open" if order.kind == OrderKind.OPEN else "closed"
            since = self.head_end.history[self.seen_before[order.id] :]
            assert ReportedState(wanted) in since

    def _note(self, order: Order) -> None:
        # The state at the moment of ordering counts too: it may be so already.
        self.seen_before[order.id] = max(0, len(self.head_end.history) - 2)

    def _work(self, verb: Callable[[World], int]) -> None:
        try:
            verb(self.world)
        except WorkerLost:
            return

    def _wait(self, duration: timedelta) -> None:
        """The clock of the database can't be moved, so all it measured is moved."""
        self.world.now += duration
        for model, columns in COLUMNS_OF_THE_DATABASES_CLOCK.items():
            model._default_manager.update(
                **{column: F(column) - duration for column in columns}
            )
        for results in (self.head_end.results, self.head_end.told):
            results[:] = [
                replace(result, observed_at=result.observed_at - duration)
                for result in results
                if result.observed_at is not None
            ]

    def _operate(self, verb: Callable[..., HeadEnd]) -> None:
        verb(head_end_id=self.world.head_end.id, by=OPERATOR, now=self.world.now)
        self.world.head_end.refresh_from_db()

    def _come_to_rest(self) -> None:
        """Whatever was received is carried out; from then on everybody obeys."""
        for command in self.head_end.received:
            self.head_end.execute(command)
        self.head_end.received = []
        self.head_end.next_answer, self.head_end.loses = None, False
        self.head_end.kills_at, self.head_end.silent_reads = None, False
        self._operate(switch_on)
        self._operate(act)
        HeadEnd.objects.update(maintenance=[])
        self.head_end.stale_by = timedelta(0)
        for _round in range(12):
            if not follow_register(self.world) and self._is_at_rest():
                return
            self._wait(timedelta(hours=6))
            fulfilment.recover_expired_leases(clock=self.world.clock)
            fulfilment.give_up_overdue(clock=self.world.clock)
            self._work(dispatch)
            for command in self.head_end.received:
                self.head_end.execute(command)
            self.head_end.received = []
            for result in self.head_end.results:
                report(self.world, result)
            self.head_end.results = []
            self._work(follow_up)
            self._work(reconcile)

    def _lives_there(self) -> bool:
        return Holding.objects.on(oslo_date(self.world.now)).exists()

    def _is_at_rest(self) -> bool:
        due = HanPort.objects.exclude(read_back_due_at=None)
        open_ends = [
            Command.objects.live(),
            Order.objects.live(),
            LifeEvent.objects.unsettled(),
            due,
        ]
        return not self.head_end.results and not any(
            rows.exists() for rows in open_ends
        )

    def _assert_it_is_settled(self) -> None:
        port = self.world.fresh_port()
        assert not Command.objects.live().exists()
        assert not Order.objects.live().exists()
        assert port.read_back_due_at is None
        if port.generation:
            assert port.reported == port.desired
            assert port.reported == self.head_end.state
        if port.generation and self.head_end.state == ReportedState.OPEN:
            assert Consent.objects.active().exists()
            assert self._lives_there()
        invariants.assert_nothing_is_lost()
        invariants.assert_everybody_was_told_once()
        invariants.assert_no_stale_opening_was_sent()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        invariants.assert_the_log_is_whole()


def test_whatever_happens_the_port_ends_as_was_asked_last(world: World) -> None:
    AnyStory.world = world
    run_state_machine_as_test(
        AnyStory,
        settings=settings(
            max_examples=int(STORIES or 30),
            stateful_step_count=30,
            derandomize=STORIES is None,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
