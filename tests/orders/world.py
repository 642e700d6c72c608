"""A street with one customer and one meter, and a head-end that obeys the test."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hanportal.accounts.actions import seal_national_id
from hanportal.accounts.models import Customer, CustomerKind, Identification
from hanportal.audit import log
from meters.headend import (
    CallbackBatch,
    CallbackRefused,
    Capabilities,
    Clock,
    Fault,
    HeadEndAdapter,
    Health,
    IdSource,
    Outgoing,
    PortCommand,
    PortReset,
    Purpose,
    RawCallback,
    Recorder,
    Report,
    Submission,
)
from meters.identifiers import gsrn_check_digit
from meters.models import HanPort, HeadEnd, Holding, Installation, Meter, MeteringPoint
from meters.states import HanCapability, ReportedState, ReportSource
from orders import actions
from orders.models import Command, Order, Terms
from orders.publishing import publish_terms
from orders.states import SecurityPlacement

TERMS_FILE = Path(__file__).parents[2] / "orders" / "terms" / "2026-1.nb.toml"
NOW = datetime(2026, 10, 5, 10, 0, tzinfo=UTC)
"""A Monday; three working days later is Thursday the 8th."""


class FakeHeadEnd:
    """Acknowledges, or does what the next planned fault says; its meters obey at once.

    Planned faults answer submissions, one each. `executes` says whether a command that
    is answered with a fault reaches the meter all the same.
    """

    def __init__(self) -> None:
        self.planned: list[tuple[Fault | None, bool]] = []
        self.meters: dict[str, ReportedState] = {}
        self.sent: list[PortCommand] = []
        self.reads: list[str] = []
        self.read_at = NOW
        self.silent_reads = False
        self._recorder: Recorder | None = None
        self._new_id: IdSource | None = None

    def connect(
        self,
        head_end: HeadEnd,
        *,
        recorder: Recorder,
        clock: Clock,
        new_id: IdSource,
    ) -> HeadEndAdapter:
        """What workers call for an adapter."""
        self._recorder, self._new_id = recorder, new_id
        return self

    def plan(self, fault: Fault | None, *, executes: bool = False) -> None:
        """Answer one submission with this."""
        self.planned.append((fault, executes))

    def capabilities(self) -> Capabilities:
        """Commands and read-back."""
        return Capabilities(read_back=True, poll=False, cancel=False, callbacks=True)

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Record, then answer as planned."""
        assert self._recorder is not None
        assert self._new_id is not None
        self._recorder.leaving(
            [
                Outgoing(
                    message_id=self._new_id(),
                    purpose=Purpose.SUBMIT,
                    body=b"<command/>",
                    command_id=command.id,
                    serial=command.serial,
                )
                for command in commands
            ]
        )
        return [self._submit_one(command) for command in commands]

    def _submit_one(self, command: PortCommand) -> Submission:
        self.sent.append(command)
        fault, executes = self.planned.pop(0) if self.planned else (None, True)
        if executes:
            self.meters[command.serial] = ReportedState(command.desired)
        return Submission(command_id=command.id, fault=fault, hes_reference="fake-1")

    def poll(self, pending: Sequence[PortCommand]) -> list[Report]:
        """It has no polling."""
        return []

    def cancel(self, hes_reference: str) -> Submission | None:
        """It can't cancel."""
        return None

    def reset(self, resets: Sequence[PortReset]) -> list[Submission]:
        """It has no reset."""
        return []

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """The meters as they are."""
        self.reads += serials
        if self.silent_reads:
            return []
        return [
            Report(
                serial=serial,
                source=ReportSource.READ_BACK,
                state=self.meters.get(serial, ReportedState.CLOSED),
                observed_at=self.read_at,
            )
            for serial in serials
        ]

    def parse_callback(self, raw: RawCallback) -> CallbackBatch:
        """It sends none."""
        raise CallbackRefused(400, "This head-end sends no callbacks.")

    def probe(self) -> Health:
        """Always there."""
        return Health(reachable=True)


@dataclass(kw_only=True)
class World:
    """What a story about one order needs."""

    customer: Customer
    point: MeteringPoint
    port: HanPort
    head_end: HeadEnd
    terms: Terms
    now: datetime = NOW
    fake: FakeHeadEnd = field(default_factory=FakeHeadEnd)

    @property
    def by(self) -> log.Actor:
        """The customer, acting for themselves."""
        return log.Actor(log.ActorKind.CUSTOMER, str(self.customer.id))

    def clock(self) -> datetime:
        """The injected clock."""
        return self.now

    def agreement(
        self,
        *,
        without: frozenset[str] = frozenset(),
        security: SecurityPlacement | None = SecurityPlacement.INSIDE_DWELLING,
    ) -> actions.Agreement:
        """Everything ticked, but for what the story leaves out."""
        return actions.Agreement(
            terms=self.terms,
            confirmed=self.terms.statement_keys - without,
            security=security,
        )

    def identification(
        self, *, age: timedelta = timedelta(minutes=1)
    ) -> Identification:
        """A fresh log-in with an eID."""
        return Identification(
            issuer="https://eid.example",
            subject="subject-1",
            level="high",
            authenticated_at=self.now - age,
        )

    def order_opening(self, **changes: object) -> Order:
        """Order the port opened on Min side."""
        facts: dict[str, object] = {
            "customer": self.customer,
            "metering_point": self.point,
            "agreement": self.agreement(),
            "identification": self.identification(),
            "by": self.by,
            "now": self.now,
        }
        return actions.place_opening(**(facts | changes))  # type: ignore[arg-type]

    def order_closing(self) -> Order:
        """Order it closed in the same place."""
        return actions.place_closing(
            customer=self.customer,
            metering_point=self.point,
            by=self.by,
            now=self.now,
        )

    def fresh_port(self) -> HanPort:
        """The port as the database has it now."""
        return HanPort.objects.get(pk=self.port.pk)

    def newest_command(self) -> Command:
        """The last command that was queued for the port."""
        return Command.objects.filter(port=self.port).order_by("-id")[:1].get()

    def event(self, command: Command, state: ReportedState) -> Report:
        """The meter's own result of a command."""
        return Report(
            serial=self.port.meter.serial,
            source=ReportSource.EVENT,
            correlation_id=command.id,
            state=state,
            observed_at=self.now,
        )


def gsrn(number: int) -> str:
    """A valid GSRN with a running number."""
    digits = f"707057500{number:08d}"
    return f"{digits}{gsrn_check_digit(digits)}"


def a_customer(number: str = "K1", *, national_id: str = "01908000079") -> Customer:
    """A person in the register."""
    sealed = seal_national_id(national_id, customer_number=number)
    return Customer.objects.create(
        customer_number=number,
        kind=CustomerKind.PERSON,
        name="Kari Nordmann",
        national_id_hash=sealed.hash,
        national_id_sealed=sealed.sealed,
        national_id_key_version=sealed.key_version,
        email="kari@eksempel.example",
    )


def a_head_end() -> HeadEnd:
    """A head-end that the fake stands for."""
    return HeadEnd.objects.create(
        code="aidon",
        name="Aidon",
        profile=HeadEnd.Profile.CIM_STRICT,
        endpoint="http://127.0.0.1:1/soap",
    )


def a_point_with_meter(
    customer: Customer,
    head_end: HeadEnd,
    *,
    number: int = 1,
    capability: HanCapability = HanCapability.REMOTE,
) -> tuple[MeteringPoint, HanPort]:
    """A point that the customer holds, with a meter and its port."""
    point = MeteringPoint.objects.create(
        gsrn=gsrn(number),
        street_address=f"Storgata {number}",
        postal_code="0155",
        city="Oslo",
    )
    meter = Meter.objects.create(
        serial=f"735999{number:010d}",
        manufacturer="Aidon",
        model="6525",
        head_end=head_end,
        han_capability=capability,
    )
    Installation.objects.create(
        meter=meter, metering_point=point, starts_on=date(2019, 1, 1)
    )
    Holding.objects.create(
        customer=customer, metering_point=point, starts_on=date(2020, 1, 1)
    )
    return point, HanPort.objects.create(meter=meter)


def build_world(*, now: datetime = NOW) -> World:
    """One customer, one point, one meter, one head-end, the terms published."""
    by = log.Actor(log.ActorKind.SYSTEM, "test")
    terms = publish_terms(TERMS_FILE, by=by, now=now).terms
    customer, head_end = a_customer(), a_head_end()
    point, port = a_point_with_meter(customer, head_end)
    return World(
        customer=customer,
        point=point,
        port=port,
        head_end=head_end,
        terms=terms,
        now=now,
    )
