"""PostgreSQL crashes while a command is under way, and comes back."""

import signal

import pytest

from hanportal.demo.smoke.world import wait_for
from tests.processes.box import Box
from tests.processes.ending import ADDRESS, OUTSIDE, expect_open

pytestmark = pytest.mark.processes


def test_an_order_outlives_a_crash_of_the_database(crashing_box: Box) -> None:
    box = crashing_box
    box.start(*OUTSIDE, "web", "worker", "beat")
    customer = box.visit(box.people()[0])
    card = customer.cards()[0]
    box.plan_fault("F05", serial=card.serial, parameter="60")

    order = customer.press(customer.answers_to_opening(card, email=ADDRESS))
    wait_for("the call", lambda: box.faults_left() == [] or None, seconds=30)
    # What `pg_ctl stop --mode immediate` sends.
    database = box.children["database"]
    database.process.send_signal(signal.SIGQUIT)
    wait_for("the crash", lambda: database.has_ended() or None, seconds=30)
    assert customer.open(order.path).status == 500
    box.kill("database")
    box.launch("database", box.readiness["database"])
    box.wait_until_serving("database")

    expect_open(box, customer, card, order=order.path)
