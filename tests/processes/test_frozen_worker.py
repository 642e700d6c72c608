"""A worker that stands still past its lease, comes back and finds its work done."""

import pytest

from hanportal.demo.smoke.world import wait_for
from tests.processes.box import Box
from tests.processes.ending import ADDRESS, OUTSIDE, expect_open

pytestmark = pytest.mark.processes

NOT_ANSWERED = "SELECT 1 FROM orders_exchange WHERE answered_at IS NULL"


def test_a_worker_that_comes_back_late_changes_nothing_and_two_beats_do_no_harm(
    box: Box,
) -> None:
    box.start(*OUTSIDE, "web", "beat", "worker")
    box.start_second("beat")
    customer = box.visit(box.people()[0])
    card = customer.cards()[0]
    box.plan_fault("F04", serial=card.serial, parameter="60")

    order = customer.press(customer.answers_to_opening(card, email=ADDRESS))
    wait_for("the call", lambda: box.faults_left() == [] or None, seconds=30)
    box.freeze("worker")
    box.start_second("worker")
    box.kill("beat")
    expect_open(box, customer, card, order=order.path)
    assert box.ask_database(NOT_ANSWERED) == [(1,)]

    box.thaw("worker")
    wait_for(
        "the late settling",
        lambda: not box.ask_database(NOT_ANSWERED) or None,
        seconds=30,
    )
    expect_open(box, customer, card, order=order.path)
