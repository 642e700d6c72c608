"""The words for what followed from the register: moves, exchanges, and rollbacks.

A context names `address`, `meter_serial`, `effective_date`, `awaits` (what the meter
is still to confirm, if anything), `is_confirmed` (by the meter), `exposed_from`,
`exposed_until` and `obstacle`.
Nothing here says anything of anybody but the one who is told.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from notifications.states import MessageKind
from notifications.words import Words, day, moment

Facts = Mapping[str, Any]


def _moved_out(facts: Facts) -> Words:
    return Words(
        subject=_("Samtykket er avsluttet fordi du har flyttet"),
        paragraphs=(
            _(
                "Fra %(day)s har du ikke lenger nettavtalen på %(address)s. Samtykket"
                " ditt til å åpne HAN-porten der er derfor avsluttet."
            )
            % {"day": day(facts["effective_date"]), "address": facts["address"]},
            _what_becomes_of_the_port(facts),
            _if_it_is_wrong(),
        ),
        is_about_an_order=False,
    )


def _point_deactivated(facts: Facts) -> Words:
    return Words(
        subject=_("Samtykket er avsluttet fordi målepunktet ikke er i bruk"),
        paragraphs=(
            _(
                "Målepunktet på %(address)s er tatt ut av bruk. Samtykket ditt til å"
                " åpne HAN-porten der er derfor avsluttet."
            )
            % facts,
            _what_becomes_of_the_port(facts),
            _if_it_is_wrong(),
        ),
        is_about_an_order=False,
    )


def _closed_afterwards(facts: Facts) -> Words:
    return Words(
        subject=_("HAN-porten du hadde åpen, er stengt"),
        paragraphs=(
            _("HAN-porten på %(address)s er stengt. Måleren har selv bekreftet det.")
            % facts,
            _(
                "Dermed er alt avsluttet for samtykket ditt der. Du trenger ikke gjøre"
                " noe mer."
            ),
        ),
        is_about_an_order=False,
    )


def _stood_open(facts: Facts) -> Words:
    return Words(
        subject=_("HAN-porten hos deg sto åpen uten ditt samtykke"),
        paragraphs=(
            _(
                "Fra %(since)s har HAN-porten på %(address)s stått åpen uten at du har"
                " samtykket til det. Vi har oppdaget det nå, og porten stenges."
            )
            % {"since": moment(facts["exposed_from"]), "address": facts["address"]},
            _(
                "Så lenge porten er åpen, kan utstyr som er koblet til måleren, lese"
                " strømforbruket. Står det noe slikt der, kan du koble det fra."
            ),
            _("Vi sier fra når måleren har bekreftet at porten er stengt."),
        ),
        is_about_an_order=False,
    )


def _stood_open_closed(facts: Facts) -> Words:
    period = {
        "since": moment(facts["exposed_from"]),
        "until": moment(facts["exposed_until"]),
        "address": facts["address"],
    }
    confirmed = (_("Måleren har selv bekreftet at den ble stengt."),)
    return Words(
        subject=_("HAN-porten hos deg har stått åpen uten ditt samtykke"),
        paragraphs=(
            _(
                "HAN-porten på %(address)s sto åpen uten ditt samtykke fra %(since)s"
                " til %(until)s."
            )
            % period,
            *(confirmed if facts["is_confirmed"] else ()),
            _("Vil du bruke porten selv, bestiller du det på Min side."),
        ),
        is_about_an_order=False,
    )


def _meter_exchanged(facts: Facts) -> Words:
    return Words(
        subject=_("Ny måler: vi åpner HAN-porten på den også"),
        paragraphs=(
            _(
                "Måleren på %(address)s er byttet. Samtykket ditt gjelder fortsatt, og"
                " HAN-porten på den nye måleren åpnes uten at du trenger å bestille."
            )
            % facts,
            _("Vi sier fra når den nye måleren har bekreftet at porten er åpen."),
        ),
        is_about_an_order=False,
    )


def _exchange_on_hold(facts: Facts) -> Words:
    return Words(
        subject=_("Ny måler: HAN-porten kan ikke åpnes herfra"),
        paragraphs=(
            _(
                "Måleren på %(address)s er byttet. HAN-porten på den nye måleren kan"
                " vi ikke åpne herfra nå, så du får ikke data fra den ennå."
            )
            % facts,
            _OBSTACLES[facts["obstacle"]](),
            _("Samtykket ditt gjelder fortsatt. Du kan når som helst avslutte det."),
        ),
        is_about_an_order=False,
    )


def _consent_restored(facts: Facts) -> Words:
    return Words(
        subject=_("Samtykket ditt gjelder igjen"),
        paragraphs=(
            _(
                "Vi avsluttet samtykket ditt for HAN-porten på %(address)s. Det som"
                " lå til grunn, er rettet: Du har hatt nettavtalen hele tiden."
            )
            % facts,
            _(
                "Samtykket gjelder derfor videre, og porten skal være åpen. Vi sier fra"
                " når måleren har bekreftet det."
            ),
        ),
        is_about_an_order=False,
    )


def _consent_not_restored(facts: Facts) -> Words:
    return Words(
        subject=_("Du kan bestille HAN-porten åpnet på nytt"),
        paragraphs=(
            _(
                "Vi avsluttet samtykket ditt for HAN-porten på %(address)s. Det som"
                " lå til grunn, er rettet: Du har hatt nettavtalen hele tiden."
            )
            % facts,
            _(
                "Porten var da alt stengt, og den blir stående slik. Vil du ha den"
                " åpen, bestiller du det på Min side. Vi beklager bryderiet."
            ),
        ),
        is_about_an_order=False,
    )


def _open_again(facts: Facts) -> Words:
    return Words(
        subject=_("HAN-porten er åpen"),
        paragraphs=(
            _("HAN-porten på %(address)s er åpen. Måleren har selv bekreftet det.")
            % facts,
            _(
                "Samtykket ditt gjelder som før. Du kan når som helst få porten stengt"
                " på Min side."
            ),
        ),
        is_about_an_order=False,
    )


def _what_becomes_of_the_port(facts: Facts) -> str:
    if facts["awaits"]:
        return _("Porten stenges. Du trenger ikke gjøre noe.")
    return _("Porten er ikke åpen for deg lenger. Du trenger ikke gjøre noe.")


def _if_it_is_wrong() -> str:
    return _("Er dette feil, må du ringe kundesenteret: %(phone)s.") % {
        "phone": settings.OPERATOR_PHONE
    }


_OBSTACLES: Mapping[str, Callable[[], str]] = {
    "needs_module": lambda: _(
        "Måleren trenger en HAN-modul først. Kundesenteret tar kontakt med deg."
    ),
    "needs_visit": lambda: _(
        "En montør må komme innom først. Kundesenteret tar kontakt med deg."
    ),
    "unsupported": lambda: _(
        "Den nye måleren har ingen HAN-port som kan åpnes. Kundesenteret tar kontakt"
        " med deg."
    ),
}

WORDS_OF_LIFE_EVENTS: Mapping[MessageKind, Callable[[Facts], Words]] = {
    MessageKind.MOVED_OUT: _moved_out,
    MessageKind.POINT_DEACTIVATED: _point_deactivated,
    MessageKind.CLOSED_AFTERWARDS: _closed_afterwards,
    MessageKind.STOOD_OPEN: _stood_open,
    MessageKind.STOOD_OPEN_CLOSED: _stood_open_closed,
    MessageKind.METER_EXCHANGED: _meter_exchanged,
    MessageKind.EXCHANGE_ON_HOLD: _exchange_on_hold,
    MessageKind.CONSENT_RESTORED: _consent_restored,
    MessageKind.CONSENT_NOT_RESTORED: _consent_not_restored,
    MessageKind.OPEN_AGAIN: _open_again,
}
