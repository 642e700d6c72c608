"""What each make of meter gives through its HAN port, told before anyone orders.

Source: the meter makers' HAN descriptions, as listed in the industry's guides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class MeterFacts:
    """One make of meter in the customer's words."""

    lists: Text
    """How often it sends what."""
    power: Text
    """What it can feed a reader through the port."""
    connector: Text


_FACTS: Mapping[str, MeterFacts] = {
    "aidon": MeterFacts(
        lists=_(
            "Effekt hvert 2,5. sekund, spenning og strøm hvert 10. sekund,"
            " målerstand hver time"
        ),
        power=_("Opptil 700 mW, nok til de fleste lesere"),
        connector=_("RJ45 (M-Bus, 2400 baud)"),
    ),
    "kamstrup": MeterFacts(
        lists=_("Effekt, spenning og strøm hvert 10. sekund, målerstand hver time"),
        power=_("Opptil 144 mW; mange lesere trenger egen strømforsyning"),
        connector=_("RJ45, på HAN-modulen"),
    ),
    "kaifa": MeterFacts(
        lists=_(
            "Effekt hvert 2. sekund, spenning og strøm hvert 10. sekund,"
            " målerstand hver time"
        ),
        power=_("Opptil 500 mW"),
        connector=_("RJ45; noen målere har RJ12"),
    ),
    "landis+gyr": MeterFacts(
        lists=_("Kommer an på modulen som monteres"),
        power=_("Kommer an på modulen som monteres"),
        connector=_("Egen adapter"),
    ),
}


def facts_of(manufacturer: str) -> MeterFacts | None:
    """The facts of this make; None where we do not know them."""
    return _FACTS.get(manufacturer.strip().lower().replace(" ", ""))
