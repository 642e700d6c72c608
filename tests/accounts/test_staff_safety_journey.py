"""What keeps staff safe, in a browser: confirming, resets, sessions, company login.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from hanportal.accounts import actions
from hanportal.accounts.models import Role, StaffSession
from hanportal.accounts.password_codes import password_code
from hanportal.accounts.staff_sessions import SECOND_FACTOR_KEY
from hanportal.demo.eid.provider import Provider
from tests.accounts.people import KARI
from tests.accounts.staff import logged_in, make_staff
from tests.accounts.test_staff_journey import give_password, stage
from tests.accounts.test_staff_login import PASSWORD, code_at
from tests.minside.test_journey import (
    Stage,
    _orm_beside_an_event_loop,
    browser_context_args,
    browser_type_launch_args,
)

__all__ = [
    "_orm_beside_an_event_loop",
    "browser_context_args",
    "browser_type_launch_args",
    "stage",
]

pytestmark = pytest.mark.browser

NEXT_CODE = timedelta(seconds=30)


def grow_old(stage: Stage) -> None:
    """The second factor was given an hour ago, and pages were opened since."""
    [newest] = StaffSession.objects.order_by("-began_at")[:1]
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    store = SessionStore(session_key=newest.session_key)
    kept = store[SECOND_FACTOR_KEY]
    store[SECOND_FACTOR_KEY] = {**kept, "at": hour_ago.isoformat()}
    store.save()


def test_grave_things_are_confirmed_and_a_reset_takes_two(stage: Stage) -> None:
    page = stage.page
    now = datetime.now(UTC)
    agnes = make_staff("agnes", Role.AGENT)
    second = make_staff("second", Role.ADMINISTRATOR)
    page.goto(f"{stage.address}/ansatt/personer/{agnes.id}/")
    give_password(stage, "boss@fjordnett.example")
    page.get_by_label("Kode").fill(code_at(now))
    stage.press("Logg inn")
    stage.heading("Agnes")
    grow_old(stage)

    page.get_by_label("Gi en rolle").select_option("Revisor")
    stage.press("Gi rollen")
    stage.heading("Bekreft at det fortsatt er deg")
    expect(page.get_by_text("Du var i ferd med å gi en rolle.")).to_be_visible()
    stage.look("80-staff-step-up")
    page.get_by_label("Kode").fill(code_at(datetime.now(UTC) + NEXT_CODE))
    stage.press("Bekreft")
    stage.heading("Takk. Vil du fortsette?")
    stage.look("81-staff-continue")
    stage.press("Ja, fortsett")
    stage.heading("Agnes")
    expect(page.get_by_text("Revisor", exact=True).first).to_be_visible()

    stage.press("Be om ny innlogging")
    expect(page.get_by_text("Boss ba om ny innlogging")).to_be_visible()
    stage.look("82-staff-reset-asked")
    stage.press("Stopp den nye innloggingen")
    expect(page.get_by_text("Boss ba om ny innlogging")).to_have_count(0)
    actions.ask_for_reset(user=agnes, administrator=second, now=datetime.now(UTC))
    stage.press("Alle ansatte")
    stage.look("83-staff-people-waiting")
    page.get_by_role("link", name="Ny innlogging for Agnes").click()
    stage.look("84-staff-reset-to-approve")
    stage.press("Godkjenn ny innlogging")
    expect(page.get_by_text("Second ba om ny innlogging")).to_have_count(0)

    assert stage.complaints == []


def test_one_sees_where_one_is_logged_in_and_what_is_afoot(stage: Stage) -> None:
    page = stage.page
    now = datetime.now(UTC)
    page.goto(f"{stage.address}/ansatt/sikkerhet/")
    give_password(stage, "boss@fjordnett.example")
    page.get_by_label("Kode").fill(code_at(now))
    stage.press("Logg inn")
    boss = StaffSession.objects.get().user
    logged_in(boss, device="Safari på iPhone", at=now - timedelta(hours=2))
    second = make_staff("second", Role.ADMINISTRATOR)
    actions.ask_for_reset(user=boss, administrator=second, now=now)

    page.reload()
    expect(page.get_by_text("Chrome på Linux")).to_be_visible()
    stage.look("85-staff-sessions")
    stage.press("Logg ut alle andre steder")
    expect(page.get_by_text("Safari på iPhone")).to_have_count(0)
    stage.press("Stopp den nye innloggingen")
    expect(page.get_by_text("Second har bedt om")).to_have_count(0)

    stage.press("Bytt passord")
    stage.heading("Bytt passord")
    page.get_by_label("Passordet du har nå").fill(PASSWORD)
    page.get_by_label("Nytt passord").fill("kort")
    stage.press("Bytt passord")
    stage.look("90-staff-change-password")
    page.get_by_label("Passordet du har nå").fill(PASSWORD)
    page.get_by_label("Nytt passord").fill(f"{PASSWORD} igjen")
    stage.press("Bytt passord")
    stage.heading("Passordet er byttet")
    stage.look("91-staff-password-changed")
    stage.press("Logg inn med det nye")
    give_password(stage, "boss@fjordnett.example", f"{PASSWORD} igjen")
    stage.heading("Bekreft at det er deg")

    assert stage.complaints == []


def test_the_companys_login_is_bound_and_then_opens(
    stage: Stage, company_with: Callable[..., Provider], settings: Settings
) -> None:
    page = stage.page
    company = company_with(
        redirect_uris=frozenset({f"{stage.address}/ansatt/logg-inn/firma/retur/"})
    )
    settings.PORTAL_BASE_URL = stage.address
    policy = deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"].append(company.options.issuer)
    settings.CONTENT_SECURITY_POLICY = policy
    bodil = make_staff("bodil", Role.AUDITOR)

    page.goto(f"{stage.address}/ansatt/logg-inn/")
    stage.look("86-staff-login-with-company")
    stage.press("Logg inn med firmainnloggingen")
    stage.press("Avbryt")
    stage.heading("Du avbrøt innloggingen")
    stage.look("87-staff-company-refused")
    stage.press("Prøv igjen")
    stage.press("Logg inn med firmainnloggingen")
    page.get_by_role("button", name=KARI.name).click()
    stage.heading("Koble til firmainnloggingen")
    stage.look("88-staff-company-bind")
    page.get_by_label("E-postadresse").fill(bodil.email)
    page.get_by_label("Engangskode").fill(password_code(bodil))
    stage.press("Koble til")
    stage.heading("Hva skal du gjøre?")
    page.goto(f"{stage.address}/ansatt/sikkerhet/")
    grow_old(stage)
    stage.press("Lag nye gjenopprettingskoder")
    stage.heading("Bekreft at det fortsatt er deg")
    stage.look("89-staff-step-up-with-company")
    stage.press("Bekreft med firmainnloggingen")
    page.get_by_role("button", name=KARI.name).click()
    stage.press("Ja, fortsett")
    stage.heading("Gjenopprettingskodene dine")

    assert stage.complaints == []
