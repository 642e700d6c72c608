"""What staff fill in. Staff pages are written in bokmål."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from hanportal.accounts.models import Role, User


class PasswordForm(forms.Form):
    """What staff log in with first."""

    email = forms.EmailField(
        label="E-postadresse",
        error_messages={
            "required": "Skriv e-postadressen din.",
            "invalid": "Skriv en hel e-postadresse, som navn@eksempel.no.",
        },
    )
    password = forms.CharField(
        label="Passord",
        strip=False,
        max_length=1000,
        error_messages={"required": "Skriv passordet ditt."},
    )


class CodeForm(forms.Form):
    """A code of an authenticator app, or one of the recovery codes."""

    code = forms.CharField(
        label="Kode", max_length=20, error_messages={"required": "Skriv koden."}
    )


class KeyAnswerForm(forms.Form):
    """What a security key answered to the challenge of a login."""

    credential = forms.JSONField(widget=forms.HiddenInput)


class KeyForm(KeyAnswerForm):
    """A security key to be added, and what the person calls it."""

    name = forms.CharField(
        label="Navn på nøkkelen",
        max_length=60,
        initial="Sikkerhetsnøkkel",
        error_messages={"required": "Gi nøkkelen et navn."},
    )


class NewPasswordForm(forms.Form):
    """A password that is held to the rules."""

    password = forms.CharField(
        label="Nytt passord",
        strip=False,
        max_length=1000,
        error_messages={"required": "Skriv et passord."},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        """Refuse what is too short, too common or about the person."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self._user)
        return password


class InvitationForm(forms.Form):
    """Somebody who begins to work here."""

    name = forms.CharField(
        label="Navn", max_length=120, error_messages={"required": "Skriv navnet."}
    )
    email = forms.EmailField(
        label="E-postadresse",
        error_messages={
            "required": "Skriv e-postadressen.",
            "invalid": "Skriv en hel e-postadresse, som navn@eksempel.no.",
        },
    )
    staff_number = forms.RegexField(
        r"^[A-Za-z0-9-]{1,20}$",
        label="Ansattnummer",
        error_messages={
            "required": "Skriv ansattnummeret.",
            "invalid": "Bruk bare bokstavene a til z, tall og bindestrek.",
        },
    )
    role = forms.ChoiceField(
        label="Rolle",
        choices=Role.choices,
        error_messages={"required": "Velg en rolle."},
    )
