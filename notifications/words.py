"""What a message is made of, and how dates and times are said in it."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

OSLO = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of an order as the customer follows it."""

    name: str
    is_done: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What one message says, before it is set as text or HTML."""

    subject: str
    paragraphs: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    is_about_an_order: bool = True
    """False where the link leads to Min side instead of to an order."""


def day(value: date) -> str:
    """A date as people say it, with the day of the week."""
    return formats.date_format(value, _("l j. F Y"))


def moment(value: datetime) -> str:
    """A moment as clocks in Norway show it."""
    return formats.date_format(value.astimezone(OSLO), _(r"j. F Y \k\l. H.i"))
