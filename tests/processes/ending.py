"""How an opening must end, whatever happened on the way."""

from hanportal.demo.smoke.minside import Card, MinSide, order_status
from hanportal.demo.smoke.world import wait_for
from tests.processes.box import Box

OUTSIDE = ("head_end_simulator", "eid_provider", "mail_server")
ADDRESS = "kari@example.no"
TOLD_ONCE = ["Vi har fått bestillingen: HAN-porten åpnes", "HAN-porten er åpen"]
RECOVERY_SECONDS = 90
"""A lease, the sweeps after it, and a read-back, on a machine that is busy."""
MAIL_SECONDS = 150
"""A sender that was lost or stands still holds a notice for two minutes."""
COUNT_ORDERS = "SELECT count(*) FROM orders_order"
COUNT_MESSAGES = "SELECT count(*), count(DISTINCT outcome) FROM notifications_message"


def expect_open(box: Box, customer: MinSide, card: Card, *, order: str) -> None:
    """One order is done, the meter is open, told once each, and the log verifies."""
    wait_for(
        "“completed”",
        lambda: order_status(customer.open(order)) == "completed" or None,
        seconds=RECOVERY_SECONDS,
    )
    wait_for(
        "both mails",
        lambda: len(box.world.mails(ADDRESS)) == 2 or None,
        seconds=MAIL_SECONDS,
    )
    assert customer.cards()[0].state == "open"
    assert {effect.state for effect in box.world.effects(card.serial)} == {"open"}
    assert [mail.subject for mail in box.world.mails(ADDRESS)] == TOLD_ONCE
    assert customer.inbox() == TOLD_ONCE[::-1]
    assert box.ask_database(COUNT_ORDERS) == [(1,)]
    assert box.ask_database(COUNT_MESSAGES) == [(2, 2)]
    box.run("manage.py", "verify_audit")
