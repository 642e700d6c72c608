"""Two windows make the same person's first login at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from allauth.socialaccount.models import SocialAccount
from django.db import connection

from hanportal.accounts.models import User
from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import Browser
from tests.accounts.people import KARI, make_customer

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

WINDOWS = 4


def test_first_logins_at_once_make_one_user(
    committed_database: str, eid: Provider
) -> None:
    make_customer(KARI)
    windows = [Browser() for _ in range(WINDOWS)]
    answers = [window.answer_for(KARI) for window in windows]
    together = Barrier(WINDOWS)

    def come_back(window: Browser, answer: str) -> "Response":
        together.wait(timeout=10)
        try:
            return window.come_back(answer)
        finally:
            connection.close()

    with ThreadPoolExecutor(WINDOWS) as pool:
        responses = list(pool.map(come_back, windows, answers))

    assert [response["Location"] for response in responses] == ["/min-side/"] * WINDOWS
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 1)
