"""Any register at all: whatever is told of a street, late, twice and in any order.

A few stories, always the same ones; REGISTERS=500 in the environment plays as many new
ones.
"""

import os
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hanportal.accounts.actions import record_death
from hanportal.accounts.models import Customer, Ground, Representation
from meters.models import HanPort
from meters.states import ReportedState
from orders import actions
from orders.models import Consent, Order
from orders.states import ConsentEnd
from tests.accounts.representing import a_representation
from tests.firstnight.past import Past
from tests.orders.register_model import Item, RegisterModel, Wish
from tests.orders.register_rest import assert_the_street_is_as_the_model
from tests.orders.register_world import (
    MACHINE,
    NATIONAL_IDS,
    POINTS,
    SERIALS,
    build_street,
    check_again_at_the_end,
    come_to_rest,
    keep_a_clock_of_stories,
    take_the_clock,
)
from tests.orders.world import NOW, World

REGISTERS = os.environ.get("REGISTERS")
EVENTS = (
    *("moved_in", "moved_in", "moved_in", "moved_out", "moved_out"),
    *("meter_exchanged", "meter_exchanged", "meter_exchanged"),
    *("point_deactivated", "point_reactivated", "rolled_back", "rolled_back"),
    *("supplier_switched", "end_user_changed"),
)

points = st.sampled_from(POINTS)
people = st.sampled_from(sorted(NATIONAL_IDS))


class AnyRegister(RuleBasedStateMachine):
    """Two homes, three people, four meters, and a register that says anything."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.world.now = NOW
        self.street = build_street(self.world)
        take_the_clock(self.world.now)
        self.meters = self.street.meters
        self.model = RegisterModel(
            holders=dict(zip(POINTS, ("K1", "K2"), strict=True)),
            meters=dict(zip(POINTS, SERIALS, strict=False)),
        )
        self.said: list[Item] = []
        self.to_be_told: list[Item] = []

    def teardown(self) -> None:
        """Let everything be told and come to rest, look at it, and undo it."""
        try:
            self._tell(self.to_be_told)
            self._come_to_rest()
        finally:
            transaction.set_rollback(True)
            self._transaction.__exit__(None, None, None)

    @initialize(past=st.sampled_from(["none", "none", "open", "unknown"]))
    def something_was_before_the_portal(self, past: str) -> None:
        if past == "none":
            return
        with tempfile.TemporaryDirectory() as folder:
            brought = Past(Path(folder)).add("consents")
            if past == "open":
                brought.add("ports")
                self.meters.ledger[SERIALS[0]] = [ReportedState.OPEN]
            brought.bring_in(now=self.world.now)
        check_again_at_the_end()
        consent = Consent.objects.get()
        self.model.wishes[POINTS[0]] = Wish(
            customer="K1",
            gsrn=POINTS[0],
            given_on=consent.given_on,
            sleeps=past != "open",
        )

    @rule(data=st.data(), kind=st.sampled_from(EVENTS), days=st.integers(-12, 9))
    def something_happens(self, data: st.DataObject, kind: str, days: int) -> None:
        item: Item = {"id": f"e-{len(self.said)}", "kind": kind, "order": 0}
        if kind == "rolled_back":
            of = data.draw(st.integers(0, len(self.said) + 1), label="of")
            self._note(item | {"rolls_back": f"e-{of}"})
            return
        on = self.street.today + timedelta(days=days)
        item |= {"effective_on": on.isoformat()}
        item["order"] = data.draw(st.integers(0, 1), label="order")
        if kind == "end_user_changed":
            who = data.draw(people, label="who")
            self._note(item | {"customer": self.street.person_row(who)})
            return
        item["gsrn"] = data.draw(points, label="where")
        if kind in {"moved_in", "moved_out"}:
            item["customer_number"] = data.draw(people, label="who")
        if kind == "meter_exchanged":
            serial = data.draw(st.sampled_from(SERIALS), label="meter")
            item |= {"manufacturer": "Aidon", "serial": serial}
        self._note(item)

    @precondition(lambda self: self.to_be_told)
    @rule(data=st.data(), again=st.booleans())
    def some_of_it_is_told(self, data: st.DataObject, *, again: bool) -> None:
        shuffled = data.draw(st.permutations(self.to_be_told), label="in the order")
        batch = shuffled[: data.draw(st.integers(1, len(shuffled)), label="of them")]
        self._tell(batch)
        self.to_be_told = [item for item in self.to_be_told if item not in batch]
        if again:
            self._tell([data.draw(st.sampled_from(self.said[: len(self.model.told)]))])

    @rule(who=people)
    def a_row_tells_of_contact_data(self, who: str) -> None:
        assert self.street.row("customers", **self.street.person_row(who))

    @rule(who=people, days=st.integers(0, 5))
    def somebody_has_died(self, who: str, days: int) -> None:
        if who in self.model.died_on or len(self.model.died_on) > 1:
            return
        died_on = self.street.today - timedelta(days=days)
        record_death(
            customer=self._person(who),
            died_on=died_on,
            today=self.street.today,
            by=MACHINE,
            now=self.world.now,
        )
        self.model.died_on[who] = died_on

    @rule(gsrn=points, is_in_use=st.booleans())
    def a_row_tells_whether_a_point_is_in_use(
        self, gsrn: str, *, is_in_use: bool
    ) -> None:
        assert self.street.row(
            "metering_points",
            gsrn=gsrn,
            street_address="Storgata 1",
            postal_code="0155",
            city="Oslo",
            active=is_in_use,
        )
        self.model.out_of_use.discard(gsrn)
        if not is_in_use:
            self.model.out_of_use.add(gsrn)

    @rule(gsrn=points, days=st.one_of(st.none(), st.integers(-9, 5)))
    def a_row_ends_the_first_holding(self, gsrn: str, days: int | None) -> None:
        ends_on = None
        if days is not None:
            ends_on = self.street.today + timedelta(days=days)
        stands = self.street.row(
            "holdings",
            gsrn=gsrn,
            starts_on="2020-01-01",
            ends_on=None if ends_on is None else ends_on.isoformat(),
            customer_number=self.model.holders[gsrn],
        )
        if stands:
            self.model.left_on.pop(gsrn, None)
            if ends_on is not None:
                self.model.left_on[gsrn] = ends_on

    @rule(
        serial=st.sampled_from(SERIALS),
        capability=st.sampled_from(
            ["remote", "remote", "needs_module", "needs_visit", "unsupported"]
        ),
    )
    def a_row_tells_what_a_meter_can(self, serial: str, capability: str) -> None:
        assert self.street.row(
            "meters",
            manufacturer="Aidon",
            serial=serial,
            model="6525",
            head_end="aidon",
            han_capability=capability,
        )

    @rule(gsrn=points, who=people)
    def somebody_wants_it_open(self, gsrn: str, who: str) -> None:
        on, model = self.street.today, self.model
        right = self._estate(who) if model.is_dead(who, on) else None
        try:
            self.world.order_opening(
                customer=self._person(who),
                metering_point=self.street.points[gsrn],
                representation=right,
            )
        except actions.NotHolder:
            assert model.holder(gsrn, on) != who or not model.is_in_use(gsrn, on)
        except actions.NoMeter:
            assert model.meter(gsrn, on) is None
        except actions.MeterCannotOpen:
            assert self._capability(gsrn) == "unsupported"
        except (actions.AlreadyOpen, actions.AlreadyOrdered):
            assert model.wishes[gsrn].customer == who
        else:
            assert model.holder(gsrn, on) == who
            model.wishes[gsrn] = Wish(
                customer=who, gsrn=gsrn, given_on=on, by_estate=right is not None
            )

    @rule(gsrn=points, who=people)
    def somebody_wants_it_closed(self, gsrn: str, who: str) -> None:
        on, model = self.street.today, self.model
        try:
            actions.place_closing(
                customer=self._person(who),
                metering_point=self.street.points[gsrn],
                by=self.world.by,
                now=self.world.now,
            )
        except actions.NotHolder:
            assert model.holder(gsrn, on) != who or not model.is_in_use(gsrn, on)
        except actions.NoMeter:
            assert model.meter(gsrn, on) is None
        except (actions.NothingToClose, actions.AlreadyOrdered):
            wish = model.wishes.get(gsrn)
            assert wish is None or not model.may_stay(wish, on)
        else:
            assert model.holder(gsrn, on) == who
            model.wishes.pop(gsrn, None)

    @rule(gsrn=points)
    def somebody_cancels(self, gsrn: str) -> None:
        for order in Order.objects.live().filter(metering_point__gsrn=gsrn):
            try:
                actions.cancel_order(
                    customer=order.placement.customer,
                    order=order,
                    by=self.world.by,
                    now=self.world.now,
                )
            except (actions.AlreadySent, actions.NotCancellable):
                continue
            del self.model.wishes[gsrn]

    @rule(gsrn=points)
    def a_fitter_opens_it(self, gsrn: str) -> None:
        self.street.open_by_hand(gsrn)

    @rule()
    def the_register_is_followed(self) -> None:
        self._follow()
        assert self._follow() == 0

    @rule()
    def a_worker_sends(self) -> None:
        self.street.dispatch()
        self._learn_of_failures()

    @rule()
    def a_worker_reads_back(self) -> None:
        self.street.read_back()
        self._learn_of_failures()

    @precondition(lambda self: self.meters.received)
    @rule(data=st.data(), is_told=st.booleans())
    def a_meter_obeys(self, data: st.DataObject, *, is_told: bool) -> None:
        command = data.draw(st.sampled_from(self.meters.received), label="command")
        self.meters.received.remove(command)
        self.meters.execute(command)
        if is_told:
            self.street.hear()

    @rule(hours=st.sampled_from([1, 8, 24, 24, 72, 7 * 24]))
    def time_passes(self, hours: int) -> None:
        self.street.pass_time(timedelta(hours=hours))

    @rule()
    def everything_comes_to_rest(self) -> None:
        self._come_to_rest()

    def _note(self, item: Item) -> None:
        self.said.append(item)
        self.to_be_told.append(item)

    def _tell(self, batch: list[Item]) -> None:
        self.street.tell(batch)
        for item in batch:
            self.model.tell(item)

    def _person(self, number: str) -> Customer:
        return Customer.objects.get(customer_number=number)

    def _capability(self, gsrn: str) -> str:
        port = HanPort.objects.at_point(
            self.street.points[gsrn], on=self.street.today
        ).get()
        return port.meter.han_capability

    def _estate(self, number: str) -> Representation:
        customer = self._person(number)
        known = Representation.objects.filter(
            represented=customer, ground=Ground.ESTATE
        ).first()
        return known or a_representation(
            customer, ground=Ground.ESTATE, now=self.world.now
        )

    def _follow(self) -> int:
        closed = set(
            HanPort.objects.filter(reported=ReportedState.CLOSED).values_list(
                "meter__serial", flat=True
            )
        )
        self._learn_of_failures()
        followed = self.street.follow()
        on, model = self.street.today, self.model
        model.follow(on)
        for consent in Consent.objects.active().exclude(restored_from=None):
            gsrn, who = consent.gsrn, consent.customer.customer_number
            if gsrn in model.wishes:
                continue
            before = consent.restored_from
            assert before is not None
            since = before.given_on
            estate = consent.representation_id is not None
            wish = Wish(customer=who, gsrn=gsrn, given_on=since, by_estate=estate)
            assert model.may_stay(wish, on), "Restored although it does not hold."
            assert model.meter(gsrn, on) not in closed, "Restored although closed."
            wish.given_on = consent.given_on
            wish.sleeps = consent.is_legacy and self._sleeps_at(gsrn)
            model.wishes[gsrn] = wish
        return followed

    def _sleeps_at(self, gsrn: str) -> bool:
        """A consent from before the portal, and nobody ever wanted this port open."""
        serial = self.model.meter(gsrn, self.street.today)
        return ReportedState.OPEN not in self.meters.ledger.get(str(serial), [])

    def _learn_of_failures(self) -> None:
        """An opening that nobody could carry out in time is over, and only that."""
        for gsrn, wish in list(self.model.wishes.items()):
            consents = Consent.objects.filter(gsrn=gsrn)
            newest = consents.newest_first().select_related("customer")[0]
            if newest.end_reason == ConsentEnd.ORDER_FAILED:
                assert newest.customer.customer_number == wish.customer
                order = newest.orders.get()
                assert order.due_date < self.street.today
                del self.model.wishes[gsrn]

    def _come_to_rest(self) -> None:
        come_to_rest(self.street, follow=self._follow)
        self._learn_of_failures()
        assert_the_street_is_as_the_model(self.street, self.model)


@pytest.fixture
def world_with_a_clock(world: World) -> World:
    """The world of every story; its clock stands ready in the database."""
    keep_a_clock_of_stories(connection.settings_dict["NAME"])
    return world


def test_whatever_the_register_says_whoever_holds_the_point_decides(
    world_with_a_clock: World,
) -> None:
    AnyRegister.world = world_with_a_clock
    run_state_machine_as_test(
        AnyRegister,
        settings=settings(
            max_examples=int(REGISTERS or 20),
            stateful_step_count=30,
            derandomize=REGISTERS is None,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            report_multiple_bugs=False,
        ),
    )
