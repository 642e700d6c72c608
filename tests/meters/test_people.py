"""Deaths and representations in a delivery: what lands, what is refused, what stays."""

from datetime import date
from pathlib import Path

import pytest

from hanportal.accounts.models import Customer, CustomerKind, Representation
from hanportal.accounts.sealing import national_id_hashes
from hanportal.audit.models import Event
from meters.register import ImportReport, RegisterUnusable, import_register
from tests.meters.conftest import NOW, Deliver
from tests.meters.deliveries import (
    KARI,
    KARIS_NATIONAL_ID,
    OLAS_NATIONAL_ID,
    ORGANISATION_NUMBER,
    Delivery,
    one_home,
)

HEADER = (
    "representation_number,customer_number,ground,name,national_id,email,phone,"
    "evidence,starts_on,ends_on"
)
VERA = OLAS_NATIONAL_ID
TODAY = date(2026, 11, 23)
RIGHT = {
    "representation_number": "R-1",
    "customer_number": KARI,
    "ground": "guardian",
    "name": "Vera Verge",
    "national_id": VERA,
    "email": "vera@post.example",
    "phone": "+4799100009",
    "evidence": "2025/4711",
    "starts_on": "2025-01-01",
    "ends_on": "",
}


def with_rights(delivery: Delivery, *rights: dict[str, str]) -> Delivery:
    """The delivery with the optional file beside the five."""
    delivery.lines["representations"] = [
        HEADER,
        *(",".join((RIGHT | right).values()) for right in rights),
    ]
    return delivery


def with_deaths(delivery: Delivery, *died_on: str) -> Delivery:
    """The delivery with the optional column in customers.csv."""
    header, *rows = delivery.lines["customers"]
    delivery.lines["customers"] = [
        f"{header},died_on",
        *(f"{row},{died}" for row, died in zip(rows, died_on, strict=True)),
    ]
    return delivery


def a_business(delivery: Delivery) -> Delivery:
    return delivery.add(
        "customers",
        customer_number="B-1",
        kind="organisation",
        name="Bakeriet AS",
        national_id="",
        organisation_number=ORGANISATION_NUMBER,
    )


def refusals(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(r.line, r.column, r.reason.value) for r in report.rejections]


def counts(report: ImportReport, file: str) -> tuple[int, int, int, int]:
    c = report.counts[f"{file}.csv"]
    return c.new, c.changed, c.unchanged, c.rejected


def events(*whats: str) -> list[str]:
    return list(
        Event.objects.filter(what__in=whats)
        .order_by("sequence")
        .values_list("what", flat=True)
    )


def test_a_guardian_lands_and_is_found_by_the_number(
    deliver: Deliver, tmp_path: Path
) -> None:
    report = deliver(with_rights(one_home(tmp_path), {}))

    assert counts(report, "representations") == (1, 0, 0, 0)
    (held,) = Representation.objects.held_by(national_id_hashes(VERA), on=TODAY)
    assert held.represented == Customer.objects.get(customer_number=KARI)
    assert (held.source, held.number, held.name) == ("register", "R-1", "Vera Verge")
    assert held.open_national_id() == VERA
    assert held.id.version == 7
    assert events("representation.registered") == ["representation.registered"]


def test_the_same_again_changes_nothing_and_tells_nothing(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(with_rights(one_home(tmp_path / "a"), {}))

    report = deliver(with_rights(one_home(tmp_path / "b"), {}))

    assert counts(report, "representations") == (0, 0, 1, 0)
    assert len(events("representation.registered", "representation.changed")) == 1


def test_a_delivery_without_the_file_leaves_them(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(with_rights(one_home(tmp_path / "a"), {}))

    report = import_register(one_home(tmp_path / "b").write_complete(), now=NOW)

    assert "representations.csv" not in report.counts
    assert Representation.objects.current(on=TODAY).count() == 1


def test_the_register_ends_what_it_registered(deliver: Deliver, tmp_path: Path) -> None:
    deliver(with_rights(one_home(tmp_path / "a"), {}))

    report = deliver(
        with_rights(one_home(tmp_path / "b"), {"ends_on": TODAY.isoformat()})
    )

    assert counts(report, "representations") == (0, 1, 0, 0)
    assert not Representation.objects.current(on=TODAY).exists()
    assert events("representation.changed") == ["representation.changed"]


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"ground": "estate"}, "representation_number", "edited"),
        ({"national_id": KARIS_NATIONAL_ID}, "national_id", "represents_self"),
        ({"starts_on": "2025-02-01"}, "representation_number", "edited"),
        ({"evidence": "2026/1"}, "representation_number", "edited"),
    ],
)
def test_what_is_registered_is_never_edited(
    deliver: Deliver,
    tmp_path: Path,
    change: dict[str, str],
    column: str,
    reason: str,
) -> None:
    deliver(with_rights(one_home(tmp_path / "a"), {}))

    report = deliver(with_rights(one_home(tmp_path / "b"), change))

    assert refusals(report) == [(2, column, reason)]
    assert Representation.objects.get().ground == "guardian"


@pytest.mark.parametrize(
    ("bad", "column", "reason"),
    [
        ({"customer_number": "K-9"}, "customer_number", "unknown_reference"),
        ({"ground": "business"}, "ground", "ground_unfit"),
        ({"ground": "delegate"}, "ground", "choice"),
        ({"national_id": "13858300083"}, "national_id", "national_id"),
        ({"national_id": ""}, "national_id", "missing"),
        ({"evidence": ""}, "evidence", "missing"),
        ({"ends_on": "2025-01-01"}, "ends_on", "empty_period"),
        ({"customer_number": "B-1"}, "ground", "ground_unfit"),
        ({"representation_number": "R-1"}, "representation_number", "duplicate"),
    ],
)
def test_a_bad_row_is_refused_and_the_good_one_lands(
    deliver: Deliver, tmp_path: Path, bad: dict[str, str], column: str, reason: str
) -> None:
    delivery = a_business(one_home(tmp_path))
    second = {"representation_number": "R-2"} | bad

    report = deliver(with_rights(delivery, {}, second))

    assert refusals(report) == [(3, column, reason)]
    assert VERA not in str(report.rejections)
    assert Representation.objects.get().number == "R-1"


def test_somebody_acts_for_a_business(deliver: Deliver, tmp_path: Path) -> None:
    delivery = a_business(one_home(tmp_path))

    deliver(with_rights(delivery, {"customer_number": "B-1", "ground": "business"}))

    (held,) = Representation.objects.held_by(national_id_hashes(VERA), on=TODAY)
    assert held.represented.kind == CustomerKind.ORGANISATION


def test_a_complete_delivery_counts_the_optional_file_where_it_is(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(one_home(tmp_path / "a"))
    whole = with_rights(one_home(tmp_path / "b"), {}).write_complete()
    report = import_register(whole, now=NOW)
    assert counts(report, "representations") == (1, 0, 0, 0)

    short = with_rights(one_home(tmp_path / "c"), {})
    with pytest.raises(RegisterUnusable, match=r"representations\.csv har 1 rader"):
        import_register(short.write_complete(representations=2), now=NOW)


def test_a_death_lands_with_its_event(deliver: Deliver, tmp_path: Path) -> None:
    deliver(one_home(tmp_path / "a"))

    report = deliver(with_deaths(one_home(tmp_path / "b"), "2026-11-20"))

    assert counts(report, "customers") == (0, 1, 0, 0)
    assert Customer.objects.get().died_on == date(2026, 11, 20)
    assert list(Customer.objects.died_by(TODAY)) == [Customer.objects.get()]
    assert events("customer.died") == ["customer.died"]


def test_a_death_beside_another_change_is_one_changed_row(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(one_home(tmp_path / "a"))
    changed = Delivery(tmp_path / "b").add("customers", phone="+4799100002")

    report = deliver(with_deaths(changed, "2026-11-20"))

    assert counts(report, "customers") == (0, 1, 0, 0)


def test_a_new_customer_may_be_dead(deliver: Deliver, tmp_path: Path) -> None:
    report = deliver(with_deaths(one_home(tmp_path), "2026-11-20"))

    assert counts(report, "customers") == (1, 0, 0, 0)
    assert Customer.objects.get().died_on == date(2026, 11, 20)


def test_an_empty_cell_and_an_old_header_say_nothing_of_a_death(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(with_deaths(one_home(tmp_path / "a"), "2026-11-20"))

    for folder, delivery in (
        ("b", with_deaths(one_home(tmp_path / "b"), "")),
        ("c", one_home(tmp_path / "c")),
    ):
        report = deliver(delivery)
        assert counts(report, "customers") == (0, 0, 1, 0), folder
    assert Customer.objects.get().died_on == date(2026, 11, 20)


def test_no_business_dies(deliver: Deliver, tmp_path: Path) -> None:
    delivery = a_business(Delivery(tmp_path))

    report = deliver(with_deaths(delivery, "2026-11-20"))

    assert refusals(report) == [(2, "died_on", "not_for_this_kind")]


def test_the_optional_column_stands_anywhere(deliver: Deliver, tmp_path: Path) -> None:
    delivery = one_home(tmp_path)
    header, row = delivery.lines["customers"]
    delivery.lines["customers"] = [f"died_on,{header}", f"2026-11-20,{row}"]

    deliver(delivery)

    assert Customer.objects.get().died_on == date(2026, 11, 20)
