"""The words for a port that is open and silent, and was to be started again.

A context names `address`, `meter_serial` and `url`. Nothing here says that data come:
nobody but the customer's own equipment can see that.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from notifications.states import MessageKind
from notifications.words import Words

Facts = Mapping[str, Any]


def _port_restarted(facts: Facts) -> Words:
    return Words(
        subject=_("HAN-porten er startet på nytt"),
        paragraphs=(
            _("HAN-porten på %(address)s er startet på nytt.") % facts,
            _("Måleren har bekreftet det."),
            _(
                "Vi kan ikke se om det kommer data ut av porten. Gi utstyret ditt noen"
                " minutter. Får du fortsatt ingen data, kan du si fra på Min side."
            ),
        ),
        is_about_an_order=False,
    )


def _restart_failed(facts: Facts) -> Words:
    return Words(
        subject=_("Vi fikk ikke startet HAN-porten på nytt"),
        paragraphs=(
            _("Vi fikk ikke startet HAN-porten på %(address)s på nytt.") % facts,
            _(
                "En medarbeider ser på saken. Du trenger ikke gjøre noe mer. Lurer du"
                " på noe, kan du ringe oss: %(phone)s."
            )
            % {"phone": settings.OPERATOR_PHONE},
        ),
        is_about_an_order=False,
    )


WORDS_OF_SILENCE: Mapping[MessageKind, Callable[[Facts], Words]] = {
    MessageKind.PORT_RESTARTED: _port_restarted,
    MessageKind.RESTART_FAILED: _restart_failed,
}
