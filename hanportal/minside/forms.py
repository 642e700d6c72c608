"""The two forms of an opening: what is agreed to, and where notices go."""

from typing import Any

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.utils.translation import gettext as _

from hanportal.accounts.models import Customer
from orders.models import Terms
from orders.states import SecurityPlacement

NOT_SECURED = "none"


class AgreementForm(forms.Form):
    """Each statement a box of its own, un-ticked; the placement a radio group."""

    use_required_attribute = False

    def __init__(self, *args: Any, terms: Terms, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._keys = [statement["key"] for statement in terms.statements]
        for statement in terms.statements:
            self.fields[f"statement_{statement['key']}"] = forms.BooleanField(
                label=statement["text"],
                error_messages={
                    "required": _("Bekreft dette for å bestille: «%(statement)s»")
                    % {"statement": statement["text"]}
                },
            )
        self.fields["security"] = forms.ChoiceField(
            label=_("Hvordan er måleren sikret?"),
            choices=[
                *SecurityPlacement.choices,
                (NOT_SECURED, _("Ingen av disse")),
            ],
            error_messages={
                "required": _("Velg hvordan måleren er sikret"),
                "invalid_choice": _("Velg et av alternativene"),
            },
        )

    @property
    def statements(self) -> list[BoundField]:
        """The boxes, in the order of the terms."""
        return [self[f"statement_{key}"] for key in self._keys]

    def clean_security(self) -> SecurityPlacement:
        """Refuse a meter that anyone can reach, with the reason."""
        choice: str = self.cleaned_data["security"]
        if choice == NOT_SECURED:
            raise forms.ValidationError(
                _(
                    "Vi kan ikke åpne porten når måleren ikke er sikret. Dataene er"
                    " ukryptert, så den som kommer til måleren, kan lese dem. Bestill"
                    " når måleren står bak en dør eller i et skap som kan låses."
                ),
                code="not_secured",
            )
        return SecurityPlacement(choice)

    @property
    def confirmed(self) -> frozenset[str]:
        """The keys of the statements that were ticked."""
        return frozenset(
            key for key in self._keys if self.cleaned_data.get(f"statement_{key}")
        )


class NoticesForm(forms.Form):
    """Where we write to the customer, and in which language."""

    email = forms.EmailField(max_length=254)
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    use_required_attribute = False

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {"email": customer.notice_address, "language": customer.language},
        )
        super().__init__(*args, **kwargs)
        # Emptying the field would only lead back to the register's address.
        self.fields["email"].required = bool(customer.email)
        self.fields["email"].label = _("E-postadresse")
        self.fields["email"].error_messages["required"] = _("Skriv en e-postadresse")
        self.fields["email"].error_messages["invalid"] = _(
            "Skriv en e-postadresse som navn@eksempel.no"
        )
        self.fields["language"].label = _("Språk i meldingene")
        self.fields["language"].error_messages["required"] = _("Velg et språk")
