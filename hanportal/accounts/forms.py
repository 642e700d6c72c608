"""What staff fill in."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from hanportal.accounts.models import Role, User
from hanportal.accounts.staff_login import TooManyTries

TOO_MANY = _("Det er gjort for mange forsøk. Vent et kvarter og prøv igjen.")


class PasswordForm(forms.Form):
    """What staff log in with first."""

    email = forms.EmailField(
        label=_("E-postadresse"),
        error_messages={
            "required": _("Skriv e-postadressen din."),
            "invalid": _("Skriv en hel e-postadresse, som navn@eksempel.no."),
        },
    )
    password = forms.CharField(
        label=_("Passord"),
        strip=False,
        max_length=1000,
        error_messages={"required": _("Skriv passordet ditt.")},
    )


class CodeForm(forms.Form):
    """A code of an authenticator app, or one of the recovery codes."""

    code = forms.CharField(
        label=_("Kode"), max_length=20, error_messages={"required": _("Skriv koden.")}
    )


class KeyAnswerForm(forms.Form):
    """What a security key answered to the challenge of a login."""

    credential = forms.JSONField(widget=forms.HiddenInput)


class KeyForm(KeyAnswerForm):
    """A security key to be added, and what the person calls it."""

    name = forms.CharField(
        label=_("Navn på nøkkelen"),
        max_length=60,
        initial=_("Sikkerhetsnøkkel"),
        error_messages={"required": _("Gi nøkkelen et navn.")},
    )


class OneTimeCodeForm(forms.Form):
    """What a staff member was given to begin with."""

    email = forms.EmailField(
        label=_("E-postadresse"),
        error_messages={
            "required": _("Skriv e-postadressen din."),
            "invalid": _("Skriv en hel e-postadresse, som navn@eksempel.no."),
        },
    )
    code = forms.CharField(
        label=_("Engangskode"),
        max_length=100,
        error_messages={"required": _("Skriv engangskoden som du har fått.")},
    )

    user: User | None = None

    def __init__(
        self, *args: Any, whose: Callable[[str, str], User | None], **kwargs: Any
    ) -> None:
        """:param whose: judges an address and a code; counts the try first."""
        super().__init__(*args, **kwargs)
        self._whose = whose

    def clean(self) -> dict[str, Any]:
        """Find whose code it is."""
        given = super().clean() or {}
        if not self.fields.keys() <= given.keys():
            return given
        try:
            self.user = self._whose(given["email"], given["code"])
        except TooManyTries:
            raise forms.ValidationError(TOO_MANY) from None
        if self.user is None:
            raise forms.ValidationError(
                _(
                    "Koden er brukt, for gammel eller ikke til denne e-postadressen. "
                    "En administrator kan gi deg en ny."
                )
            )
        return given


class NewPasswordForm(OneTimeCodeForm):
    """The code, and the password that a new staff member chooses."""

    password = forms.CharField(
        label=_("Nytt passord"),
        strip=False,
        max_length=1000,
        error_messages={"required": _("Skriv et passord.")},
    )

    def clean(self) -> dict[str, Any]:
        """Hold the password to the rules, once it is known whose it is."""
        given = super().clean()
        if self.user is not None:
            try:
                validate_password(given["password"], self.user)
            except forms.ValidationError as weak:
                self.add_error("password", weak)
        return given


class ChangedPasswordForm(forms.Form):
    """The password that somebody has, and the one that they want instead."""

    current = forms.CharField(
        label=_("Passordet du har nå"),
        strip=False,
        max_length=1000,
        error_messages={"required": _("Skriv passordet du har nå.")},
    )
    password = forms.CharField(
        label=_("Nytt passord"),
        strip=False,
        max_length=1000,
        error_messages={"required": _("Skriv et nytt passord.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """:param user: whose it is; the password may not look like them."""
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        """Hold the new password to the rules."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self._user)
        return password


class InvitationForm(forms.Form):
    """Somebody who begins to work here."""

    name = forms.CharField(
        label=_("Navn"), max_length=120, error_messages={"required": _("Skriv navnet.")}
    )
    email = forms.EmailField(
        label=_("E-postadresse"),
        error_messages={
            "required": _("Skriv e-postadressen."),
            "invalid": _("Skriv en hel e-postadresse, som navn@eksempel.no."),
        },
    )
    staff_number = forms.RegexField(
        r"^[A-Za-z0-9-]{1,20}$",
        label=_("Ansattnummer"),
        error_messages={
            "required": _("Skriv ansattnummeret."),
            "invalid": _("Bruk bare bokstavene a til z, tall og bindestrek."),
        },
    )
    role = forms.ChoiceField(
        label=_("Rolle"),
        choices=Role.choices,
        error_messages={"required": _("Velg en rolle.")},
    )
