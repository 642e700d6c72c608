"""The words of what staff are told by e-mail about their own login."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from hanportal.accounts.addresses import portal_address
from hanportal.accounts.models import NoticeKind, Role, StaffNotice, User
from hanportal.accounts.password_codes import password_code

LANGUAGE = "nb"


@dataclass(frozen=True, kw_only=True)
class Words:
    """A letter to a staff member, in paragraphs."""

    subject: str
    paragraphs: tuple[str, ...]


def words_of(notice: StaffNotice) -> Words:
    """What the letter says. One that lets in carries a code made at this moment."""
    with translation.override(LANGUAGE):
        subject, *said = _WORDS[NoticeKind(notice.kind)](notice.facts, notice.user)
        greeting = _("Hei, %(name)s.") % {"name": notice.user.display_name}
        return Words(subject=subject, paragraphs=(greeting, *said, _signature()))


def _signature() -> str:
    return _("Hilsen HAN-portalen hos %(operator)s") % {
        "operator": settings.OPERATOR_NAME
    }


def _not_you() -> str:
    return _("Kjenner du deg ikke igjen i dette? Si fra til en administrator straks.")


def _role(facts: Mapping[str, Any]) -> str:
    return str(Role(facts["role"]).label)


def _role_given(facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    role = {"role": _role(facts)}
    return (
        _("Du har fått rollen %(role)s") % role,
        _("Du har fått rollen %(role)s i HAN-portalen.") % role,
        _not_you(),
    )


def _role_ended(facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    role = {"role": _role(facts)}
    return (
        _("Du har ikke lenger rollen %(role)s") % role,
        _("Rollen %(role)s i HAN-portalen er tatt fra deg.") % role,
        _not_you(),
    )


def _switched_off(_facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Adgangen din er slått av"),
        _("Du kommer ikke lenger inn i HAN-portalen, og er logget ut overalt."),
        _("Er det en feil, snakker du med en administrator."),
    )


def _switched_on(_facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Adgangen din er slått på igjen"),
        _("Du får ny innlogging når to administratorer har godkjent den."),
        _not_you(),
    )


def _password_chosen(_facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Du har valgt et nytt passord"),
        _("Det er valgt et nytt passord til brukeren din i HAN-portalen."),
        _not_you(),
    )


def _factor_added(facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    what = _factor(facts)
    return (
        _("Den ekstra låsen er endret"),
        _("Dette er lagt til innloggingen din: %(what)s.") % {"what": what},
        _not_you(),
    )


def _factor_removed(facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    what = _factor(facts)
    return (
        _("Den ekstra låsen er endret"),
        _("Dette er fjernet fra innloggingen din: %(what)s.") % {"what": what},
        _not_you(),
    )


def _factor(facts: Mapping[str, Any]) -> str:
    if facts["factor"] == "webauthn":
        return _("en sikkerhetsnøkkel")
    return _("en autentiseringsapp")


def _codes_made(_facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Du har nye gjenopprettingskoder"),
        _("Det er laget nye gjenopprettingskoder. De gamle virker ikke lenger."),
        _not_you(),
    )


def _company_login_bound(_facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Firmainnloggingen er koblet til"),
        _("Fra nå av kan du logge inn i HAN-portalen med firmainnloggingen din."),
        _not_you(),
    )


def _new_device(facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Innlogging fra en ny enhet"),
        _("Du har logget inn i HAN-portalen fra en enhet vi ikke kjente: %(device)s.")
        % facts,
        _("Under «Innloggingen min» ser du hvor du er innlogget, og kan logge ut der."),
        _not_you(),
    )


def _reset_asked(facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Noen har bedt om ny innlogging for deg"),
        _(
            "%(name)s (ansattnummer %(staff_number)s) har bedt om at du får ny"
            " innlogging. Når en annen administrator har godkjent det, slutter den"
            " gamle å virke, og du får en engangskode på e-post."
        )
        % facts,
        _("Har du ikke bedt om det? Si fra til en annen administrator straks."),
    )


def _reset_waits(facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Ny innlogging venter på godkjenning"),
        _(
            "En administrator har bedt om ny innlogging for %(name)s (ansattnummer"
            " %(staff_number)s). Snakk med %(name)s før du godkjenner."
        )
        % facts,
        portal_address(reverse("staff_people")),
    )


def _login_reset(_facts: Mapping[str, Any], user: User) -> tuple[str, ...]:
    return (
        _("Engangskoden din"),
        _("Du får ny innlogging. Den gamle virker ikke lenger."),
        _("Gå til %(address)s og bruk denne engangskoden:")
        % {"address": portal_address(reverse("staff_choose_password"))},
        password_code(user),
        _("Koden virker én gang og i ett døgn. Gi den ikke til noen."),
    )


def _login_reset_inside(_facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Du får ny innlogging"),
        _(
            "De som drifter HAN-portalen har gitt deg ny innlogging. Den gamle virker"
            " ikke lenger, og engangskoden får du av dem."
        ),
        _not_you(),
    )


def _administrator_made(facts: Mapping[str, Any], _user: User) -> tuple[str, ...]:
    return (
        _("Det er kommet en ny administrator"),
        _("%(name)s (ansattnummer %(staff_number)s) er blitt administrator.") % facts,
        _("Stemmer ikke det, må du ta rollen tilbake."),
    )


_WORDS: Mapping[NoticeKind, Callable[[Mapping[str, Any], User], tuple[str, ...]]] = {
    NoticeKind.ROLE_GIVEN: _role_given,
    NoticeKind.ROLE_ENDED: _role_ended,
    NoticeKind.SWITCHED_OFF: _switched_off,
    NoticeKind.SWITCHED_ON: _switched_on,
    NoticeKind.PASSWORD_CHOSEN: _password_chosen,
    NoticeKind.FACTOR_ADDED: _factor_added,
    NoticeKind.FACTOR_REMOVED: _factor_removed,
    NoticeKind.CODES_MADE: _codes_made,
    NoticeKind.COMPANY_LOGIN_BOUND: _company_login_bound,
    NoticeKind.NEW_DEVICE: _new_device,
    NoticeKind.RESET_ASKED: _reset_asked,
    NoticeKind.RESET_WAITS: _reset_waits,
    NoticeKind.LOGIN_RESET: _login_reset,
    NoticeKind.LOGIN_RESET_INSIDE: _login_reset_inside,
    NoticeKind.ADMINISTRATOR_MADE: _administrator_made,
}
