"""The states of a HAN port and what a meter can do, free of the ORM."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DesiredState(TextChoices):
    """What the port should be. Only a valid consent makes it OPEN."""

    OPEN = "open", _("åpen")
    CLOSED = "closed", _("stengt")


class ReportedState(TextChoices):
    """What the meter has been seen to be."""

    OPEN = "open", _("åpen")
    CLOSED = "closed", _("stengt")
    UNKNOWN = "unknown", _("ukjent")


class ReportSource(TextChoices):
    """How a reported state came to us."""

    REGISTER = "register", _("registeret")
    EVENT = "event", _("melding fra måleren")
    POLL = "poll", _("svar på forespørsel")
    READ_BACK = "read_back", _("avlesning av måleren")
    FITTER = "fitter", _("montør ved måleren")


class HeadEndMode(TextChoices):
    """How far we go with a head-end."""

    OBSERVE = "observe", _("bare se")
    """Meters are read and compared; nothing is sent, and what is ordered waits."""
    ACT = "act", _("handle")


class HanCapability(TextChoices):
    """What it takes to open the port of this meter."""

    REMOTE = "remote", _("kan åpnes herfra")
    NEEDS_MODULE = "needs_module", _("trenger en HAN-modul")
    NEEDS_VISIT = "needs_visit", _("trenger besøk av montør")
    UNSUPPORTED = "unsupported", _("har ingen HAN-port som kan åpnes")
