"""People of the tests, and the customers in the register that some of them are."""

from dataclasses import replace

from hanportal.accounts.actions import seal_national_id
from hanportal.accounts.models import Customer, CustomerKind
from hanportal.demo.eid.people import Person

# Synthetic: months above 80. Nobody has ever had these numbers.
KARI_ID = "05818512378"
KARI_NEW_ID = "05818512386"
OLA_ID = "11829045623"
NOBODY_ID = "17847532122"

KARI = Person(
    subject="pseudonym-of-kari",
    name="Kari Prøve",
    national_id=KARI_ID,
    label="Kunde med ett målepunkt",
    level="idporten-loa-high",
)
OLA = Person(
    subject="pseudonym-of-ola",
    name="Ola Test",
    national_id=OLA_ID,
    label="Kunde med flere målepunkter",
    level="idporten-loa-high",
)
NOBODY = Person(
    subject="pseudonym-of-nobody",
    name="Ingen Kunde",
    national_id=NOBODY_ID,
    label="Ikke kunde",
    level="idporten-loa-high",
)
PEOPLE = [KARI, OLA, NOBODY]


def make_customer(person: Person, *, number: str = "1001") -> Customer:
    """This person as a customer in the register."""
    sealed = seal_national_id(person.national_id, customer_number=number)
    return Customer.objects.create(
        customer_number=number,
        kind=CustomerKind.PERSON,
        name=person.name,
        national_id_hash=sealed.hash,
        national_id_sealed=sealed.sealed,
        national_id_key_version=sealed.key_version,
    )


def renumbered(person: Person, national_id: str) -> Person:
    """The same person after the population register gave them another number."""
    return replace(person, national_id=national_id)
