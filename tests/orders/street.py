"""One customer's order before the real simulator, played until everything is at rest.

The portal's workers run here one after another instead of side by side; what a clock
would bring about is brought about by making it due.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from pytest_django import Settings

from meters.headend import CallbackRefused, RawCallback
from meters.models import HanPort, HeadEnd, Meter
from meters.states import ReportedState
from orders import fulfilment, inbox, reconciliation
from orders.deadlines import OSLO
from orders.models import Case, Command, Gate, Order, database_now
from tests.demo.client import Client
from tests.demo.processes import Program
from tests.demo.waiting import eventually
from tests.headend.far_end import FarEnd
from tests.orders.world import World

SECRET = "shared on the street"
QUICK = {"preset": "aidon", "delay_from": 0, "delay_to": 0}
HEAD_ENDS = {
    "aidon": QUICK,
    "events": {**QUICK, "protocol": "cim-events"},
    "sync": {**QUICK, "protocol": "cim-synchronous"},
    "polled": {**QUICK, "protocol": "poll"},
}
PROFILES = {
    "aidon": HeadEnd.Profile.CIM_STRICT,
    "events": HeadEnd.Profile.CIM_EVENTS,
    "sync": HeadEnd.Profile.CIM_SYNCHRONOUS,
    "polled": HeadEnd.Profile.POLL,
}
MOST_ROUNDS = 25

_meters = itertools.count(1)


@contextmanager
def simulator(folder: Path) -> Iterator[Client]:
    """The simulator, with a thousand closed meters at each head-end."""
    fleet = folder / "fleet.json"
    ranges = [
        {"head_end": code, "first": f"7359{number}00000000000", "count": 1000}
        for number, code in enumerate(HEAD_ENDS)
    ]
    fleet.write_text(json.dumps({"head_ends": HEAD_ENDS, "ranges": ranges}))
    program = Program(
        "hanportal.demo.headend",
        *("--fleet", str(fleet), "--ledger", str(folder / "ledger.sqlite")),
        *("--secrets", ",".join(f"{code}={SECRET}" for code in HEAD_ENDS)),
    )
    try:
        yield Client(int(program.line(r"Listening on http://.*:(\d+)/")[1]))
    finally:
        program.stop()


@dataclass
class Street:
    """The world of one story, the simulator, and what it posts to the portal."""

    world: World
    far: Client
    posts: FarEnd
    code: str = "aidon"
    refused: list[int] = field(default_factory=list)
    _taken: int = 0

    def move_in(self) -> None:
        """Give the world's meter a serial that no other story uses."""
        number = list(HEAD_ENDS).index(self.code)
        serial = f"7359{number}{next(_meters):011d}"
        Meter.objects.filter(pk=self.world.port.meter_id).update(serial=serial)
        head_end = self.world.head_end
        head_end.code, head_end.profile = self.code, PROFILES[self.code]
        head_end.endpoint = f"http://127.0.0.1:{self.far.port}/{self.code}/soap"
        head_end.connect_timeout_seconds, head_end.read_timeout_seconds = 1, 1
        head_end.save()
        self.far.post(
            f"/admin/head-ends/{self.code}", {"callback": self.callback_address}
        )

    @property
    def callback_address(self) -> str:
        """Where results go."""
        return f"{settings.PORTAL_BASE_URL}/hes/{self.code}/callback/"

    @property
    def serial(self) -> str:
        """The meter's."""
        return Meter.objects.get(pk=self.world.port.meter_id).serial

    @property
    def port(self) -> HanPort:
        """As the portal has it."""
        return self.world.fresh_port()

    def order(self, placed: Order) -> Order:
        """The order as it is now."""
        return Order.objects.get(pk=placed.pk)

    def really(self) -> str:
        """What the meter's port is."""
        state: str = self.far.get(f"/admin/meters/{self.serial}")["port"]
        return state

    def effects(self) -> list[str]:
        """What it was set to, by the simulator's ledger."""
        return self.far.states(self.serial)

    def queued(self) -> int:
        """How much is under way at the head-end."""
        count: int = self.far.get("/admin/head-ends")[self.code]["queued"]
        return count

    def await_effects(self, *states: str) -> None:
        """Wait until the ledger says so."""
        assert eventually(self.effects, list(states)) == list(states)

    def cases(self) -> set[str]:
        """Why humans must look."""
        return set(Case.objects.values_list("kind", flat=True))

    def dispatch(self) -> None:
        """Send what is due."""
        fulfilment.dispatch(head_end=self._head_end(), clock=timezone.now)

    def take_posts(self, *, at_least: int = 0) -> None:
        """Let what was posted come in: at least so many, else all that will come."""
        if at_least:
            self.posts.wait_for(self._taken + at_least)
        else:
            assert eventually(self.queued, 0) == 0
        for heard in list(self.posts.heard)[self._taken :]:
            self._taken += 1
            raw = RawCallback(
                body=heard.body, headers=heard.headers, received_at=timezone.now()
            )
            try:
                inbox.receive_callback(
                    head_end=self._head_end(), raw=raw, clock=timezone.now
                )
            except CallbackRefused as refusal:
                self.refused.append(refusal.status)
        fulfilment.work_off_callbacks(clock=timezone.now)

    def time_passes(self) -> None:
        """Let everything that waits for its time be due."""
        past = database_now() - timedelta(seconds=1)
        Command.objects.live().update(not_before=past)
        Gate.objects.filter(probe_at__isnull=False).update(probe_at=past)
        if self.code == "polled":
            # Longer than a result is polled for, but for what has just been sent.
            Command.objects.live().filter(read_backs__gt=2).update(
                claimed_at=past - timedelta(hours=2)
            )
        HanPort.objects.filter(read_back_due_at__isnull=False).update(
            read_back_due_at=past
        )

    def a_night_passes(self, changed: Settings) -> None:
        """Read what nobody doubts; it is night, wherever the clock stands."""
        hour = timezone.now().astimezone(OSLO).hour
        changed.NIGHT_READING_HOURS = ((hour - 1) % 24, (hour + 2) % 24)
        reconciliation.read_in_turn(head_end=self._head_end(), clock=timezone.now)

    def look_at_ports(self, *, at: datetime) -> None:
        """The sweep over the ports, at another time than now."""
        self.time_passes()
        reconciliation.reconcile_ports(head_end=self._head_end(), clock=lambda: at)

    def carry_on(self) -> None:
        """One round of the workers that send and look after what was sent."""
        self.dispatch()
        self.take_posts()
        self.time_passes()
        fulfilment.follow_up(head_end=self._head_end(), clock=timezone.now)

    def play(self) -> None:
        """Play until nothing is under way and the portal's picture is the meter's."""
        for _ in range(MOST_ROUNDS):
            self.carry_on()
            reconciliation.reconcile_ports(
                head_end=self._head_end(), clock=timezone.now
            )
            if self.is_at_rest():
                return
        live = list(Command.objects.live().values_list("status", "fault_detail"))
        raise AssertionError(f"Still not at rest: {live}, {self.port.reported}")

    def is_at_rest(self) -> bool:
        """Nothing is under way, nothing is to be looked at, and all agree."""
        port = self.port
        if Command.objects.live().exists() or self.really() != port.desired:
            return False
        if self.code == "polled":
            # Nobody can read it, so it is unknown until a command has succeeded.
            return port.reported in {port.desired, ReportedState.UNKNOWN}
        # What may yet be carried out late is read again for a day.
        is_watched = Command.objects.in_doubt(port).exists()
        is_settled = is_watched or port.read_back_due_at is None
        return is_settled and port.reported == port.desired

    def later(self, span: timedelta) -> datetime:
        """A moment after now."""
        return timezone.now() + span

    def _head_end(self) -> HeadEnd:
        return HeadEnd.objects.get(pk=self.world.head_end.pk)


Placed = Callable[[str], Street]
"""What gives a story its street, at the head-end of that code."""
