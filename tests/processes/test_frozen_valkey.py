"""Broker and cache stand still, or forget: orders are taken and done all the same."""

import time

import pytest

from hanportal.demo.smoke import staff
from hanportal.demo.smoke.browser import Browser
from hanportal.demo.stack.layout import HOST
from hanportal.demo.stack.staff import STAFF
from tests.processes.box import Box
from tests.processes.ending import ADDRESS, OUTSIDE, expect_open

pytestmark = pytest.mark.processes

QUICK_SECONDS = 4
"""Two bells of at most a second each, and the work itself on a machine that is busy."""


def test_orders_are_taken_quickly_and_done_without_broker_and_cache(box: Box) -> None:
    box.start(*OUTSIDE, "web")
    customer = box.visit(box.people()[0])
    card = customer.cards()[0]

    box.freeze("cache")
    question = customer.answers_to_opening(card, email=ADDRESS)
    clerk = STAFF[0]
    member = staff.StaffMember(clerk.email, clerk.password, clerk.totp_secret)
    portal = f"http://{HOST}:{box.ports.web}"
    staff.log_in(Browser(), portal, member, home="/kundesenter/")
    box.freeze("broker")
    began = time.monotonic()
    order = customer.press(question)
    assert time.monotonic() - began < QUICK_SECONDS
    box.thaw("broker")
    box.start("worker", "beat")

    expect_open(box, customer, card, order=order.path)


def test_bells_that_the_broker_forgot_are_not_missed(box: Box) -> None:
    box.start(*OUTSIDE, "web")
    customer = box.visit(box.people()[0])
    card = customer.cards()[0]

    order = customer.press(customer.answers_to_opening(card, email=ADDRESS))
    assert box.broker.llen("dispatch") == 1
    box.broker.flushall()
    box.start("worker", "beat")

    expect_open(box, customer, card, order=order.path)
