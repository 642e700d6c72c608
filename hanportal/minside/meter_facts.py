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
    checks: tuple[Text, ...]
    """What to look at where no data come, in this order."""


_POWER = _(
    "Får leseren nok strøm? Har den egen strømforsyning, må den stå i, og lyser ikke"
    " leseren, får den for lite."
)
_FITTED = _("Sitter pluggen helt inne i HAN-porten, og er kabelen uten skader?")
_MADE_FOR = _(
    "Er leseren satt opp for denne måleren? Ber den om en nøkkel, lar du feltet stå"
    " tomt: dataene er ukryptert."
)
_PATIENCE = _(
    "Har du ventet en time? Effekten kommer først, målerstanden bare én gang i timen."
)


_FACTS: Mapping[str, MeterFacts] = {
    "aidon": MeterFacts(
        lists=_(
            "Effekt hvert 2,5. sekund, spenning og strøm hvert 10. sekund,"
            " målerstand hver time"
        ),
        power=_("Opptil 700 mW, nok til de fleste lesere"),
        connector=_("RJ45 (M-Bus, 2400 baud)"),
        checks=(_FITTED, _POWER, _MADE_FOR, _PATIENCE),
    ),
    "kamstrup": MeterFacts(
        lists=_("Effekt, spenning og strøm hvert 10. sekund, målerstand hver time"),
        power=_("Opptil 144 mW; mange lesere trenger egen strømforsyning"),
        connector=_("RJ45, på HAN-modulen"),
        checks=(
            _(
                "Sitter HAN-modulen i måleren? Uten modulen kommer det ingen data, og"
                " pluggen skal i modulen."
            ),
            _FITTED,
            _(
                "Har leseren egen strømforsyning? Porten gir bare 144 mW, og det er for"
                " lite for mange lesere."
            ),
            _MADE_FOR,
            _PATIENCE,
            _(
                "Porten på denne måleren kan henge seg opp. Da hjelper det ofte å"
                " starte den på nytt."
            ),
        ),
    ),
    "kaifa": MeterFacts(
        lists=_(
            "Effekt hvert 2. sekund, spenning og strøm hvert 10. sekund,"
            " målerstand hver time"
        ),
        power=_("Opptil 500 mW"),
        connector=_("RJ45; noen målere har RJ12"),
        checks=(
            _FITTED,
            _("Er pluggen av riktig type? Noen av disse målerne har RJ12, ikke RJ45."),
            _POWER,
            _MADE_FOR,
            _PATIENCE,
        ),
    ),
    "landis+gyr": MeterFacts(
        lists=_("Kommer an på modulen som monteres"),
        power=_("Kommer an på modulen som monteres"),
        connector=_("Egen adapter"),
        checks=(
            _("Er adapteren som montøren satte inn, fortsatt på plass?"),
            _FITTED,
            _POWER,
            _MADE_FOR,
        ),
    ),
}


def facts_of(manufacturer: str) -> MeterFacts | None:
    """The facts of this make; None where we do not know them."""
    return _FACTS.get(manufacturer.strip().lower().replace(" ", ""))


def checks_of(manufacturer: str) -> tuple[Text, ...]:
    """What to look at where no data come, also of a make that we do not know."""
    facts = facts_of(manufacturer)
    return (_FITTED, _POWER, _MADE_FOR, _PATIENCE) if facts is None else facts.checks
