"""Named reads of consents: whose they are, what they permit, what no longer holds."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from hanportal.accounts.models import Customer, Ground
from meters.models import HanPort, Holding
from orders.deadlines import OSLO

if TYPE_CHECKING:
    from orders.models.consents import Consent


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Named reads of consents."""

    def visible_to(self, customer: Customer) -> Self:
        """A customer sees the consents they gave."""
        return self.filter(customer=customer)

    def active(self) -> Self:
        """Consents that have not ended."""
        return self.filter(ended_at__isnull=True)

    def newest_first(self) -> Self:
        """Total order, the latest given first."""
        return self.order_by("-given_at", "-id")

    def for_the_register(self) -> Self:
        """The whole register with what a line of it tells, newest first."""
        return self.select_related(
            "customer",
            "metering_point",
            "terms",
            "caller_verification__agent",
            "representation",
        ).newest_first()

    def next_given_at(self, consent: "Consent") -> datetime | None:
        """When the next consent for the same point was given; None where none was."""
        return (
            self.filter(
                metering_point=consent.metering_point_id, given_at__gt=consent.given_at
            )
            .order_by("given_at", "id")
            .values_list("given_at", flat=True)
            .first()
        )

    def given_before(self, given_at: datetime, consent_id: UUID) -> Self:
        """What stands behind this place when the newest is first."""
        return self.filter(
            Q(given_at__lt=given_at) | Q(given_at=given_at, id__lt=consent_id),
            given_at__lte=given_at,
        )

    def behind(self, port: HanPort, *, on: date) -> "Consent | None":
        """What permits this port to be open on this date."""
        return self.behind_meter(port.meter_id, on=on).first()

    def behind_meter(self, meter_id: UUID, *, on: date) -> Self:
        """The active consent of who holds the point where the meter is on this date."""
        return self.at_meter(meter_id, on=on).still_held(on=on)

    def at_meter(self, meter: UUID | OuterRef, *, on: date) -> Self:
        """The active consent for the point where the meter is, whoever holds it."""
        return self.active().filter(
            Q(metering_point__installations__ends_on__isnull=True)
            | Q(metering_point__installations__ends_on__gt=on),
            metering_point__installations__meter=meter,
            metering_point__installations__starts_on__lte=on,
        )

    def still_held(self, *, on: date) -> Self:
        """Active consents whose giver has held the point ever since; it is in use."""
        stays, left = _stays_of_the_giver(on=on)
        return self._by_the_day().filter(Exists(stays)).filter(~Exists(left))

    def no_longer_held(self, *, on: date) -> Self:
        """Active consents whose giver is not there today, or the point is out of use.

        A question of its own beside `held_with_a_gap`: either is one join, and both
        in one would be asked of each consent by itself.
        """
        stays, _left = _stays_of_the_giver(on=on)
        return self.active().filter(~Exists(stays))

    def held_with_a_gap(self, *, on: date) -> Self:
        """Active consents whose giver has left since, although they may be back."""
        _stays, left = _stays_of_the_giver(on=on)
        return self._by_the_day().filter(Exists(left))

    def _by_the_day(self) -> Self:
        """Active consents with the Oslo date on which each was given."""
        return self.active().alias(given_on=TruncDate("given_at", tzinfo=OSLO))

    def of_the_dead(self, *, on: date) -> Self:
        """Active consents of customers who had died by this Oslo date.

        What their estate gave holds.
        """
        died = Customer.objects.died_by(on)
        by_estate = Q(representation__ground=Ground.ESTATE)
        return self.active().filter(~by_estate, customer__in=died)

    def share_locked(self, consent_id: UUID) -> "Consent":
        """The consent, held FOR SHARE: nothing ends it before the transaction is over.

        :raises Consent.DoesNotExist: there is none with this id.
        """
        statement = "SELECT * FROM orders_consent WHERE id = %s FOR SHARE"
        for consent in self.model.objects.raw(statement, [consent_id]):
            return consent
        raise self.model.DoesNotExist(f"There is no consent {consent_id}.")


def _stays_of_the_giver(*, on: date) -> tuple[QuerySet[Holding], QuerySet[Holding]]:
    """Where the giver holds the point today; and where they left it since.

    Who left and came back has not held it all the time: the consent ended between.
    """
    theirs = Holding.objects.filter(
        metering_point=OuterRef("metering_point"), customer=OuterRef("customer")
    )
    stays = theirs.on(on).filter(metering_point__is_active=True)
    return stays, theirs.left(on=on).filter(ends_on__gt=OuterRef("given_on"))
