"""What codes of the log and of verification are called by the people who audit."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from hanportal.audit.verify import DamageKind

EVENTS: Final = {
    "consent.given": _("Samtykket ble gitt"),
    "consent.imported": _("Samtykket ble hentet inn fra før portalen"),
    "consent.restored": _("Samtykket ble videreført etter en retting i registeret"),
    "consent.ended": _("Samtykket ble avsluttet"),
    "order.placed": _("Bestillingen ble lagt inn"),
    "order.in_progress": _("Bestillingen ble satt i arbeid"),
    "order.carried_over": _("Bestillingen fulgte med til den nye måleren"),
    "order.sent": _("Frontsystemet tok imot bestillingen"),
    "order.on_hold": _("Bestillingen ble satt på vent"),
    "order.held_anew": _("Bestillingen venter på noe annet enn før"),
    "order.completed": _("Bestillingen ble utført"),
    "order.cancelled": _("Bestillingen ble avbestilt"),
    "order.superseded": _("Bestillingen ble erstattet av en nyere"),
    "order.failed": _("Bestillingen kunne ikke utføres"),
    "command.queued": _("Kommando lagt i kø"),
    "command.sending": _("Kommando sendes"),
    "command.accepted": _("Frontsystemet tok imot kommandoen"),
    "command.ambiguous": _("Uvisst om frontsystemet tok imot kommandoen"),
    "command.confirmed": _("Måleren bekreftet kommandoen"),
    "command.rejected": _("Kommandoen ble avvist"),
    "command.failed": _("Kommandoen mislyktes"),
    "command.expired": _("Fristen for kommandoen gikk ut"),
    "command.cancelled": _("Kommandoen ble avbrutt"),
    "command.superseded": _("Kommandoen ble erstattet av en nyere"),
    "command.dead": _("Kommandoen må ses på av et menneske"),
    "command.read_back": _("Måleren ble lest tilbake"),
    "restart.queued": _("Omstart av porten lagt i kø"),
    "restart.sending": _("Omstart av porten sendes"),
    "restart.accepted": _("Frontsystemet tok imot omstarten"),
    "restart.ambiguous": _("Uvisst om frontsystemet tok imot omstarten"),
    "restart.confirmed": _("Måleren bekreftet at porten er startet på nytt"),
    "restart.rejected": _("Omstarten ble avvist"),
    "restart.expired": _("Omstarten førte ikke til noe"),
    "restart.cancelled": _("Omstarten ble avbrutt"),
    "restart.superseded": _("Omstarten ble overtatt av noe nyere"),
    "restart.dead": _("Omstarten må ses på av et menneske"),
    "port.resend_asked": _("Åpningen ble bedt sendt på nytt"),
    "port.wanted": _("Porten skal være slik"),
    "port.registered_open": _("Registeret oppga porten som åpen"),
    "port.reported_open": _("Måleren meldte porten åpen"),
    "port.reported_closed": _("Måleren meldte porten stengt"),
    "port.read_back_open": _("Måleren ble lest tilbake: åpen"),
    "port.read_back_closed": _("Måleren ble lest tilbake: stengt"),
    "port.read_back_unknown": _("Måleren ble lest tilbake uten svar"),
    "life_event.moved_out": _("Registeret: kunden har flyttet ut"),
    "life_event.point_deactivated": _("Registeret: målepunktet er ute av bruk"),
    "life_event.holder_died": _("Registeret: kunden er død"),
    "life_event.stood_open": _("Porten sto åpen i kundens tid uten samtykke"),
    "life_event.meter_exchanged": _("Registeret: måleren er byttet"),
    "life_event.rolled_back": _("Registeret: det som avsluttet samtykket, er rettet"),
    "life_event.confirmed": _("Måleren bekreftet det livshendelsen krevde"),
    "life_event.overtaken": _("Livshendelsen ble overtatt av noe nyere"),
    "life_event.exposed": _("Porten ble sett åpen etter at samtykket var avsluttet"),
    "life_event.undone": _("Livshendelsen ble tilbakeført"),
    "notice.posted": _("Melding skrevet"),
    "notice.sent": _("Melding sendt"),
    "notice.failed": _("Melding kunne ikke sendes"),
    "notice.bounced": _("Melding kom i retur"),
    "notice.withdrawn": _("Melding trukket tilbake"),
    "case.opened": _("Sak opprettet"),
    "case.module_sent": _("HAN-modulen ble sendt til kunden"),
    "case.visit_asked": _("Montør ble bedt om"),
    "case.closed": _("Sak avsluttet"),
    "representation.registered": _("Rett til å handle for kunden ble registrert"),
    "representation.changed": _("Registeret flyttet slutten på retten til å handle"),
    "representation.revoked": _("Retten til å handle for kunden ble trukket tilbake"),
    "representation.acting": _("Noen begynte å handle for kunden"),
    "customer.died": _("Dødsfallet ble registrert"),
    "customer.death_corrected": _("Dødsfallet var feil registrert"),
    "caller.verified": _("Innringeren ble kontrollert og godkjent"),
    "caller.verification_ended": _("Kontrollen av innringeren ble avsluttet"),
    "caller.not_verified": _("Innringeren ble kontrollert og ikke godkjent"),
}

DAMAGES: Final = {
    DamageKind.MISSING: _("Hendelser mangler foran denne"),
    DamageKind.FORK: _("To hendelser gjør krav på samme plass"),
    DamageKind.LINK: _("Lenken til hendelsen foran stemmer ikke"),
    DamageKind.HASH: _("Innholdet og fingeravtrykket stemmer ikke overens"),
    DamageKind.BYTES: _("Innholdet er ikke en hendelse i loggens format"),
    DamageKind.COLUMN: _("En kolonne sier noe annet enn det som ble skrevet"),
    DamageKind.DETAIL: _("En personopplysning er ikke den som hørte til hendelsen"),
}

ACTORS: Final = {
    "customer": _("Kunden"),
    "staff": _("Ansatt"),
    "system": _("Systemet"),
    "head_end": _("Frontsystemet"),
    "register": _("Registeret"),
}


PURPOSES: Final = {
    "submit": _("Kommandoen sendt"),
    "read_back": _("Måleren lest tilbake"),
    "cancel": _("Kommandoen trukket"),
    "probe": _("Forbindelsen prøvd"),
}

QUESTIONS: Final = {
    "birth_date": _("Fødselsdato"),
    "street_address": _("Gateadresse"),
    "meter_serial_end": _("Slutten av målernummeret"),
    "customer_number": _("Kundenummer"),
    "phone": _("Telefonnummer"),
    "email": _("E-postadresse"),
    "registered_number": _("Ringt tilbake på registrert nummer"),
    "representative_birth_date": _("Representantens fødselsdato"),
    "representative_evidence": _("Dokumentet som gir rett til å handle"),
    "representative_email": _("Representantens e-postadresse"),
    "representative_phone": _("Representantens telefonnummer"),
}


def event_in_words(what: str) -> str:
    """What happened; an event without words of its own is told by its code."""
    return str(EVENTS.get(what, what))
