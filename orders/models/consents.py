"""What a customer agreed to, how, and until when."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from uuid6 import uuid7

from hanportal.accounts.models import (
    CallerVerification,
    Customer,
    Ground,
    Identification,
    Representation,
)
from hanportal.audit import log
from meters.models import HanPort, Holding, Meter, MeteringPoint
from orders.deadlines import OSLO, oslo_date
from orders.models.references import new_receipt_number
from orders.models.terms import Terms
from orders.states import Channel, ConsentEnd, LegacyMethod, SecurityPlacement


def on_behalf(representation: Representation | None) -> dict[str, log.Json]:
    """What events say of who acted for the customer; nothing for the customer."""
    if representation is None:
        return {}
    return {
        "representation": str(representation.id),
        "ground": str(representation.ground),
    }


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


class Consent(models.Model):
    """A customer's verified consent for one metering point. Ended, never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    receipt_number = models.CharField(
        max_length=20, unique=True, default=new_receipt_number, editable=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="consents"
    )
    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.PROTECT, related_name="consents"
    )
    terms = models.ForeignKey(
        Terms, on_delete=models.PROTECT, null=True, related_name="consents"
    )
    """None only for what was given before the portal, as are those left empty below."""
    confirmed = models.JSONField()
    """The keys of the statements that were confirmed, one box each."""
    security = models.CharField(
        max_length=20, choices=SecurityPlacement.choices, blank=True
    )
    identified_by_issuer = models.CharField(max_length=200, blank=True)
    identified_subject = models.CharField(max_length=255, blank=True)
    identified_level = models.CharField(max_length=100, blank=True)
    identified_at = models.DateTimeField(null=True)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    caller_verification = models.ForeignKey(
        CallerVerification, on_delete=models.PROTECT, null=True, related_name="consents"
    )
    """How the customer centre knew who was calling; none on Min side."""
    representation = models.ForeignKey(
        Representation, on_delete=models.PROTECT, null=True, related_name="consents"
    )
    """On what somebody else gave the customer's consent; none in person. Identified is
    who gave it. The database holds that it is a representation of this customer."""
    given_by = models.CharField(max_length=80, blank=True)
    """The actor's reference: the customer's own login, or the agent's."""
    gsrn = models.CharField(max_length=18)
    meter_serial = models.CharField(max_length=20, blank=True)
    given_at = models.DateTimeField()
    """Of one from before the portal only the date is known: midnight in Oslo."""
    restored_from = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="restored_as"
    )
    """The consent whose evidence this one carries on, where the register took back
    what had ended it."""
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(
        max_length=20, choices=ConsentEnd.choices, blank=True, default=""
    )

    legacy_method = models.CharField(
        max_length=10, choices=LegacyMethod.choices, blank=True, default=""
    )
    """How one from before the portal was given."""
    legacy_evidence = models.CharField(max_length=60, blank=True, default="")
    """Where the operator's archive keeps what documents it."""
    legacy_terms = models.CharField(max_length=120, blank=True, default="")
    """Which terms it was given to, as far as that is known."""
    imported_at = models.DateTimeField(null=True)
    """When one from before the portal was brought in."""

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metering_point"],
                condition=Q(ended_at__isnull=True),
                name="consent_one_active_per_point",
            ),
            models.CheckConstraint(
                name="consent_says_how_the_meter_is_secured",
                condition=Q(security__in=SecurityPlacement.values)
                | Q(channel=Channel.LEGACY, security=""),
            ),
            models.CheckConstraint(
                name="consent_end_has_its_reason",
                condition=Q(ended_at__isnull=True, end_reason="")
                | (Q(ended_at__isnull=False) & Q(end_reason__in=ConsentEnd.values)),
            ),
            models.CheckConstraint(
                name="consent_of_a_caller_rests_on_a_verification",
                condition=Q(channel=Channel.CONSOLE, caller_verification__isnull=False)
                | Q(
                    channel__in=[Channel.MINSIDE, Channel.LEGACY],
                    caller_verification__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="consent_names_who_gave_it",
                condition=Q(channel=Channel.LEGACY)
                | ~Q(identified_subject="")
                & ~Q(given_by="")
                & Q(identified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_rests_on_terms",
                condition=Q(channel=Channel.LEGACY) | Q(terms__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_from_before_has_its_evidence",
                condition=Q(
                    ~Q(legacy_evidence=""),
                    channel=Channel.LEGACY,
                    legacy_method__in=LegacyMethod.values,
                    imported_at__isnull=False,
                )
                | Q(
                    ~Q(channel=Channel.LEGACY),
                    legacy_method="",
                    legacy_evidence="",
                    legacy_terms="",
                    imported_at__isnull=True,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["-given_at", "-id"], name="consent_newest_first"),
        ]

    @property
    def is_active(self) -> bool:
        """True until it is ended."""
        return self.ended_at is None

    @property
    def is_legacy(self) -> bool:
        """True when it was given before the portal; a proper one may replace it."""
        return self.channel == Channel.LEGACY

    @property
    def given_on(self) -> date:
        """The Oslo date on which it was given."""
        return oslo_date(self.given_at)

    @property
    def evidence(self) -> dict[str, log.Json]:
        """What the log says of how it was given; the row is held to it."""
        if self.terms is None:
            return {
                "receipt_number": self.receipt_number,
                "security": str(self.security),
                "channel": str(self.channel),
                "given_on": self.given_on.isoformat(),
                "method": str(self.legacy_method),
                "terms": self.legacy_terms,
            }
        return {
            "receipt_number": self.receipt_number,
            "terms_version": self.terms.version,
            "terms_language": self.terms.language,
            "terms_sha256": self.terms.sha256,
            "confirmed": self.confirmed,
            "security": str(self.security),
            "identified_level": self.identified_level,
            "channel": str(self.channel),
            **on_behalf(self.representation),
        }

    @classmethod
    def give(
        cls,
        *,
        customer: Customer,
        metering_point: MeteringPoint,
        meter: Meter,
        terms: Terms,
        confirmed: Sequence[str],
        security: SecurityPlacement,
        identification: Identification,
        channel: Channel,
        verification: CallerVerification | None,
        representation: Representation | None,
        by: log.Actor,
        at: datetime,
    ) -> Self:
        """Record a consent with everything that makes it documentable."""
        consent = cls(
            customer=customer,
            metering_point=metering_point,
            terms=terms,
            confirmed=sorted(confirmed),
            security=security,
            identified_by_issuer=identification.issuer,
            identified_subject=identification.subject,
            identified_level=identification.level,
            identified_at=identification.authenticated_at,
            channel=channel,
            caller_verification=verification,
            representation=representation,
            given_by=by.reference,
            gsrn=metering_point.gsrn,
            meter_serial=meter.serial,
            given_at=at,
        )
        consent.save(force_insert=True)
        consent._trace_evidence("consent.given", by=by, at=at, facts={})
        return consent

    def restore(self, *, by: log.Actor, at: datetime) -> "Consent":
        """A new consent with the evidence of this one, which stays as it ended."""
        carried = {
            field.attname: getattr(self, field.attname)
            for field in self._meta.concrete_fields
            if field.name not in _NOT_CARRIED_ON
        }
        consent = Consent(**carried, restored_from=self, given_at=at)
        consent.save(force_insert=True)
        consent._trace_evidence(
            "consent.restored",
            by=by,
            at=at,
            facts={"restored_from": self.receipt_number},
        )
        return consent

    def end(self, reason: ConsentEnd, *, by: log.Actor, at: datetime) -> None:
        """End the consent; a consent that has ended stays as it ended."""
        if not self.is_active:
            return
        self.ended_at = at
        self.end_reason = reason
        self.save(update_fields=["ended_at", "end_reason"])
        log.record(
            chain=log.customer_chain(self.customer_id),
            what="consent.ended",
            who=by,
            on=log.Subject("consent", self.id),
            at=at,
            facts={"reason": str(reason), "receipt_number": self.receipt_number},
        )

    def permits_opening(self, port: HanPort, *, on: date) -> bool:
        """True while it holds: also its giver must be there, and this very meter.

        Whether a representation that it was given on still holds counts nothing: the
        consent is the customer's (docs/adr/0015).
        """
        behind = Consent.objects.behind_meter(port.meter_id, on=on)
        dead = Consent.objects.of_the_dead(on=on).filter(pk=self.pk)
        return behind.filter(pk=self.pk).exists() and not dead.exists()

    def _trace_evidence(
        self, what: str, *, by: log.Actor, at: datetime, facts: dict[str, log.Json]
    ) -> None:
        log.record(
            chain=log.customer_chain(self.customer_id),
            what=what,
            who=by,
            on=log.Subject("consent", self.id),
            at=at,
            facts={**self.evidence, **facts},
            personal={
                "gsrn": self.gsrn,
                "meter_serial": self.meter_serial,
                "issuer": self.identified_by_issuer,
                "subject": self.identified_subject,
            },
        )


_NOT_CARRIED_ON = frozenset(
    {
        "id",
        "receipt_number",
        "restored_from",
        "given_at",
        "ended_at",
        "end_reason",
    }
)
"""What a restored consent has of its own; all else is the evidence it carries on."""


def _stays_of_the_giver(*, on: date) -> tuple[QuerySet[Holding], QuerySet[Holding]]:
    """Where the giver holds the point today; and where they left it since.

    Who left and came back has not held it all the time: the consent ended between.
    """
    theirs = Holding.objects.filter(
        metering_point=OuterRef("metering_point"), customer=OuterRef("customer")
    )
    stays = theirs.on(on).filter(metering_point__is_active=True)
    return stays, theirs.left(on=on).filter(ends_on__gt=OuterRef("given_on"))
