"""The one order in which workers lock: the port, then the command."""

from uuid import UUID

from meters.models import HanPort
from orders.models import Command


def locked_command(*, port_id: UUID, command_id: UUID) -> Command:
    """The command with its port, both locked until the transaction ends."""
    port = HanPort.objects.select_related("meter__head_end").locked().get(pk=port_id)
    command = (
        Command.objects.select_related("order__placement__customer", "order__consent")
        .select_for_update(of=("self",))
        .get(pk=command_id)
    )
    command.port = port
    return command
