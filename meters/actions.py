"""What operators do with what is installed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from hanportal.audit.log import Actor, Subject, head_end_chain, record
from meters.headend import ProfileInvalid, profile_of
from meters.models import HeadEnd


@transaction.atomic
def register_head_end(
    *, code: str, facts: Mapping[str, Any], by: Actor, now: datetime
) -> list[str]:
    """Make the head-end with this code be as told; what is not told stays.

    Gives the names of the facts that were new: none when it was so already.

    :raises ValidationError: a fact is not what its field takes, or the settings are
        not what the profile can be told.
    """
    known = HeadEnd.objects.select_for_update().filter(code=code).first()
    head_end = known or HeadEnd(code=code)
    changed = head_end.change(facts)
    require_usable_profile(head_end)
    if changed:
        record(
            chain=head_end_chain(head_end.id),
            what="head_end.changed" if known else "head_end.registered",
            who=by,
            on=Subject("head_end", head_end.id),
            at=now,
            facts={"code": code, **{name: facts[name] for name in changed}},
        )
    return changed


def require_usable_profile(head_end: HeadEnd) -> None:
    """Check that its settings fit its profile.

    :raises ValidationError: they don't; every problem is named with its place.
    """
    try:
        profile_of(head_end)
    except ProfileInvalid as error:
        raise ValidationError({"profile_settings": error.problems}) from error
