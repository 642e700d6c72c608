"""What a customer agreed to, how, and until when."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from hanportal.accounts.models import (
    CallerVerification,
    Customer,
    Identification,
    Representation,
)
from hanportal.audit import log
from meters.models import HanPort, Meter, MeteringPoint
from orders.deadlines import oslo_date
from orders.models.consent_reads import ConsentQuerySet
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
