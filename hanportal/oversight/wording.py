"""What codes of the log and of verification are called by the people who audit."""

from typing import Final

from hanportal.audit.verify import DamageKind

EVENTS: Final = {
    "consent.given": "Samtykket ble gitt",
    "consent.imported": "Samtykket ble hentet inn fra før portalen",
    "consent.restored": "Samtykket ble videreført etter en retting i registeret",
    "consent.ended": "Samtykket ble avsluttet",
    "order.placed": "Bestillingen ble lagt inn",
    "order.in_progress": "Bestillingen ble satt i arbeid",
    "order.carried_over": "Bestillingen fulgte med til den nye måleren",
    "order.sent": "Frontsystemet tok imot bestillingen",
    "order.on_hold": "Bestillingen ble satt på vent",
    "order.completed": "Bestillingen ble utført",
    "order.cancelled": "Bestillingen ble avbestilt",
    "order.superseded": "Bestillingen ble erstattet av en nyere",
    "order.failed": "Bestillingen kunne ikke utføres",
    "command.queued": "Kommando lagt i kø",
    "command.sending": "Kommando sendes",
    "command.accepted": "Frontsystemet tok imot kommandoen",
    "command.ambiguous": "Uvisst om frontsystemet tok imot kommandoen",
    "command.confirmed": "Måleren bekreftet kommandoen",
    "command.rejected": "Kommandoen ble avvist",
    "command.failed": "Kommandoen mislyktes",
    "command.expired": "Fristen for kommandoen gikk ut",
    "command.cancelled": "Kommandoen ble avbrutt",
    "command.superseded": "Kommandoen ble erstattet av en nyere",
    "command.dead": "Kommandoen må ses på av et menneske",
    "command.read_back": "Måleren ble lest tilbake",
    "port.wanted": "Porten skal være slik",
    "port.registered_open": "Registeret oppga porten som åpen",
    "port.reported_open": "Måleren meldte porten åpen",
    "port.reported_closed": "Måleren meldte porten stengt",
    "port.read_back_open": "Måleren ble lest tilbake: åpen",
    "port.read_back_closed": "Måleren ble lest tilbake: stengt",
    "port.read_back_unknown": "Måleren ble lest tilbake uten svar",
    "life_event.moved_out": "Registeret: kunden har flyttet ut",
    "life_event.point_deactivated": "Registeret: målepunktet er ute av bruk",
    "life_event.holder_died": "Registeret: kunden er død",
    "life_event.stood_open": "Porten sto åpen i kundens tid uten samtykke",
    "life_event.meter_exchanged": "Registeret: måleren er byttet",
    "life_event.rolled_back": "Registeret: det som avsluttet samtykket, er rettet",
    "life_event.confirmed": "Måleren bekreftet det livshendelsen krevde",
    "life_event.overtaken": "Livshendelsen ble overtatt av noe nyere",
    "life_event.exposed": "Porten ble sett åpen etter at samtykket var avsluttet",
    "life_event.undone": "Livshendelsen ble tilbakeført",
    "notice.posted": "Melding skrevet",
    "notice.sent": "Melding sendt",
    "notice.failed": "Melding kunne ikke sendes",
    "notice.bounced": "Melding kom i retur",
    "notice.withdrawn": "Melding trukket tilbake",
    "case.opened": "Sak opprettet",
    "case.closed": "Sak avsluttet",
    "representation.registered": "Rett til å handle for kunden ble registrert",
    "representation.changed": "Registeret flyttet slutten på retten til å handle",
    "representation.revoked": "Retten til å handle for kunden ble trukket tilbake",
    "representation.acting": "Noen begynte å handle for kunden",
    "customer.died": "Dødsfallet ble registrert",
    "customer.death_corrected": "Dødsfallet var feil registrert",
    "caller.verified": "Innringeren ble kontrollert og godkjent",
    "caller.verification_ended": "Kontrollen av innringeren ble avsluttet",
    "caller.not_verified": "Innringeren ble kontrollert og ikke godkjent",
}

DAMAGES: Final = {
    DamageKind.MISSING: "Hendelser mangler foran denne",
    DamageKind.FORK: "To hendelser gjør krav på samme plass",
    DamageKind.LINK: "Lenken til hendelsen foran stemmer ikke",
    DamageKind.HASH: "Innholdet og fingeravtrykket stemmer ikke overens",
    DamageKind.BYTES: "Innholdet er ikke en hendelse i loggens format",
    DamageKind.COLUMN: "En kolonne sier noe annet enn det som ble skrevet",
    DamageKind.DETAIL: "En personopplysning er ikke den som hørte til hendelsen",
}

ACTORS: Final = {
    "customer": "Kunden",
    "staff": "Ansatt",
    "system": "Systemet",
    "head_end": "Frontsystemet",
    "register": "Registeret",
}


PURPOSES: Final = {
    "submit": "Kommandoen sendt",
    "read_back": "Måleren lest tilbake",
    "cancel": "Kommandoen trukket",
    "probe": "Forbindelsen prøvd",
}

QUESTIONS: Final = {
    "birth_date": "Fødselsdato",
    "street_address": "Gateadresse",
    "meter_serial_end": "Slutten av målernummeret",
    "customer_number": "Kundenummer",
    "phone": "Telefonnummer",
    "email": "E-postadresse",
    "registered_number": "Ringt tilbake på registrert nummer",
    "representative_birth_date": "Representantens fødselsdato",
    "representative_evidence": "Dokumentet som gir rett til å handle",
    "representative_email": "Representantens e-postadresse",
    "representative_phone": "Representantens telefonnummer",
}


def event_in_words(what: str) -> str:
    """What happened; an event without words of its own is told by its code."""
    return EVENTS.get(what, what)
