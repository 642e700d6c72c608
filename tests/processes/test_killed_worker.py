"""A worker that is killed in the middle of an order, and started again."""

import pytest

from hanportal.demo.smoke.minside import order_status
from hanportal.demo.smoke.world import wait_for
from tests.processes.box import Box

pytestmark = pytest.mark.processes

EVERYTHING = ("head_end_simulator", "eid_provider", "mail_server", "web", "beat")
ADDRESS = "kari@example.no"
TOLD_ONCE = ["Vi har fått bestillingen: HAN-porten åpnes", "HAN-porten er åpen"]
RECOVERY_SECONDS = 90
"""A lease, the sweeps after it, and a read-back, on a machine that is busy."""


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

    wait_for(
        "“completed”",
        lambda: order_status(customer.open(order.path)) == "completed" or None,
        seconds=RECOVERY_SECONDS,
    )
    wait_for(
        "both mails", lambda: len(box.world.mails(ADDRESS)) == 2 or None, seconds=30
    )
    assert customer.cards()[0].state == "open"
    assert {effect.state for effect in box.world.effects(card.serial)} == {"open"}
    assert [mail.subject for mail in box.world.mails(ADDRESS)] == TOLD_ONCE
    assert customer.inbox() == TOLD_ONCE[::-1]
    box.run("manage.py", "verify_audit")


def test_an_order_placed_while_nobody_works_is_done_when_they_are_back(
    box: Box,
) -> None:
    box.start(*(name for name in EVERYTHING if name != "beat"))
    customer = box.visit(box.people()[0])
    card = customer.cards()[0]

    order = customer.press(customer.answers_to_opening(card, email=ADDRESS))
    box.kill("web")
    box.start("web", "worker", "beat")

    wait_for(
        "“completed”",
        lambda: order_status(customer.open(order.path)) == "completed" or None,
        seconds=RECOVERY_SECONDS,
    )
    wait_for(
        "both mails", lambda: len(box.world.mails(ADDRESS)) == 2 or None, seconds=30
    )
    assert [effect.state for effect in box.world.effects(card.serial)] == ["open"]
    assert customer.inbox() == TOLD_ONCE[::-1]
