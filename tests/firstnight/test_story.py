"""The first night in a real company, and the second: ten thousand points.

A thousand ports have been open for years, four hundred of them without a trace of
consent.
"""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import F
from pytest_django import Settings

from hanportal.accounts.models import Role
from hanportal.demo.neighbourhood.__main__ import main as draw
from hanportal.demo.neighbourhood.makes import MAKES
from meters import actions
from meters.models import HanPort, HeadEnd, Installation, RegisterDelivery
from meters.register import RegisterUnusable, import_register
from meters.states import DesiredState, HeadEndMode, ReportedState
from orders import fulfilment
from orders.actions import release_closings
from orders.deadlines import oslo_date
from orders.models import ClosingBrake, Command, Consent, database_now
from orders.reconciliation import reconcile_ports
from tests.accounts.staff import make_staff
from tests.firstnight.past import Past
from tests.firstnight.street import BY
from tests.orders.world import FakeHeadEnd

POINTS, OPEN, WITHOUT_TRACE, LIMIT = 10_000, 1_000, 400, 50
A_DAY = timedelta(days=1)


@dataclass
class Company:
    """A grid operator that takes the portal into use."""

    folder: Path
    now: datetime
    fake: FakeHeadEnd = field(default_factory=FakeHeadEnd)
    open_serials: list[str] = field(default_factory=list)

    @property
    def documented(self) -> set[str]:
        """Meters whose ports were opened with a consent that the archive holds."""
        return set(self.open_serials[WITHOUT_TRACE:])

    @property
    def exposed(self) -> set[str]:
        """Meters whose ports were opened without a trace of one."""
        return set(self.open_serials[:WITHOUT_TRACE])

    def clock(self) -> datetime:
        return self.now

    def head_ends(self) -> list[HeadEnd]:
        return list(HeadEnd.objects.by_name())

    def take_over_the_register(self) -> None:
        """Register the head-ends as people do, and import what there is."""
        facts: dict[str, str | int] = {
            "profile": "cim-strict",
            "endpoint": "http://127.0.0.1:9/soap",
            "max_concurrency": 100,
        }
        for code in MAKES:
            more: dict[str, str | int] = {"name": code, "max_concurrency": 100}
            actions.register_head_end(
                code=code, facts=more | facts, by=BY, now=self.now
            )
        draw(
            [
                f"--out={self.folder}",
                f"--points={POINTS}",
                f"--today={oslo_date(self.now)}",
            ]
        )
        report = import_register(self.folder, now=self.now)
        assert report.rejected == 0

    def bring_in_the_past(self) -> tuple[int, int]:
        """A thousand ports are open; of six hundred the archive knows why."""
        today = oslo_date(self.now)
        past = Past(self.folder.parent / "past")
        installed = (
            Installation.objects.filter(
                ends_on__isnull=True,
                metering_point__is_active=True,
                metering_point__holdings__ends_on__isnull=True,
                metering_point__holdings__starts_on__lt=today,
            )
            .order_by("meter__serial")
            .values_list(
                "meter__manufacturer",
                "meter__serial",
                "metering_point__gsrn",
                "metering_point__holdings__customer__customer_number",
                "metering_point__holdings__starts_on",
            )
        )
        seen = (self.now - A_DAY).isoformat()
        for number, row in enumerate(installed[:OPEN]):
            manufacturer, serial, gsrn, customer_number, starts_on = row
            past.add(
                "ports", manufacturer=manufacturer, serial=serial, observed_at=seen
            )
            self.open_serials.append(serial)
            self.fake.meters[serial] = ReportedState.OPEN
            if number >= WITHOUT_TRACE:
                past.add(
                    "consents",
                    gsrn=gsrn,
                    customer_number=customer_number,
                    given_on=starts_on.isoformat(),
                    evidence=f"ARK-{number}",
                )
        told = past.bring_in(now=self.now)
        assert told.report.rejections == ()
        return told.wanted_open, told.exposed

    def work(self) -> None:
        """The sweeps, until nothing more is to be done now."""
        self.fake.read_at = database_now()
        busy = True
        while busy:
            busy = False
            for head_end in self.head_ends():
                while reconcile_ports(
                    head_end=head_end, clock=self.clock, connect=self.fake.connect
                ):
                    busy = True
                while fulfilment.dispatch(
                    head_end=head_end, clock=self.clock, connect=self.fake.connect
                ):
                    busy = True

    def hear_from_the_meters(self) -> None:
        """The results that are awaited are read back."""
        Command.objects.filter(status="accepted").update(
            not_before=F("not_before") - A_DAY
        )
        self.fake.read_at = database_now()
        for head_end in self.head_ends():
            while fulfilment.follow_up(
                head_end=head_end, clock=self.clock, connect=self.fake.connect
            ):
                pass

    def closed(self) -> set[str]:
        """Meters that were told to close."""
        return {
            command.serial
            for command in self.fake.sent
            if command.desired == DesiredState.CLOSED
        }


def report(file: Path) -> tuple[list[dict[str, str]], str]:
    """Each port that the report names, and its last line."""
    told = StringIO()
    call_command("report_differences", csv=file, stdout=told)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";")), told.getvalue()


@contextmanager
def unchanged_consents() -> Iterator[None]:
    """Nobody's consent ends meanwhile."""
    before = set(Consent.objects.active().values_list("pk", flat=True))
    assert len(before) == OPEN - WITHOUT_TRACE
    yield
    assert set(Consent.objects.active().values_list("pk", flat=True)) == before


def cut_short(folder: Path, *, created_at: datetime, honest: bool) -> None:
    """Half of the holdings are missing, and the manifest says that it is complete.

    :param honest: the manifest tells how many rows were meant to be there.
    """
    counts = {}
    for file in sorted(folder.glob("*.csv")):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        counts[file.stem] = len(lines) - 1
        if file.stem == "holdings":
            file.write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
            counts[file.stem] = len(lines) - 1 if honest else len(lines) // 2 - 1
    rows = "".join(f"{name} = {number}\n" for name, number in counts.items())
    (folder / "delivery.toml").write_text(
        f'kind = "complete"\ncreated_at = {created_at.isoformat()}\n[rows]\n{rows}'
    )


def test_the_first_two_nights(db: None, tmp_path: Path, settings: Settings) -> None:
    settings.CLOSING_BRAKE_PER_DAY = LIMIT
    company = Company(tmp_path / "register", now=database_now())
    company.take_over_the_register()

    # The first night: it is observed. The report says exactly what would be done.
    assert company.bring_in_the_past() == (OPEN - WITHOUT_TRACE, WITHOUT_TRACE)
    assert {each.mode for each in company.head_ends()} == {HeadEndMode.OBSERVE}
    company.work()
    rows, told = report(tmp_path / "forslag.csv")
    assert {row["malernummer"].replace(" ", "") for row in rows} == company.exposed
    assert {(row["handling"], row["grunn"]) for row in rows} == {
        ("stengt", "åpen uten samtykke")
    }
    assert sum(map(int, re.findall(r": (\d+) ville blitt stengt", told))) == 400
    assert f"{WITHOUT_TRACE - LIMIT} ville blitt holdt tilbake." in told
    assert set(company.fake.reads) == company.exposed
    assert (company.fake.sent, Command.objects.count()) == ([], 0)

    # It acts, and the brake lets no more than its limit through.
    for head_end in company.head_ends():
        actions.act(head_end_id=head_end.id, by=BY, now=company.now)
    company.work()
    assert len(company.closed()) == LIMIT
    held = ClosingBrake.objects.held(at=database_now(), now=company.now)
    assert held == WITHOUT_TRACE - LIMIT

    # Two people release the rest. Nobody with evidence is touched.
    for name in ("anna", "berit"):
        release_closings(by=make_staff(name, Role.SUPERVISOR), now=company.now)
    company.work()
    company.hear_from_the_meters()
    assert company.closed() == company.exposed
    assert {each for each, s in company.fake.meters.items() if s == "open"} == (
        company.documented
    )
    assert HanPort.objects.open_unwanted(on=oslo_date(company.now)).count() == 0
    still_open = HanPort.objects.filter(desired=DesiredState.OPEN, reported="open")
    assert set(still_open.values_list("meter__serial", flat=True)) == company.documented

    # The second night: a complete delivery that was cut short ends nobody's consent.
    company.now += A_DAY
    made_at = company.now - timedelta(hours=1)
    with unchanged_consents():
        cut_short(company.folder, created_at=made_at, honest=True)
        with pytest.raises(RegisterUnusable, match="avkortet"):
            import_register(company.folder, now=company.now)
        cut_short(company.folder, created_at=made_at, honest=False)
        assert import_register(company.folder, now=company.now).held
        company.work()
    assert RegisterDelivery.objects.held().count() == 1
    assert company.closed() == company.exposed
