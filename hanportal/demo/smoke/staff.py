"""Somebody on the staff logs in with both factors, over HTTP only."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

from hanportal.demo.smoke.browser import Browser, Deviation, Page, expect

STEP_SECONDS = 30


class StaffMember(NamedTuple):
    """Somebody who works here, with both factors."""

    email: str
    password: str
    totp_secret: str
    """Base32, as an authenticator app takes it."""


def staff_in(file: Path) -> dict[str, StaffMember]:
    """The demo's staff, by role."""
    return {
        each["role"]: StaffMember(each["email"], each["password"], each["totp_secret"])
        for each in json.loads(file.read_text(encoding="utf-8"))
    }


def one_time_code(secret: str, *, at: float) -> str:
    """The six digits that an authenticator app shows at a moment (RFC 6238)."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    counter = int(at // STEP_SECONDS).to_bytes(8, "big")
    digest = hmac.new(key, counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def log_in(browser: Browser, portal: str, member: StaffMember, *, home: str) -> Page:
    """Password, then the code of the authenticator app; the page at home.

    :param home: the path of the first page of this person's work.
    :raises Deviation: one of the pages is not what it should be.
    """
    address = urljoin(portal, home)
    page = browser.get(address)
    expect(f"{home} asks who I am", actual=page.status, expected=200)
    password = page.form("//main//form[.//input[@type='password']]")
    second = browser.submit(
        password.filled(email=member.email, password=member.password)
    )
    if browser.get(address).path == home:
        raise Deviation(f"The password alone opens {home}.")
    code = one_time_code(member.totp_secret, at=time.time())
    form = second.form("//main//form[.//input[@name='code']]")
    inside = browser.submit(form.filled(code=code))
    expect("after both factors", actual=inside.path, expected=home)
    return inside
