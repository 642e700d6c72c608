"""What staff fill in. Staff pages are written in bokmål."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from hanportal.accounts.models import Role, User
from hanportal.accounts.password_codes import whose_code


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
    """What a new staff member was given, and the password that they choose."""

    email = forms.EmailField(
        label="E-postadresse",
        error_messages={
            "required": "Skriv e-postadressen din.",
            "invalid": "Skriv en hel e-postadresse, som navn@eksempel.no.",
        },
    )
    code = forms.CharField(
        label="Engangskode",
        max_length=100,
        error_messages={"required": "Skriv engangskoden som du har fått."},
    )
    password = forms.CharField(
        label="Nytt passord",
        strip=False,
        max_length=1000,
        error_messages={"required": "Skriv et passord."},
    )

    user: User | None = None

    def clean(self) -> dict[str, Any]:
        """Find whose code it is, and hold the password to the rules."""
        given = super().clean() or {}
        if not {"email", "code", "password"} <= given.keys():
            return given
        self.user = whose_code(given["email"], given["code"])
        if self.user is None:
            raise forms.ValidationError(
                "Koden er brukt, for gammel eller ikke til denne e-postadressen. "
                "En administrator kan gi deg en ny."
            )
        try:
            validate_password(given["password"], self.user)
        except forms.ValidationError as weak:
            self.add_error("password", weak)
        return given


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
