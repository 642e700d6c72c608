"""What an agent fills in: what the caller said, and what the caller agreed to."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hanportal.accounts.models import (
    Customer,
    CustomerKind,
    Ground,
    Representative,
)
from hanportal.console.control import LONGEST_ANSWER
from meters.headend import LARGEST_FILE, WorkResult
from orders.models import Terms
from orders.states import CaseEnd, SecurityPlacement

NOT_SECURED = "none"
YES = "yes"
NO = "no"

RESULTS = [
    (WorkResult.OPEN.value, gettext_lazy("Åpen")),
    (WorkResult.CLOSED.value, gettext_lazy("Stengt")),
    (WorkResult.NOT_DONE.value, gettext_lazy("Ikke utført")),
    (WorkResult.IMPOSSIBLE.value, gettext_lazy("Umulig")),
]


class SaidForm(forms.Form):
    """The caller's own words."""

    use_required_attribute = False
    said = forms.CharField(
        max_length=LONGEST_ANSWER,
        label=gettext_lazy("Kunden svarte"),
        error_messages={"required": gettext_lazy("Skriv det kunden svarte")},
    )


class CloseCaseForm(forms.Form):
    """How a case was settled, in two answers."""

    use_required_attribute = False
    end = forms.ChoiceField(
        label=gettext_lazy("Hvordan endte det?"),
        choices=[(end.value, end.label) for end in CaseEnd if end != CaseEnd.OVER],
        error_messages={"required": gettext_lazy("Velg hvordan det endte")},
    )
    note = forms.CharField(
        max_length=300,
        label=gettext_lazy("Hva ble gjort?"),
        error_messages={"required": gettext_lazy("Skriv hva som ble gjort")},
    )


class GiveUpForm(forms.Form):
    """Why an opening can't be carried out."""

    use_required_attribute = False
    note = forms.CharField(
        max_length=300,
        label=gettext_lazy("Hvorfor går det ikke?"),
        error_messages={"required": gettext_lazy("Skriv hvorfor det ikke går")},
    )


class JudgedAloudForm(forms.Form):
    """Each statement was read aloud, and the caller said yes or no to it."""

    use_required_attribute = False

    def __init__(self, *args: Any, terms: Terms, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._keys = [statement["key"] for statement in terms.statements]
        for statement in terms.statements:
            self.fields[f"statement_{statement['key']}"] = forms.ChoiceField(
                label=statement["text"],
                choices=[
                    (YES, gettext_lazy("Ja")),
                    (NO, gettext_lazy("Nei")),
                ],
                error_messages={
                    "required": _("Les opp og noter svaret: «%(statement)s»")
                    % {"statement": statement["text"]}
                },
            )
        self.fields["security"] = forms.ChoiceField(
            label=_("Hvordan er måleren sikret?"),
            choices=[*SecurityPlacement.choices, (NOT_SECURED, _("Ingen av disse"))],
            error_messages={"required": _("Velg hvordan måleren er sikret")},
        )

    @property
    def statements(self) -> list[BoundField]:
        """The statements, in the order of the terms."""
        return [self[f"statement_{key}"] for key in self._keys]

    def clean_security(self) -> SecurityPlacement:
        """Refuse a meter that anyone can reach."""
        choice: str = self.cleaned_data["security"]
        if choice == NOT_SECURED:
            raise forms.ValidationError(
                _("Porten kan ikke åpnes når måleren ikke er sikret."),
                code="not_secured",
            )
        return SecurityPlacement(choice)

    def clean(self) -> dict[str, Any]:
        """A no to any of them means that there is no consent."""
        answers = super().clean() or self.cleaned_data
        for key in self._keys:
            if answers.get(f"statement_{key}") == NO:
                self.add_error(
                    f"statement_{key}",
                    _("Uten ja til dette kan porten ikke bestilles åpnet."),
                )
        return answers

    @property
    def confirmed(self) -> frozenset[str]:
        """The keys of the statements that the caller said yes to."""
        return frozenset(
            key
            for key in self._keys
            if self.cleaned_data.get(f"statement_{key}") == YES
        )


class RepresentationForm(forms.Form):
    """Who shall act for the customer, as what, from when, on which document."""

    use_required_attribute = False
    ground = forms.ChoiceField(
        label=gettext_lazy("Grunnlag"),
        error_messages={"invalid_choice": gettext_lazy("Velg et av grunnlagene")},
    )
    name = forms.CharField(max_length=120, label=gettext_lazy("Navn"))
    national_id = forms.CharField(
        max_length=11, label=gettext_lazy("Fødselsnummer eller D-nummer")
    )
    email = forms.EmailField(
        required=False, max_length=254, label=gettext_lazy("E-postadresse")
    )
    phone = forms.RegexField(
        r"^\+?[0-9]{5,15}$",
        required=False,
        label=gettext_lazy("Telefon"),
        error_messages={
            "invalid": gettext_lazy("Skriv 5–15 sifre, gjerne med + foran")
        },
    )
    evidence = forms.CharField(
        max_length=120, label=gettext_lazy("Dokument (nummer eller arkivsak)")
    )
    starts_on = forms.DateField(label=gettext_lazy("Gjelder fra og med"))
    ends_on = forms.DateField(required=False, label=gettext_lazy("Gjelder til"))
    died_on = forms.DateField(required=False, label=gettext_lazy("Kunden døde"))

    def __init__(
        self, *args: Any, customer: Customer, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        is_business = customer.kind == CustomerKind.ORGANISATION
        grounds = [Ground.BUSINESS] if is_business else [Ground.GUARDIAN, Ground.ESTATE]
        self.fields["ground"].choices = [(g.value, g.label) for g in grounds]  # type: ignore[attr-defined] # a choice field
        self.fields["starts_on"].initial = today
        if is_business:
            del self.fields["died_on"]
        for name, sentence in (
            ("ground", _("Velg grunnlaget")),
            ("name", _("Skriv navnet på den som skal handle for kunden")),
            ("national_id", _("Skriv fødselsnummeret eller D-nummeret")),
            ("evidence", _("Skriv hvilket dokument som gir retten")),
            ("starts_on", _("Skriv datoen retten gjelder fra")),
        ):
            self.fields[name].error_messages["required"] = sentence

    @property
    def chosen_ground(self) -> Ground:
        """As what the person acts."""
        return Ground(self.cleaned_data["ground"])

    @property
    def representative(self) -> Representative:
        """The person."""
        return Representative(
            name=self.cleaned_data["name"],
            national_id=self.cleaned_data["national_id"],
            email=self.cleaned_data["email"],
            phone=self.cleaned_data["phone"],
        )

    def clean(self) -> dict[str, Any]:
        """The period has a day in it; only who has died leaves an estate."""
        said = super().clean() or self.cleaned_data
        starts_on, ends_on = said.get("starts_on"), said.get("ends_on")
        if starts_on and ends_on and ends_on <= starts_on:
            self.add_error("ends_on", _("Sluttdatoen må være etter startdatoen."))
        if said.get("died_on") and said.get("ground") not in {None, Ground.ESTATE}:
            self.add_error("died_on", _("Datoen er bare for dødsbo."))
        return said


class ResultForm(forms.Form):
    """What one fitter did at one meter, and when."""

    use_required_attribute = False
    result = forms.ChoiceField(
        label=gettext_lazy("Hvordan gikk det?"),
        choices=RESULTS,
        error_messages={"required": gettext_lazy("Velg hvordan det gikk")},
    )
    observed_at = forms.DateTimeField(
        label=gettext_lazy("Når var det?"),
        error_messages={
            "required": gettext_lazy("Skriv når det var"),
            "invalid": gettext_lazy("Skriv dato og klokkeslett"),
        },
    )
    note = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Merknad (valgfritt)")
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now

    def clean_observed_at(self) -> datetime:
        """Nobody has been there yet at a time that lies ahead."""
        moment: datetime = self.cleaned_data["observed_at"]
        if moment > self._now:
            raise forms.ValidationError(_("Tidspunktet ligger fram i tid."))
        return moment


class ResultsForm(forms.Form):
    """The list as it came back."""

    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("Utfylt liste (CSV)"),
        error_messages={
            "required": gettext_lazy("Velg en fil"),
            "empty": gettext_lazy("Filen er tom"),
            "invalid": gettext_lazy("Velg en fil"),
        },
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse by its size before it is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is None or file.size > LARGEST_FILE:
            raise forms.ValidationError(_("Filen er større enn 5 MB."))
        return file
