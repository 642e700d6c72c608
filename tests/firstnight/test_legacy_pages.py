"""Everybody who sees a consent from before the portal sees it for what it is."""

import json
from pathlib import Path

import pytest
import time_machine
from django.test import Client

from hanportal.accounts.models import Role
from hanportal.oversight.exporting import as_csv, as_json_lines
from hanportal.oversight.filters import Filters
from hanportal.oversight.register import row_of
from hanportal.oversight.story import story_of
from orders.models import Consent, Order
from tests.accounts.staff import logged_in, make_staff
from tests.console.desk import Desk, an_agent
from tests.firstnight.past import Past, bring_in_consent
from tests.minside.conftest import LogIn, log_in
from tests.orders.world import NOW, World

__all__ = ["log_in"]


@pytest.fixture
def legacy(world: World, tmp_path: Path) -> Consent:
    """The customer consented on the telephone in 2021, and the port is open."""
    bring_in_consent(tmp_path, world)
    return Consent.objects.get()


def page(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@time_machine.travel(NOW, tick=False)
def test_min_side_tells_what_is_known_and_no_more(
    world: World, legacy: Consent, log_in: LogIn
) -> None:
    shown = page(log_in(world.customer), "/min-side/")

    assert "Porten er registrert som åpen" in shown
    assert "Måleren har ikke bekreftet det ennå." in shown
    assert "bekreftet av måleren" not in shown
    assert "registrert før portalen, dokumentert ved samtale med kundesenteret" in shown
    assert "mandag 1. mars 2021" in shown
    assert legacy.legacy_evidence in shown
    assert "Vi har ikke noe samtykke fra deg" not in shown


@time_machine.travel(NOW, tick=False)
def test_min_side_tells_of_no_new_meter_where_a_port_was_closed_all_along(
    world: World, tmp_path: Path, log_in: LogIn
) -> None:
    Past(tmp_path).add("consents").add("ports", state="closed").bring_in()

    shown = page(log_in(world.customer), "/min-side/")

    assert "Porten er registrert som stengt" in shown
    assert "Måleren er byttet" not in shown
    assert "Vi åpner porten" not in shown
    assert "Gi et nytt samtykke" in shown


@time_machine.travel(NOW, tick=False)
def test_min_side_says_that_an_exposed_port_has_no_consent(
    world: World, tmp_path: Path, log_in: LogIn
) -> None:
    Past(tmp_path).add("ports").bring_in()

    shown = page(log_in(world.customer), "/min-side/")

    assert "Vi har ikke noe samtykke fra deg for denne porten." in shown


@time_machine.travel(NOW, tick=False)
def test_the_customer_closes_with_one_click(
    world: World, legacy: Consent, log_in: LogIn
) -> None:
    browser = log_in(world.customer)
    close = f"/min-side/malepunkt/{world.point.id}/steng/"
    assert close in page(browser, "/min-side/")

    browser.post(close)

    legacy.refresh_from_db()
    assert not legacy.is_active
    order = Order.objects.get()
    assert page(browser, f"/min-side/bestilling/{order.id}/")
    receipt = browser.get(f"/min-side/bestilling/{order.id}/kvittering.pdf")
    assert receipt.status_code == 200


@time_machine.travel(NOW, tick=False)
def test_the_customer_is_led_to_a_proper_consent(
    world: World, legacy: Consent, log_in: LogIn
) -> None:
    browser = log_in(world.customer)
    opening = f"/min-side/malepunkt/{world.point.id}/apne/"
    assert f'href="{opening}"' in page(browser, "/min-side/")
    assert "Dette kan måleren din" in page(browser, opening)

    order = world.order_opening()

    assert order.consent is not None
    assert legacy.legacy_evidence not in page(browser, "/min-side/")


@time_machine.travel(NOW, tick=False)
def test_the_customer_centre_sees_it_and_may_order_anew(
    world: World, legacy: Consent
) -> None:
    desk = Desk(agent=an_agent(), customer=world.customer)
    desk.log_in()

    shown = " ".join(desk.get(desk.caller).split())

    assert (
        "mandag 1. mars 2021</time>, registrert før portalen, dokumentert ved" in shown
    )
    assert "fra registeret, ikke bekreftet av måleren" in shown
    desk.pass_control()
    shown = desk.get(desk.caller)
    assert "Bestill åpning" in shown
    assert "Steng porten" in shown


@time_machine.travel(NOW, tick=False)
def test_oversight_reads_its_story_without_terms(world: World, legacy: Consent) -> None:
    auditor = logged_in(make_staff("rita", Role.AUDITOR))

    listed = page(auditor, "/innsyn/")
    story = page(auditor, f"/innsyn/samtykke/{legacy.id}/")

    assert "Registrert før portalen" in listed
    assert "Ikke kjent" in listed
    assert "<dt>Arkivreferanse</dt><dd>ARK-2021/0017</dd>" in story
    assert "Hvilke vilkår samtykket ble gitt til, er ikke kjent." in story
    assert "Samtykket ble hentet inn fra før portalen" in story
    assert "Samtykket sier det samme som hendelsen" in story
    assert "Teksten er endret" not in story
    found = page(auditor, "/innsyn/?channel=legacy")
    assert legacy.receipt_number in found


def test_a_row_that_was_changed_contradicts_the_log(
    world: World, legacy: Consent
) -> None:
    legacy.legacy_method = "email"

    assert story_of(legacy).contradictions == ("method",)


def test_the_export_holds_its_evidence(world: World, legacy: Consent) -> None:
    rows = [row_of(c) for c in Filters().of(Consent.objects.for_the_register())]

    (line,) = as_json_lines(rows)
    told = json.loads(line)
    assert (told["dokumentert_ved"], told["arkivreferanse"], told["vilkar"]) == (
        "samtale med kundesenteret",
        "ARK-2021/0017",
        "",
    )
    assert len(list(as_csv(rows))) == 2
