"""A worker that is killed in the middle of an order, and started again."""

import pytest

from hanportal.demo.smoke.world import wait_for
from tests.processes.box import Box
from tests.processes.ending import ADDRESS, OUTSIDE, expect_open

pytestmark = pytest.mark.processes

EVERYTHING = (*OUTSIDE, "web", "beat")


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(["F04"], id="the command never reached the meter"),
        pytest.param(["F05", "F23"], id="the meter obeyed and nobody was told"),
    ],
)
def test_a_worker_killed_while_it_sends_leaves_an_order_that_ends_in_open(
    box: Box, faults: list[str]
) -> None:
    box.start(*EVERYTHING, "worker")
    customer = box.visit(box.people()[0])
    card = customer.cards()[0]
    for fault in faults:
        box.plan_fault(fault, serial=card.serial, parameter="60")

    order = customer.press(customer.answers_to_opening(card, email=ADDRESS))
    wait_for("the call", lambda: box.faults_left() == [] or None, seconds=30)
    box.kill("worker")
    box.start("worker")

    expect_open(box, customer, card, order=order.path)


def test_an_order_placed_while_nobody_works_is_done_when_they_are_back(
    box: Box,
) -> None:
    box.start(*(name for name in EVERYTHING if name != "beat"))
    customer = box.visit(box.people()[0])
    card = customer.cards()[0]

    order = customer.press(customer.answers_to_opening(card, email=ADDRESS))
    box.kill("web")
    box.start("web", "worker", "beat")

    expect_open(box, customer, card, order=order.path)
