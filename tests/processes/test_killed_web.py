"""The portal is killed while an order is placed: it is there whole, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPException

import psycopg2
import pytest

from hanportal.demo.smoke.browser import Deviation
from hanportal.demo.smoke.world import wait_for
from tests.processes.box import Box
from tests.processes.ending import ADDRESS, COUNT_ORDERS, OUTSIDE, expect_open

pytestmark = pytest.mark.processes

CUT_OFF = (Deviation, HTTPException, OSError)
WAITING = """
    SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def test_an_order_whose_portal_is_killed_is_whole_or_not_there_and_can_be_repeated(
    box: Box,
) -> None:
    box.start(*OUTSIDE, "web")
    customer = box.visit(box.people()[0])
    card = customer.cards()[0]
    question = customer.answers_to_opening(card, email=ADDRESS)

    with ThreadPoolExecutor(1) as browser:
        # Before the commit: the serving process dies at a lock that somebody holds.
        with closing(psycopg2.connect(box.database_url)) as other, other:
            other.cursor().execute("LOCK TABLE orders_order IN SHARE MODE")
            pressed = browser.submit(customer.press, question)
            wait_for(
                "a wait", lambda: bool(box.ask_database(WAITING)) or None, seconds=30
            )
            box.kill_forked("web")
            assert isinstance(pressed.exception(timeout=30), CUT_OFF)
        wait_for("no wait", lambda: not box.ask_database(WAITING) or None, seconds=30)
        assert box.ask_database(COUNT_ORDERS) == [(0,)]

        # After the commit: all of it dies while the bell waits for a frozen broker.
        box.freeze("broker")
        pressed = browser.submit(customer.press, question)
        wait_for(
            "the commit",
            lambda: box.ask_database(COUNT_ORDERS) == [(1,)] or None,
            seconds=30,
        )
        box.kill("web")
        pressed.exception(timeout=30)
    box.thaw("broker")
    box.start("web")

    order = customer.press(question)
    box.start("worker", "beat")

    expect_open(box, customer, card, order=order.path)
