"""What operators do with what is installed."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from hanportal.audit.log import Actor, Subject, head_end_chain, record
from meters.models import HeadEnd


@transaction.atomic
def register_head_end(
    *, code: str, facts: Mapping[str, str | int], by: Actor, now: datetime
) -> list[str]:
    """Make the head-end with this code be as told; what is not told stays.

    Gives the names of the facts that were new: none when it was so already.

    :raises ValidationError: a fact is not what its field takes.
    """
    known = HeadEnd.objects.select_for_update().filter(code=code).first()
    head_end = known or HeadEnd(code=code)
    changed = head_end.change(facts)
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
