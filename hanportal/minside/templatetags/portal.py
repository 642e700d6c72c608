"""What every page of the portal needs: names, times, the language switch."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()

OSLO = ZoneInfo("Europe/Oslo")


@register.simple_tag
def operator_name() -> str:
    """The grid operator whose pages these are."""
    return str(settings.OPERATOR_NAME)


@register.simple_tag
def operator_phone() -> SafeString:
    """The customer centre's number, ready to be dialled."""
    number = str(settings.OPERATOR_PHONE)
    address = "tel:" + "".join(sign for sign in number if sign in "+0123456789")
    return format_html('<a class="ds-link hk-number" href="{}">{}</a>', address, number)


@register.inclusion_tag("minside/language_switch.html", takes_context=True)
def language_switch(
    context: dict[str, Any], *, with_query: bool = False
) -> dict[str, Any]:
    """Buttons to read the same page in another language.

    A page that was answered to a POST is not a page one can come back to with GET,
    so the path is all that is returned to; the form there starts from what was saved.

    :param with_query: for a page whose query says what it shows. Not for one that
        another site sends people back to: what it says is never repeated.
    """
    request = context.get("request")
    return {
        "languages": settings.LANGUAGES,
        "current": get_language(),
        "next": "/" if request is None else _address_of(request, with_query),
        "csrf_token": context.get("csrf_token", ""),
    }


def _address_of(request: HttpRequest, with_query: bool) -> str:  # noqa: FBT001 -- a tag's own
    keeps = with_query and request.method != "POST"
    return str(request.get_full_path() if keeps else request.path)


@register.filter
def day(value: date) -> SafeString:
    """A date as people say it: torsdag 26. november 2026."""
    # Translators: Django's date format of a whole date.
    text = formats.date_format(value, _("l j. F Y"))
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def moment(value: datetime) -> SafeString:
    """A moment in Oslo as people say it: 23. november 2026 kl. 07.24."""
    local = value.astimezone(OSLO)
    # Translators: Django's date format of a date with its time of day.
    text = formats.date_format(local, _(r"j. F Y \k\l. H.i"))
    stamp = local.isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}</time>', stamp, text)


@register.filter
def grouped(value: str) -> str:
    """Long digits in groups of four, for people who read them aloud."""
    return " ".join(value[at : at + 4] for at in range(0, len(value), 4))
