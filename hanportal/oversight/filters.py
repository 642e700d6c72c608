"""What the register is filtered by. The filters are the page's address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from orders.models import Consent
from orders.states import Channel, ConsentEnd

OSLO: Final = ZoneInfo("Europe/Oslo")
ACTIVE: Final = "active"
ENDED: Final = "ended"
STATES: Final = [
    ("", _("Alle")),
    (ACTIVE, _("Gjelder")),
    (ENDED, _("Avsluttet")),
    *(
        (reason.value, format_lazy("{}: {}", _("Avsluttet"), reason.label))
        for reason in ConsentEnd
    ),
]


class FilterForm(forms.Form):
    """Everything is optional; together they narrow the list."""

    who = forms.CharField(
        label=_("Kunde"),
        required=False,
        max_length=120,
        help_text=_("Kundenummer, eller begynnelsen av navnet"),
    )
    where = forms.CharField(
        label=_("Sted"),
        required=False,
        max_length=120,
        help_text=_("Målepunkt-ID, målernummer, eller begynnelsen av adressen"),
    )
    since = forms.DateField(
        label=_("Gitt fra og med"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("Gitt til og med"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    channel = forms.ChoiceField(
        label=_("Kanal"), required=False, choices=[("", _("Alle")), *Channel.choices]
    )
    state = forms.ChoiceField(label=_("Tilstand"), required=False, choices=STATES)
    terms = forms.ChoiceField(label=_("Vilkår"), required=False)

    def __init__(self, data: QueryDict, *, versions: Iterable[str]) -> None:
        """`versions` are the versions of the terms that there are."""
        super().__init__(data)
        for each in self.fields.values():
            each.widget.attrs["class"] = "ds-input"
        field = cast("forms.ChoiceField", self.fields["terms"])
        field.choices = [("", _("Alle")), *((each, each) for each in versions)]

    def filters(self) -> "Filters":
        """What was asked for, of a valid form."""
        return Filters(**self.cleaned_data)


class Sayable:
    """What was asked for, in fields that an address can say again."""

    def asked(self) -> dict[str, str]:
        """What was asked for, as an address or a form would say it."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in vars(self).items()
            if value
        }


@dataclass(frozen=True, kw_only=True)
class Filters(Sayable):
    """What was asked for. Dates are Oslo dates, both included."""

    who: str = ""
    where: str = ""
    since: date | None = None
    until: date | None = None
    channel: str = ""
    state: str = ""
    terms: str = ""

    def of(self, consents: QuerySet[Consent]) -> QuerySet[Consent]:
        """Those of the consents that match everything asked for."""
        found = consents.filter(self._who() & self._where() & self._state())
        if self.since is not None:
            found = found.filter(given_at__gte=midnight(self.since))
        if self.until is not None:
            after = self.until + timedelta(days=1)
            found = found.filter(given_at__lt=midnight(after))
        if self.channel:
            found = found.filter(channel=self.channel)
        if self.terms:
            found = found.filter(terms__version=self.terms)
        return found

    def _who(self) -> Q:
        if not self.who:
            return Q()
        return Q(customer__customer_number__iexact=self.who) | Q(
            customer__name__istartswith=self.who
        )

    def _where(self) -> Q:
        if not self.where:
            return Q()
        number = self.where.replace(" ", "")
        if number.isdecimal():
            return Q(gsrn=number) | Q(meter_serial=number)
        # Who is found by an address is known to live there.
        return Q(
            metering_point__street_address__istartswith=self.where,
            customer__has_protected_address=False,
        )

    def _state(self) -> Q:
        if not self.state:
            return Q()
        if self.state in (ACTIVE, ENDED):
            return Q(ended_at__isnull=self.state == ACTIVE)
        return Q(end_reason=self.state)


def midnight(day: date) -> datetime:
    """The first moment of a date in Oslo."""
    return datetime.combine(day, time.min, tzinfo=OSLO)
