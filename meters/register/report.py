"""What an import tells: how many rows became what, and why some were refused.

Nothing personal is in a report. A refused value is told by its shape alone, because
with two columns swapped any column may hold anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

KEPT_REJECTIONS = 1000
"""How many refused rows, and as many warnings, a report spells out per file."""

SHAPE_LENGTH = 30


class Reason(TextChoices):
    """Why a row was refused. Where a text has `%(detail)s`, the row's detail goes."""

    FIELD_COUNT = (
        "field_count",
        gettext_lazy("raden har ikke like mange felt som overskriften"),
    )
    CUT_SHORT = (
        "cut_short",
        gettext_lazy("den siste linjen er ikke hel; filen kan være avkortet"),
    )
    QUOTES = "quotes", gettext_lazy("anførselstegnene på linjen går ikke opp")
    MISSING = "missing", gettext_lazy("verdien mangler")
    TOO_LONG = "too_long", gettext_lazy("verdien er lengre enn %(detail)s tegn")
    CHARACTERS = "characters", gettext_lazy("verdien har tegn som ikke kan brukes")
    GSRN_LENGTH = "gsrn_length", gettext_lazy("målepunkt-ID må ha nøyaktig 18 sifre")
    GSRN_CHECK_DIGIT = (
        "gsrn_check_digit",
        gettext_lazy("kontrollsifferet i målepunkt-ID-en stemmer ikke"),
    )
    SERIAL = (
        "serial",
        gettext_lazy("målernummer er 1–20 bokstaver, sifre og bindestrek"),
    )
    POSTAL_CODE = "postal_code", gettext_lazy("postnummer må ha nøyaktig 4 sifre")
    DATE = "date", gettext_lazy("datoen må skrives ÅÅÅÅ-MM-DD og finnes")
    CHOICE = "choice", gettext_lazy("verdien må være en av: %(detail)s")
    EMAIL = "email", gettext_lazy("verdien er ingen e-postadresse")
    PHONE = "phone", gettext_lazy("telefonnummer er 5–15 sifre, gjerne med + foran")
    NATIONAL_ID = (
        "national_id",
        gettext_lazy("verdien er ikke et gyldig fødselsnummer eller D-nummer"),
    )
    ORGANISATION_NUMBER = (
        "organisation_number",
        gettext_lazy("verdien er ikke et gyldig organisasjonsnummer"),
    )
    NOT_FOR_THIS_KIND = (
        "not_for_this_kind",
        gettext_lazy("feltet skal være tomt for denne typen kunde"),
    )
    EMPTY_PERIOD = (
        "empty_period",
        gettext_lazy("sluttdatoen må være etter startdatoen"),
    )
    DUPLICATE = "duplicate", gettext_lazy("samme nøkkel står på linje %(detail)s")
    NUMBER_TWICE = (
        "number_twice",
        gettext_lazy("samme nummer står på kunden på linje %(detail)s"),
    )
    NUMBER_TAKEN = (
        "number_taken",
        gettext_lazy("nummeret hører i dag til en annen kunde i registeret"),
    )
    SERIAL_TWICE = (
        "serial_twice",
        gettext_lazy("samme målernummer i samme frontsystem står på linje %(detail)s"),
    )
    SERIAL_TAKEN = (
        "serial_taken",
        gettext_lazy("frontsystemet har en annen måler med dette målernummeret"),
    )
    UNKNOWN_HEAD_END = (
        "unknown_head_end",
        gettext_lazy("frontsystemet er ikke registrert (register_head_end)"),
    )
    UNKNOWN_REFERENCE = (
        "unknown_reference",
        gettext_lazy("finnes verken i registeret eller i denne leveransen"),
    )
    REFUSED_REFERENCE = (
        "refused_reference",
        gettext_lazy("viser til en rad som ble avvist: linje %(detail)s"),
    )
    OVERLAP = (
        "overlap",
        gettext_lazy("perioden overlapper en annen, som starter %(detail)s"),
    )
    OVERLAP_BESIDE = (
        "overlap_beside",
        gettext_lazy("en annen periode på samme sted overlapper; de avvises samlet"),
    )
    GROUND_UNFIT = (
        "ground_unfit",
        gettext_lazy(
            "en virksomhet har «business»; en person «guardian» eller «estate»"
        ),
    )
    REPRESENTS_SELF = (
        "represents_self",
        gettext_lazy("nummeret er kundens eget; ingen representerer seg selv"),
    )
    EDITED = (
        "edited",
        gettext_lazy(
            "en rett som er registrert, endres ikke: sett ends_on, og lever den nye med"
            " eget nummer"
        ),
    )
    OBJECT_EXPECTED = "object_expected", gettext_lazy("her skal det stå et objekt")
    TEXT_EXPECTED = "text_expected", gettext_lazy("verdien må være tekst")
    NUMBER_EXPECTED = (
        "number_expected",
        gettext_lazy("verdien må være et helt tall fra 0 til %(detail)s"),
    )
    BOOLEAN_EXPECTED = (
        "boolean_expected",
        gettext_lazy("verdien må være true eller false"),
    )
    UNKNOWN_FIELD = (
        "unknown_field",
        gettext_lazy("det står felt som ikke hører til her; bruk: %(detail)s"),
    )
    SENDER_ID = (
        "sender_id",
        gettext_lazy(
            "id er 1–80 bokstaver A–Z, sifre og tegnene . _ : -, "
            "uten elleve sifre på rad"
        ),
    )
    SENDER_ID_TWICE = (
        "sender_id_twice",
        gettext_lazy("samme id står på post %(detail)s i bunken"),
    )
    CONFLICT = (
        "conflict",
        gettext_lazy("samme id er mottatt før, med et annet innhold"),
    )
    MOMENT = (
        "moment",
        gettext_lazy("tidspunktet må skrives ÅÅÅÅ-MM-DDTTT:MM:SS±TT:MM og finnes"),
    )
    IN_THE_FUTURE = "in_the_future", gettext_lazy("tidspunktet ligger fram i tid")
    HOLDS_NATIONAL_ID = (
        "holds_national_id",
        gettext_lazy("verdien inneholder et fødselsnummer, som ikke skal stå her"),
    )
    NOT_REGISTERED = "not_registered", gettext_lazy("finnes ikke i registeret")
    POINT_INACTIVE = "point_inactive", gettext_lazy("målepunktet er ikke i bruk")
    NOT_HOLDER = (
        "not_holder",
        gettext_lazy("kunden har ikke nettavtalen for målepunktet i dag"),
    )
    BEFORE_HOLDING = (
        "before_holding",
        gettext_lazy("gitt før kundens nettavtale begynte, som var %(detail)s"),
    )
    CONSENT_DIFFERS = (
        "consent_differs",
        gettext_lazy("samtykket er alt importert, med andre opplysninger"),
    )
    NEWER_IN_PORTAL = (
        "newer_in_portal",
        gettext_lazy("kunden har siden samtykket eller bestilt i portalen"),
    )
    HAS_CONSENT = (
        "has_consent",
        gettext_lazy("målepunktet har et annet samtykke som gjelder"),
    )
    UNUSUAL_PREFIX = (
        "unusual_prefix",
        gettext_lazy("målepunkt-ID-en har ikke det vanlige prefikset 707057500"),
    )


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """One refused row, or one warning about a row that landed."""

    file: str
    line: int
    """Physical line in the file; the header is line 1."""
    column: str
    """Empty where the row as a whole is at fault."""
    reason: Reason
    detail: str = ""
    shape: str = ""
    """What the value looked like: letters as a or A, digits as 9."""

    @property
    def text(self) -> str:
        """The reason in words."""
        return str(self.reason.label) % {"detail": self.detail}

    def __str__(self) -> str:
        place = _("%(file)s, linje %(line)d") % {"file": self.file, "line": self.line}
        if self.column:
            place = f"{place}, {self.column}"
        return f"{place}: {self.text}" + (f" ({self.shape})" if self.shape else "")


@dataclass(frozen=True, kw_only=True)
class FileCounts:
    """What became of a file's rows; `read` is the sum of the other four."""

    new: int
    changed: int
    unchanged: int
    rejected: int
    warnings: int = 0

    @property
    def read(self) -> int:
        """Every row of the file but the header and empty lines."""
        return self.new + self.changed + self.unchanged + self.rejected


@dataclass(frozen=True, kw_only=True)
class Endings:
    """What a complete delivery ends, or would."""

    holdings: int
    installations: int
    unreadable: int
    """Rows of the two files whose key can't be read."""
    before: int
    """How many ended earlier the same day without anybody releasing it."""
    limit: int
    """How many may end in a day."""

    @property
    def total(self) -> int:
        """Holdings and installations."""
        return self.holdings + self.installations

    @property
    def too_many(self) -> bool:
        """Whether two people must release it first."""
        if not self.total:
            return False
        return self.unreadable > 0 or self.before + self.total > self.limit


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import did. Of refused rows and warnings the first ones are told."""

    id: UUID
    counts: Mapping[str, FileCounts]
    """By file name, in the order of the import."""
    rejections: tuple[Rejection, ...]
    warnings: tuple[Rejection, ...]
    endings: Endings | None = None
    """What a complete delivery lacks; None for a delivery of changes."""
    held: bool = False
    """True when the brake kept the endings from happening."""

    @property
    def ended(self) -> int:
        """How many holdings and installations this import ended."""
        return self.endings.total if self.endings and not self.held else 0

    @property
    def changed_something(self) -> bool:
        """False when the register already said all this."""
        landed = any(each.new or each.changed for each in self.counts.values())
        return landed or self.ended > 0

    @property
    def rejected(self) -> int:
        """All refused rows, also those that are not spelled out."""
        return sum(each.rejected for each in self.counts.values())


class Missing(NamedTuple):
    """A current row of the register that a complete delivery lacks."""

    file: str
    gsrn: str
    starts_on: date

    def __str__(self) -> str:
        return f"{self.file}: {self.gsrn}, {self.starts_on}"


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What an import would do. Nothing was changed."""

    report: ImportReport
    missing: tuple[Missing, ...]
    """The first of what would end, of each file."""


def shape_of(value: str) -> str:
    """The value with every letter as a or A and every digit as 9."""
    shape = "".join(map(_shape_of_character, value[:SHAPE_LENGTH]))
    return shape + "…" if len(value) > SHAPE_LENGTH else shape


def _shape_of_character(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character if character.isprintable() else "?"
