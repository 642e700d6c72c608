"""Commands under a fault."""

from typing import Any

from tests.demo.client import Client, Command, Response
from tests.demo.portal import Portal


def send_under(
    head_ends: Client, portal: Portal, meter: str, *, fault: str, **more: Any
) -> tuple[Response, str]:
    """Set a fault for the meter, then order it opened; the answer and the address."""
    assert head_ends.set_fault(fault, meter, **more).status == 201
    address = portal.address()
    return head_ends.command(Command(serials=(meter,), reply_to=address)), address


def settle(head_ends: Client, portal: Portal, meter: str) -> None:
    """Let a later command to the meter come through, so that all before it is done."""
    address = portal.address()
    head_ends.command(Command(serials=(meter,), state="closed", reply_to=address))
    portal.next(address)
