"""The demo shows the codes that the staff's apps would: nobody who tries it has one."""

import re

import pytest
import requests

from hanportal.demo.eid.codes import Worker, code_of
from tests.accounts.eid_server import running

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The key of RFC 6238's examples."""


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924")],
)
def test_the_codes_are_those_of_the_standard(at: float, code: str) -> None:
    assert code_of(SECRET, at=at) == code


def test_the_page_names_each_of_the_staff_beside_their_code() -> None:
    workers = [
        Worker(name="Anne Brekke", label="Agent", email="a@eksempel.no", secret=SECRET)
    ]
    with running(workers=workers) as provider:
        page = requests.get(f"{provider.options.issuer}/koder", timeout=10)

    assert re.findall(r"<strong>([^<]+)</strong>", page.text) == ["Anne Brekke"]
    assert len(re.findall(r"<code>\d{6}</code>", page.text)) == 1
    assert 1 <= int(page.headers["Refresh"]) <= 30


def test_without_staff_there_is_no_such_page() -> None:
    with running() as provider:
        page = requests.get(f"{provider.options.issuer}/koder", timeout=10)

    assert page.status_code == 404
