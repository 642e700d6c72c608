"""One code of an app, given in several browsers at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

from django.db import connection

from hanportal.accounts.actions import add_app
from hanportal.accounts.models import Role
from hanportal.accounts.staff_login import Origin, spend_code
from tests.accounts.staff import make_staff
from tests.accounts.test_staff_login import SECRET, code_at

BROWSERS = 6


def test_a_code_opens_one_browser(committed_database: str) -> None:
    now = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
    user = make_staff("agnes", Role.AGENT)
    add_app(user=user, secret=SECRET, now=now)
    together = Barrier(BROWSERS)

    def give_code(number: int) -> str | None:
        origin = Origin(address=f"192.0.2.{number}", device=None)
        together.wait(timeout=10)
        try:
            return spend_code(user, code_at(now), origin=origin, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(BROWSERS) as pool:
        opened = list(pool.map(give_code, range(BROWSERS)))

    assert sorted(opened, key=str) == [None] * (BROWSERS - 1) + ["totp"]
