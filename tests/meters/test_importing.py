"""A delivery is imported: what lands, what changes, and what stays."""

from datetime import date
from pathlib import Path

from hanportal.accounts.models import Customer
from hanportal.accounts.sealing import open_national_id
from hanportal.audit.models import Event
from meters.models import HanPort, Holding, Installation, Meter, MeteringPoint
from meters.register import ImportReport, Stage, import_register
from meters.states import DesiredState, HanCapability, ReportedState
from tests.meters.conftest import NOW, Deliver, make_head_end
from tests.meters.deliveries import (
    HEADERS,
    KARI,
    KARIS_NATIONAL_ID,
    METER_A,
    METER_B,
    OLA,
    OLAS_NATIONAL_ID,
    ORGANISATION_NUMBER,
    POINT_A,
    POINT_B,
    Delivery,
    one_home,
    two_homes,
)


def counted(report: ImportReport) -> dict[str, tuple[int, int, int, int]]:
    """New, changed, unchanged and rejected rows of each file."""
    return {
        name.removesuffix(".csv"): (c.new, c.changed, c.unchanged, c.rejected)
        for name, c in report.counts.items()
    }


def test_a_home_lands_with_everything_in_it(deliver: Deliver, tmp_path: Path) -> None:
    report = deliver(one_home(tmp_path))

    assert counted(report) == dict.fromkeys(HEADERS, (1, 0, 0, 0))
    point = MeteringPoint.objects.get()
    assert (point.gsrn, str(point), point.is_active) == (
        POINT_A,
        "Storgata 1, 0155 Oslo",
        True,
    )
    meter = Meter.objects.get()
    assert str(meter) == f"Aidon 6525 {METER_A}"
    assert meter.head_end.code == "aidon"
    assert meter.han_capability == HanCapability.REMOTE
    installation = Installation.objects.get()
    assert (installation.metering_point, installation.meter) == (point, meter)
    assert (installation.starts_on, installation.ends_on) == (date(2018, 5, 1), None)
    holding = Holding.objects.get()
    assert (holding.metering_point, holding.customer.customer_number) == (point, KARI)
    assert (holding.starts_on, holding.ends_on) == (date(2020, 1, 1), None)


def test_a_customer_lands_with_the_national_id_hashed_and_sealed(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(one_home(tmp_path))

    customer = Customer.objects.by_national_id(KARIS_NATIONAL_ID)
    assert customer is not None
    assert (customer.customer_number, customer.name) == (KARI, "Kari Nordby")
    assert (customer.email, customer.notification_email) == ("kari@post.example", "")
    assert (customer.phone, customer.language) == ("+4799100001", "nb")
    assert customer.has_protected_address is False
    assert customer.national_id_sealed is not None
    assert customer.national_id_key_version is not None
    assert KARIS_NATIONAL_ID.encode() not in bytes(customer.national_id_sealed)
    opened = open_national_id(
        bytes(customer.national_id_sealed),
        customer_number=KARI,
        key_version=customer.national_id_key_version,
    )
    assert opened == KARIS_NATIONAL_ID


def test_an_organisation_lands_with_its_number(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = Delivery(tmp_path).add(
        "customers",
        customer_number="B-1",
        kind="organisation",
        national_id="",
        organisation_number=ORGANISATION_NUMBER,
    )
    report = deliver(delivery)

    assert counted(report)["customers"] == (1, 0, 0, 0)
    business = Customer.objects.get()
    assert business.organisation_number == ORGANISATION_NUMBER
    assert business.national_id_hash is None


def test_every_new_meter_gets_its_port(deliver: Deliver, tmp_path: Path) -> None:
    deliver(two_homes(tmp_path))

    ports = HanPort.objects.order_by("meter__serial")
    assert [
        (port.meter.serial, port.desired, port.generation, port.reported)
        for port in ports
    ] == [
        (METER_A, DesiredState.CLOSED, 0, ReportedState.UNKNOWN),
        (METER_B, DesiredState.CLOSED, 0, ReportedState.UNKNOWN),
    ]


def test_what_changed_is_changed_and_the_rest_is_left(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path / "first"))
    before = Meter.objects.get(serial=METER_A).id

    delivery = Delivery(tmp_path / "second")
    delivery.add("metering_points", street_address="Storgata 1 B", active="no")
    delivery.add("metering_points", gsrn=POINT_B, street_address="Storgata 3")
    delivery.add("meters", model="6534", han_capability="needs_module")
    delivery.add("customers", name="Kari Nordby Lund", protected_address="yes")
    report = deliver(delivery)

    assert counted(report) == {
        "metering_points": (0, 1, 1, 0),
        "meters": (0, 1, 0, 0),
        "customers": (0, 1, 0, 0),
        "installations": (0, 0, 0, 0),
        "holdings": (0, 0, 0, 0),
    }
    point = MeteringPoint.objects.get(gsrn=POINT_A)
    assert (point.street_address, point.is_active) == ("Storgata 1 B", False)
    meter = Meter.objects.get(serial=METER_A)
    assert (meter.id, meter.model) == (before, "6534")
    assert meter.han_capability == HanCapability.NEEDS_MODULE
    customer = Customer.objects.get(customer_number=KARI)
    assert (customer.name, customer.has_protected_address) == ("Kari Nordby Lund", True)


def test_what_no_row_mentions_stays(deliver: Deliver, tmp_path: Path) -> None:
    deliver(two_homes(tmp_path / "first"))
    report = deliver(Delivery(tmp_path / "nothing"))

    assert counted(report) == dict.fromkeys(HEADERS, (0, 0, 0, 0))
    assert [h.customer.customer_number for h in Holding.objects.order_by("id")] == [
        KARI,
        OLA,
    ]


def test_the_address_that_a_customer_chose_stays(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(one_home(tmp_path / "first"))
    Customer.objects.get().choose_notification_email("mine@post.example")

    deliver(Delivery(tmp_path / "second").add("customers", email="new@post.example"))

    customer = Customer.objects.get()
    assert customer.email == "new@post.example"
    assert customer.notice_address == "mine@post.example"


def test_a_changed_national_id_keeps_the_customer(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(one_home(tmp_path / "first"))
    before = Customer.objects.get().id

    deliver(
        Delivery(tmp_path / "second").add("customers", national_id=OLAS_NATIONAL_ID)
    )

    assert Customer.objects.by_national_id(KARIS_NATIONAL_ID) is None
    customer = Customer.objects.by_national_id(OLAS_NATIONAL_ID)
    assert customer is not None
    assert customer.id == before


def test_a_move_ends_one_holding_and_begins_the_next(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path / "first"))

    moved = Delivery(tmp_path / "second")
    moved.add("holdings", starts_on="2026-03-01", customer_number=OLA)
    moved.add("holdings", ends_on="2026-03-01")
    report = deliver(moved)

    assert counted(report)["holdings"] == (1, 1, 0, 0)
    held = Holding.objects.filter(metering_point__gsrn=POINT_A).order_by("starts_on")
    assert [(h.customer.customer_number, h.starts_on, h.ends_on) for h in held] == [
        (KARI, date(2020, 1, 1), date(2026, 3, 1)),
        (OLA, date(2026, 3, 1), None),
    ]


def test_a_meter_exchange_ends_one_installation_and_begins_the_next(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(one_home(tmp_path / "first"))

    exchanged = Delivery(tmp_path / "second").add("meters", serial=METER_B)
    exchanged.add("installations", ends_on="2026-03-01")
    exchanged.add("installations", starts_on="2026-03-01", serial=METER_B)
    report = deliver(exchanged)

    assert counted(report)["installations"] == (1, 1, 0, 0)
    assert (
        HanPort.objects.at_point(MeteringPoint.objects.get(), on=date(2026, 2, 28))
        .get()
        .meter.serial
        == METER_A
    )
    assert (
        HanPort.objects.at_point(MeteringPoint.objects.get(), on=date(2026, 3, 1))
        .get()
        .meter.serial
        == METER_B
    )


def test_two_points_that_were_mixed_up_swap_their_meters(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path / "first"))
    before = set(Installation.objects.values_list("id", flat=True))

    swapped = Delivery(tmp_path / "second")
    swapped.add("installations", serial=METER_B)
    swapped.add("installations", gsrn=POINT_B, serial=METER_A)
    report = deliver(swapped)

    assert counted(report)["installations"] == (0, 2, 0, 0)
    assert set(
        Installation.objects.values_list("id", "metering_point__gsrn", "meter__serial")
    ) == {
        (installation_id, gsrn, serial)
        for installation_id, gsrn, serial in zip(
            sorted(before), (POINT_A, POINT_B), (METER_B, METER_A), strict=True
        )
    }


def test_an_import_that_changed_something_is_in_the_log(
    deliver: Deliver, tmp_path: Path
) -> None:
    report = deliver(one_home(tmp_path))

    event = Event.objects.get(chain="register")
    assert (event.what, event.actor_kind, event.at) == (
        "register.imported",
        "register",
        NOW,
    )
    assert (event.subject_kind, event.subject_id) == ("register_import", report.id)
    assert event.facts == {
        name: {"new": 1, "changed": 0, "unchanged": 0, "rejected": 0}
        for name in HEADERS
    }


def test_an_import_that_changed_nothing_is_not_in_the_log(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(one_home(tmp_path))
    deliver(one_home(tmp_path))

    assert Event.objects.filter(chain="register").count() == 1


def test_byte_order_mark_quotes_spaces_and_column_order_are_fine(
    deliver: Deliver, tmp_path: Path
) -> None:
    folder = one_home(tmp_path).write()
    (folder / "metering_points.csv").write_text(
        "\ufeffcity,postal_code,active, gsrn ,street_address\r\n"
        f' Bø i Telemark ,"3800",yes,{POINT_A},"Gata ""Nye"", oppgang 2"\r\n\r\n',
        encoding="utf-8",
    )
    report = import_register(folder, now=NOW)

    assert counted(report)["metering_points"] == (1, 0, 0, 0)
    point = MeteringPoint.objects.get()
    assert str(point) == 'Gata "Nye", oppgang 2, 3800 Bø i Telemark'


def test_letters_of_two_code_points_are_the_same_letters(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(Delivery(tmp_path).add("metering_points", city="Åsgårdstrand"))
    report = deliver(
        Delivery(tmp_path / "again").add(
            "metering_points", city="A\u030asga\u030ardstrand"
        )
    )
    assert counted(report)["metering_points"] == (0, 0, 1, 0)


def test_a_backslash_is_a_backslash(deliver: Deliver, tmp_path: Path) -> None:
    deliver(Delivery(tmp_path).add("metering_points", street_address=r"C:\new\N"))

    assert MeteringPoint.objects.get().street_address == r"C:\new\N"


def test_ids_rise_with_the_lines(deliver: Deliver, tmp_path: Path) -> None:
    deliver(two_homes(tmp_path))

    by_id = MeteringPoint.objects.order_by("id")
    assert [point.gsrn for point in by_id] == [POINT_A, POINT_B]
    assert [(point.id.version, point.id.variant) for point in by_id] == [
        (7, "specified in RFC 4122")
    ] * 2


def test_progress_is_told_for_every_file(deliver: Deliver, tmp_path: Path) -> None:
    told: list[tuple[Stage, str, bool]] = []

    def progress(stage: Stage, file_name: str, done: int, total: int) -> None:
        told.append((stage, file_name, done == total))

    import_register(one_home(tmp_path).write(), now=NOW, progress=progress)

    finished = [(stage, name) for stage, name, is_done in told if is_done]
    names = [f"{name}.csv" for name in HEADERS]
    assert [name for stage, name in finished if stage is Stage.READ] == names
    assert [name for stage, name in finished if stage is Stage.MERGE] == names
    for name in names:
        merged = finished.index((Stage.MERGE, name))
        assert finished.index((Stage.READ, name)) < merged


def test_the_same_serial_from_two_makers_at_two_head_ends_is_two_meters(
    deliver: Deliver, tmp_path: Path
) -> None:
    make_head_end("kaifa")
    delivery = Delivery(tmp_path).add("meters", serial="007")
    delivery.add("meters", serial="007", manufacturer="Kaifa", head_end="kaifa")
    report = deliver(delivery)

    assert counted(report)["meters"] == (2, 0, 0, 0)
    assert HanPort.objects.count() == 2
