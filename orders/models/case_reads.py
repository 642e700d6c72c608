"""Named reads of cases: what still needs a human, in which order."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Value, When

from meters.models import HanPort, HeadEnd
from orders.models.commands import Command
from orders.models.orders import Order
from orders.states import HOLD_CASES, UNSETTLED_COMMAND_STATUSES, CaseKind

if TYPE_CHECKING:
    from orders.models.cases import Case


class CaseQuerySet(models.QuerySet["Case"]):
    """Named reads of cases."""

    def about(self, orders: Collection[Order]) -> Self:
        """What humans had to do about these orders, the oldest first."""
        return self.filter(order__in=orders).order_by("opened_at", "id")

    def of_silence(self, port: HanPort, *, since: datetime) -> "Case | None":
        """What was last reported of this port's silence, no earlier than that."""
        found = self.filter(
            kind=CaseKind.PORT_SILENT, port=port, opened_at__gte=since
        ).select_related("order__placement")
        return found.order_by("-opened_at", "-id").first()

    def unsettled(self) -> Self:
        """Cases that still need a human."""
        return self.filter(closed_at__isnull=True)

    def to_retry(self, head_end: HeadEnd) -> Self:
        """Refused or dead commands at a head-end that are still wanted."""
        sent = Command.objects.filter(status__in=UNSETTLED_COMMAND_STATUSES)
        return (
            self.unsettled()
            .filter(
                kind__in=[CaseKind.COMMAND_DEAD, CaseKind.COMMAND_REJECTED],
                head_end=head_end,
                command__desired=F("port__desired"),
            )
            .exclude(port__reported=F("port__desired"))
            .exclude(port__in=sent.values("port_id"))
            .order_by("opened_at", "id")
        )

    def for_held(self, order: Order) -> Self:
        """What humans must still do before a held order can be carried on."""
        kinds = list(HOLD_CASES.values())
        return self.unsettled().filter(order=order, kind__in=kinds).order_by("id")

    def settled(self) -> Self:
        """Cases that are closed."""
        return self.filter(closed_at__isnull=False)

    def most_urgent_first(self) -> Self:
        """What is open without consent before all else, then the oldest."""
        urgency = models.Case(
            When(kind=CaseKind.OPEN_WITHOUT_CONSENT, then=Value(0)), default=Value(1)
        )
        return self.annotate(urgency=urgency).order_by("urgency", "opened_at", "id")

    def for_pages(self) -> Self:
        """With what a page says of each."""
        return self.select_related(
            "head_end",
            "port__meter__head_end",
            "command",
            "order__placement__customer",
            "order__metering_point",
        )
