"""What the report of exposures is filtered by. The filters are the page's address."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from hanportal.oversight.filters import Sayable, midnight
from meters.models import Holding
from orders.models import LifeEvent
from orders.states import ENDINGS, LifeEventKind

ONGOING: Final = "ongoing"
ENDED: Final = "ended"
TAKEN_BACK: Final = "taken_back"


class ExposureFilterForm(forms.Form):
    """Everything is optional; together they narrow the list."""

    who = forms.CharField(
        label=_("Kunde"),
        required=False,
        max_length=120,
        help_text=_("Den som flyttet, eller den som overtok: kundenummer eller navn"),
    )
    where = forms.CharField(
        label=_("Sted"),
        required=False,
        max_length=120,
        help_text=_("Målepunkt-ID, målernummer, eller begynnelsen av adressen"),
    )
    since = forms.DateField(
        label=_("Oppdaget fra og med"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("Oppdaget til og med"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    why = forms.ChoiceField(
        label=_("Hvorfor"),
        required=False,
        choices=[
            ("", _("Alle")),
            *((kind.value, kind.label) for kind in LifeEventKind if kind in ENDINGS),
        ],
    )
    state = forms.ChoiceField(
        label=_("Tilstand"),
        required=False,
        choices=[
            ("", _("Alle")),
            (ONGOING, _("Pågår")),
            (ENDED, _("Avsluttet")),
            (TAKEN_BACK, _("Tilbakeført i registeret")),
        ],
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        for each in self.fields.values():
            each.widget.attrs["class"] = "ds-input"

    def filters(self) -> "ExposureFilters":
        """What was asked for, of a valid form."""
        return ExposureFilters(**self.cleaned_data)


@dataclass(frozen=True, kw_only=True)
class ExposureFilters(Sayable):
    """What was asked for. Dates are Oslo dates, both included."""

    who: str = ""
    where: str = ""
    since: date | None = None
    until: date | None = None
    why: str = ""
    state: str = ""

    def of(self, events: QuerySet[LifeEvent]) -> QuerySet[LifeEvent]:
        """Those of the exposures that match everything asked for."""
        found = events.filter(self._who() & self._where() & self._state())
        if self.since is not None:
            found = found.filter(found_at__gte=midnight(self.since))
        if self.until is not None:
            after = self.until + timedelta(days=1)
            found = found.filter(found_at__lt=midnight(after))
        if self.why:
            found = found.filter(kind=self.why)
        return found

    def _who(self) -> Q:
        if not self.who:
            return Q()
        named = Q(customer__customer_number__iexact=self.who) | Q(
            customer__name__istartswith=self.who
        )
        came = LifeEvent.objects.filter(
            named, kind=LifeEventKind.STOOD_OPEN, follows=OuterRef("pk")
        )
        return named | Q(Exists(came))

    def _where(self) -> Q:
        if not self.where:
            return Q()
        number = self.where.replace(" ", "")
        if number.isdecimal():
            return Q(metering_point__gsrn=number) | Q(port__meter__serial=number)
        # Nobody is found by an address that must not be known to be theirs.
        protected = Holding.objects.filter(
            metering_point=OuterRef("metering_point"),
            customer__has_protected_address=True,
        )
        begins = Q(metering_point__street_address__istartswith=self.where)
        return begins & Q(customer__has_protected_address=False) & Q(~Exists(protected))

    def _state(self) -> Q:
        states = {
            ONGOING: Q(exposed_until__isnull=True),
            ENDED: Q(exposed_until__isnull=False, undone_by__isnull=True),
            TAKEN_BACK: Q(undone_by__isnull=False),
        }
        return states[self.state] if self.state else Q()
