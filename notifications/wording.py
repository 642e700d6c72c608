"""The words of every message, once: Min side, text and HTML say the same.

A context names what is told: `reference`, `address` (of the point), `meter_serial`,
`due_date`, `at` (when it happened), `reason` (what failed) and `url` (the order page);
where they are known, also `placed_at`, `sent_at` and `confirmed_at` of the order, and
`hold`, what it waits for; `agent`, the staff number of who ordered it for a caller, and
`representative` with `ground`, who did it for the customer and as what. Messages about
representations have neither `reference` nor `meter_serial`. What followed from the
register has its words in `wording_of_life_events.py`, and silent ports theirs in
`wording_of_silence.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from notifications.states import MessageKind
from notifications.wording_of_life_events import WORDS_OF_LIFE_EVENTS
from notifications.wording_of_silence import WORDS_OF_SILENCE
from notifications.words import Step, Words, day, moment


class IncompleteContext(Exception):  # noqa: N818 -- errors are sentences
    """A message lacks a fact that its words need; the caller must be corrected."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A message in one language, ready to be kept."""

    subject: str
    text: str
    html: str


def _steps_ahead(facts: Mapping[str, Any], *, last: str) -> tuple[Step, ...]:
    """The order is placed; the rest is to come, the last by the promised date."""
    promise = _("senest %(due)s") % {"due": day(facts["due_date"])}
    hold = facts.get("hold")
    in_place = (Step(name=_IN_PLACE[hold](), is_done=False),) if hold else ()
    placed_at = facts.get("placed_at") or facts["at"]
    return (
        Step(name=_("Bestilt"), is_done=True, note=moment(placed_at)),
        *in_place,
        Step(name=_("Sendt til måleren"), is_done=False),
        Step(name=_("Måleren har bekreftet"), is_done=False),
        Step(name=last, is_done=False, note=promise),
    )


def _steps_behind(facts: Mapping[str, Any], *, last: str) -> tuple[Step, ...]:
    """Everything is done, at the times that are known."""

    def done(name: str, at: datetime | None) -> Step:
        return Step(name=name, is_done=True, note=moment(at) if at else "")

    return (
        done(_("Bestilt"), facts.get("placed_at")),
        done(_("Sendt til måleren"), facts.get("sent_at")),
        done(_("Måleren har bekreftet"), facts.get("confirmed_at")),
        done(last, facts["at"]),
    )


_HOLDS: Mapping[str, Callable[[], str]] = {
    "needs_module": lambda: _(
        "Måleren mangler en liten modul som HAN-porten sitter på. Vi sender den til deg"
        " i posten, og det koster deg ingenting. Sett den inn slik veiledningen som"
        " følger med, viser. Når modulen er på plass, åpner vi porten."
    ),
    "needs_visit": lambda: _(
        "HAN-porten på denne måleren må åpnes på stedet. En montør kommer til måleren,"
        " og det koster deg ingenting. Vi tar kontakt om tidspunktet."
    ),
    "needs_exchange": lambda: _(
        "HAN-porten på denne måleren kan ikke åpnes. Måleren må byttes først. Vi tar"
        " kontakt om når det kan skje."
    ),
}
"""What a held order waits for, and what happens next."""

_IN_PLACE: Mapping[str, Callable[[], str]] = {
    "needs_module": lambda: _("HAN-modulen er på plass"),
    "needs_visit": lambda: _("Montøren har vært ved måleren"),
    "needs_exchange": lambda: _("Måleren er byttet"),
}
"""The step that comes before anything is sent."""


def _held_by(facts: Mapping[str, Any]) -> tuple[str, ...]:
    hold = facts.get("hold")
    return (_HOLDS[hold](),) if hold else ()


def _what_to_expect(facts: Mapping[str, Any]) -> str:
    if facts.get("hold") == "needs_module":
        return _("Vi sier fra når porten er åpen.")
    return _("Du trenger ikke gjøre noe mer. Vi sier fra når porten er åpen.")


def _ordered_by_agent(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """What was done on someone's behalf is told to them, so that a fraud is found."""
    if not facts.get("agent"):
        return ()
    return (
        _(
            "Kundesenteret la inn bestillingen for deg på telefon (ansattnummer"
            " %(agent)s). Var det ikke du som ringte, må du ringe oss med en gang:"
            " %(phone)s."
        )
        % {"agent": facts["agent"], "phone": settings.OPERATOR_PHONE},
    )


def _done_by_representative(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The same for who acted for them on a registered right."""
    if not facts.get("representative"):
        return ()
    return (
        _(
            "%(representative)s (%(ground)s) gjorde dette på dine vegne. Er det noe som"
            " ikke stemmer, må du ringe oss med en gang: %(phone)s."
        )
        % {**facts, "phone": settings.OPERATOR_PHONE},
    )


def _order_received(facts: Mapping[str, Any]) -> Words:
    due = day(facts["due_date"])
    ordered = (
        _("Det er bestilt at HAN-porten på %(address)s skal åpnes.")
        if facts.get("representative")
        else _("Du har bestilt at HAN-porten på %(address)s skal åpnes.")
    )
    return Words(
        subject=_("Vi har fått bestillingen: HAN-porten åpnes"),
        paragraphs=(
            ordered % facts,
            *_done_by_representative(facts),
            *_ordered_by_agent(facts),
            *_held_by(facts),
            _("Den skal være åpen senest %(due)s.") % {"due": due},
            _what_to_expect(facts),
        ),
        steps=_steps_ahead(facts, last=_("Porten er åpen")),
    )


def _closing_received(facts: Mapping[str, Any]) -> Words:
    due = day(facts["due_date"])
    ordered = (
        _("Det er bestilt at HAN-porten på %(address)s skal stenges.")
        if facts.get("representative")
        else _("Du har bestilt at HAN-porten på %(address)s skal stenges.")
    )
    return Words(
        subject=_("Vi har fått bestillingen: HAN-porten stenges"),
        paragraphs=(
            ordered % facts,
            *_done_by_representative(facts),
            *_ordered_by_agent(facts),
            _("Samtykket ditt er avsluttet fra nå av."),
            _("Porten skal være stengt senest %(due)s. Vi sier fra når den er det.")
            % {"due": due},
        ),
        steps=_steps_ahead(facts, last=_("Porten er stengt")),
    )


def _order_on_hold(facts: Mapping[str, Any]) -> Words:
    due = day(facts["due_date"])
    return Words(
        subject=_("Bestillingen av HAN-porten må vente"),
        paragraphs=(
            _("Bestillingen for HAN-porten på %(address)s er satt på vent.") % facts,
            *_held_by(facts),
            _(
                "Fristen er fortsatt %(due)s. Samtykket ditt gjelder, og du kan"
                " avbestille på Min side så lenge ingenting er sendt til måleren."
            )
            % {"due": due},
        ),
        steps=_steps_ahead(facts, last=_("Porten er åpen")),
    )


def _port_open(facts: Mapping[str, Any]) -> Words:
    return Words(
        subject=_("HAN-porten er åpen"),
        paragraphs=(
            _("HAN-porten på %(address)s er åpen. Måleren har selv bekreftet det.")
            % facts,
            _(
                "Nå kan du koble til utstyret ditt. Det kan ta inntil en time før de"
                " første timesverdiene kommer."
            ),
            _(
                "Dataene er ukryptert, så det er du som passer på hvem som kommer til"
                " porten. Du kan når som helst få den stengt igjen på Min side."
            ),
        ),
        steps=_steps_behind(facts, last=_("Porten er åpen")),
    )


def _port_closed(facts: Mapping[str, Any]) -> Words:
    return Words(
        subject=_("HAN-porten er stengt"),
        paragraphs=(
            _("HAN-porten på %(address)s er stengt. Måleren har selv bekreftet det.")
            % facts,
            _("Det kommer ikke lenger data ut av porten."),
            _("Vil du åpne den igjen, bestiller du det på Min side."),
        ),
        steps=_steps_behind(facts, last=_("Porten er stengt")),
    )


def _order_failed(facts: Mapping[str, Any]) -> Words:
    return Words(
        subject=_("Vi fikk ikke utført bestillingen"),
        paragraphs=(
            _("Vi fikk ikke utført bestillingen for HAN-porten på %(address)s.")
            % facts,
            _("Grunn: %(reason)s") % facts,
            _(
                "En medarbeider ser på saken. Du finner bestillingen på Min side, og"
                " kan bestille på nytt når du vil."
            ),
        ),
    )


def _order_cancelled(facts: Mapping[str, Any]) -> Words:
    return Words(
        subject=_("Bestillingen er avbestilt"),
        paragraphs=(
            _("Bestillingen for HAN-porten på %(address)s er avbestilt.") % facts,
            *_done_by_representative(facts),
            _("Ingenting ble sendt til måleren, og samtykket er avsluttet."),
        ),
    )


def _representation_registered(facts: Mapping[str, Any]) -> Words:
    ends = facts["ends_on"]
    return Words(
        subject=_("En annen kan nå handle for deg hos oss"),
        paragraphs=(
            _(
                "%(representative)s (%(ground)s) er registrert og kan bestille åpning"
                " og stenging av HAN-porten for %(represented)s."
            )
            % facts,
            _("Det gjelder fra %(starts)s.") % {"starts": day(facts["starts_on"])}
            if ends is None
            else _("Det gjelder fra %(starts)s til %(ends)s.")
            % {"starts": day(facts["starts_on"]), "ends": day(ends)},
            _if_wrong(),
        ),
        is_about_an_order=False,
    )


def _representation_ended(facts: Mapping[str, Any]) -> Words:
    return Words(
        subject=_("En annen kan ikke lenger handle for deg hos oss"),
        paragraphs=(
            _(
                "%(representative)s (%(ground)s) kan ikke lenger handle for"
                " %(represented)s."
            )
            % facts,
            _("Det som er bestilt før, gjelder fortsatt til det blir stengt."),
            _if_wrong(),
        ),
        is_about_an_order=False,
    )


def _if_wrong() -> str:
    return _("Er det noe som ikke stemmer, må du ringe oss med en gang: %(phone)s.") % {
        "phone": settings.OPERATOR_PHONE
    }


_WORDS: Mapping[MessageKind, Callable[[Mapping[str, Any]], Words]] = {
    MessageKind.ORDER_RECEIVED: _order_received,
    MessageKind.CLOSING_RECEIVED: _closing_received,
    MessageKind.ORDER_ON_HOLD: _order_on_hold,
    MessageKind.PORT_OPEN: _port_open,
    MessageKind.PORT_CLOSED: _port_closed,
    MessageKind.ORDER_FAILED: _order_failed,
    MessageKind.ORDER_CANCELLED: _order_cancelled,
    MessageKind.REPRESENTATION_REGISTERED: _representation_registered,
    MessageKind.REPRESENTATION_ENDED: _representation_ended,
    **WORDS_OF_LIFE_EVENTS,
    **WORDS_OF_SILENCE,
}


def render(
    kind: MessageKind, *, language: str, context: Mapping[str, object]
) -> Rendered:
    """Say it in the customer's language.

    :raises IncompleteContext: a fact that the words need is missing.
    """
    facts: dict[str, Any] = dict(context)
    with translation.override(language):
        try:
            words = _WORDS[kind](facts)
            page = {
                "words": words,
                "reference": _of_order(words, facts, "reference"),
                "meter_serial": _of_order(words, facts, "meter_serial"),
                "url": facts["url"],
                "operator": settings.OPERATOR_NAME,
            }
        except KeyError as missing:
            raise IncompleteContext(
                f"A message of kind {kind.value} needs {missing.args[0]}."
            ) from missing
        return Rendered(
            subject=words.subject,
            text=render_to_string("notifications/message.txt", page),
            html=render_to_string("notifications/message.html", page),
        )


def _of_order(words: Words, facts: Mapping[str, Any], name: str) -> Any:
    """A fact that every message about an order has, and others may lack."""
    return facts[name] if words.is_about_an_order else facts.get(name, "")
