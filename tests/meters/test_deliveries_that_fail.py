"""Deliveries that can't be used at all: told in a sentence, and nothing changes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from meters.models import MeteringPoint
from meters.register import RegisterUnusable, import_register
from meters.register.reading import LONGEST_LINE
from tests.meters.conftest import NOW
from tests.meters.deliveries import HEADERS, one_home

pytestmark = pytest.mark.usefixtures("head_end")


def refusal(folder: Path) -> str:
    """What the import says to this folder, with its path left out."""
    with pytest.raises(RegisterUnusable) as caught:
        import_register(folder, now=NOW)
    assert MeteringPoint.objects.count() == 0
    return str(caught.value).replace(str(folder), "FOLDER")


def test_missing_files(tmp_path: Path) -> None:
    folder = one_home(tmp_path).write()
    (folder / "meters.csv").unlink()
    (folder / "holdings.csv").unlink()

    assert refusal(folder) == (
        "FOLDER mangler meters.csv, holdings.csv. Lever alle filene sammen; "
        "en fil uten rader har bare overskriften."
    )


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere").startswith("FOLDER mangler metering_points")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "Mangler: gsrn, starts_on, ends_on, customer_number. Ukjent: –."),
        ("gsrn,starts_on,ends_on", "Mangler: customer_number. Ukjent: –."),
        (
            "gsrn,starts_on,ends_on,customer_number,remarks",
            "Mangler: –. Ukjent: remarks.",
        ),
        (
            "gsrn|starts_on|ends_on|customer_number",
            (
                "Mangler: gsrn, starts_on, ends_on, customer_number. "
                "Ukjent: «aaaa|aaaaaa_aa|aaaa_aa|aaaaaaa…»."
            ),
        ),
        (
            "06896100090,Kari,2020-01-01,K-1",
            (
                "Mangler: gsrn, starts_on, ends_on, customer_number. "
                "Ukjent: «99999999999», «Aaaa», «9999-99-99», «A-9»."
            ),
        ),
    ],
)
def test_another_header(tmp_path: Path, header: str, said: str) -> None:
    delivery = one_home(tmp_path)
    delivery.lines["holdings"] = [header]

    assert refusal(delivery.write()) == (
        f"holdings.csv har feil overskrift. {said} "
        f"Første linje skal være: {HEADERS['holdings']}"
    )


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("latin-1"),
        lambda text: text.replace("Oslo", "\udcf8").encode("utf-8", "surrogateescape"),
    ],
)
def test_not_utf_8(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    folder = one_home(tmp_path).add("metering_points", city="Tromsø").write()
    file = folder / "metering_points.csv"
    file.write_bytes(encode(file.read_text(encoding="utf-8")))

    said = refusal(folder)
    assert said.startswith("FOLDER/metering_points.csv, linje ")
    assert said.endswith("filen er ikke UTF-8. Lagre den som UTF-8 og lever på nytt.")


def test_utf_16_is_not_utf_8(tmp_path: Path) -> None:
    folder = one_home(tmp_path).write()
    file = folder / "customers.csv"
    file.write_text(file.read_text(encoding="utf-8"), encoding="utf-16")

    assert refusal(folder) == (
        "FOLDER/customers.csv, linje 1: filen er ikke UTF-8. "
        "Lagre den som UTF-8 og lever på nytt."
    )


def test_a_file_without_lines(tmp_path: Path) -> None:
    folder = one_home(tmp_path).write()
    with (folder / "meters.csv").open("a") as file:
        file.write("x" * (LONGEST_LINE + 1))

    assert refusal(folder) == (
        "FOLDER/meters.csv, linje 3: linjen er lengre enn noen rad kan være. "
        "Er dette riktig fil, med linjeskift mellom radene?"
    )
