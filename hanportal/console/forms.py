"""What an agent fills in: what the caller said, and what the caller agreed to."""

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hanportal.console.control import LONGEST_ANSWER
from orders.models import Terms
from orders.states import SecurityPlacement

NOT_SECURED = "none"
YES = "yes"
NO = "no"


class SaidForm(forms.Form):
    """The caller's own words."""

    use_required_attribute = False
    said = forms.CharField(
        max_length=LONGEST_ANSWER,
        label=gettext_lazy("Kunden svarte"),
        error_messages={"required": gettext_lazy("Skriv det kunden svarte")},
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
