"""The receipt is a PDF that can be kept, read aloud, and made without fetching."""

import io
import re

import pikepdf
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from weasyprint.urls import URLFetcherResponse

from hanportal.minside.pdf import InMemory, NotInMemory, as_pdf
from orders.models import Order
from tests.minside.conftest import LogIn
from tests.orders.world import World, a_customer

MOST_QUERIES = 8
MAPPING = re.compile(rb"<([0-9a-f]+)> <([0-9a-f]+)>", re.IGNORECASE)


def path_of(order: Order) -> str:
    return f"/min-side/bestilling/{order.id}/kvittering.pdf"


def receipt(client: Client, order: Order) -> pikepdf.Pdf:
    answer = client.get(path_of(order))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return pikepdf.open(io.BytesIO(answer.content))


def signs_of(font: pikepdf.Object) -> dict[int, str]:
    """What a reader's software finds behind each glyph of a font."""
    table = font.ToUnicode.read_bytes()
    ranges = table[table.index(b"beginbfchar") :]
    return {
        int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in MAPPING.findall(ranges)
    }


def text_of(pdf: pikepdf.Pdf) -> str:
    """The text that can be copied out of the document, without blanks."""
    found: list[str] = []
    for page in pdf.pages:
        fonts = {key: signs_of(font) for key, font in page.Resources.Font.items()}
        signs: dict[int, str] = {}
        for step in pikepdf.parse_content_stream(page):
            operands, operator = step.operands, str(step.operator)
            if operator == "Tf":
                signs = fonts[str(operands[0])]
            elif operator in {"TJ", "Tj"}:
                shown = operands[0] if operator == "TJ" else operands
                for part in shown:
                    if isinstance(part, pikepdf.String):
                        codes = bytes(part)
                        pairs = zip(codes[::2], codes[1::2], strict=True)
                        found += [signs[high << 8 | low] for high, low in pairs]
    return "".join("".join(found).split())


def test_it_is_tagged_and_says_its_language_title_and_standard(
    world: World, kari: Client
) -> None:
    order = world.order_opening()
    pdf = receipt(kari, order)
    title = f"Kvittering {order.placement.reference} – Fjordnett"
    assert bool(pdf.Root.MarkInfo.Marked) is True
    assert "/StructTreeRoot" in pdf.Root
    assert str(pdf.Root.Lang) == "nb"
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == title


def test_it_holds_what_was_ordered_and_agreed_as_text(
    world: World, kari: Client
) -> None:
    order = world.order_opening()
    assert order.consent is not None
    assert order.consent.terms is not None
    text = text_of(receipt(kari, order))
    for told in (
        order.placement.reference,
        order.consent.receipt_number,
        order.consent.terms.sha256,
        "Storgata 1, 0155 Oslo",
        "torsdag 8. oktober 2026",
        "Måleren står inne i boligen",
        *(statement["text"] for statement in world.terms.statements),
        world.terms.body.split("\n\n")[-1].strip(),
    ):
        assert "".join(told.split()) in text


def test_it_embeds_the_portals_own_font(world: World, kari: Client) -> None:
    pdf = receipt(kari, world.order_opening())
    names = {
        str(font.BaseFont).partition("+")[2]
        for page in pdf.pages
        for font in page.Resources.Font.values()
    }
    assert {name.partition("-")[0] for name in names} == {"Inter"}


def test_a_closing_has_a_receipt_too(world: World, kari: Client) -> None:
    world.order_opening()
    closing = world.order_closing()
    text = text_of(receipt(kari, closing))
    assert "BestillingavstengingavHAN-porten" in text


def test_it_speaks_the_readers_language(world: World, kari: Client) -> None:
    order = world.order_opening()
    kari.cookies["django_language"] = "en"
    pdf = receipt(kari, order)
    assert str(pdf.Root.Lang) == "en"
    assert "OrdertoopentheHANport" in text_of(pdf)


def test_other_peoples_receipts_do_not_exist(world: World, log_in: LogIn) -> None:
    order = world.order_opening()
    stranger = log_in(a_customer("K2", national_id="01908000249"))
    assert stranger.get(path_of(order)).status_code == 404
    assert Client().get(path_of(order)).status_code == 302


def test_the_order_page_links_to_it(world: World, kari: Client) -> None:
    order = world.order_opening()
    page = kari.get(f"/min-side/bestilling/{order.id}/").content.decode()
    assert f'href="{path_of(order)}"' in page


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/a.png",
        "https://example.com/a.css",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "data:text/css,p{}",
        "font:other",
    ],
)
def test_nothing_outside_the_page_is_fetched(address: str) -> None:
    with pytest.raises(NotInMemory):
        InMemory().fetch(address)


def test_a_page_that_asks_for_a_file_is_made_without_it() -> None:
    asked = '<html lang="nb"><title>t</title><img alt="" src="file:///etc/passwd">hei'
    assert as_pdf(asked).startswith(b"%PDF-1.7")


def test_the_portals_font_is_handed_out() -> None:
    font = InMemory().fetch("font:inter")
    assert isinstance(font, URLFetcherResponse)
    assert font.read()[:4] == b"wOF2"


def test_the_receipt_keeps_its_query_budget(
    world: World,
    kari: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    order = world.order_opening()
    with django_assert_max_num_queries(MOST_QUERIES):
        kari.get(path_of(order))
