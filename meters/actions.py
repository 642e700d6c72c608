"""What operators do with what is installed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now

from hanportal.audit.log import Actor, Subject, head_end_chain, record
from meters.headend import ProfileInvalid, profile_of
from meters.models import HanPort, HeadEnd, Meter
from meters.states import HeadEndMode


class NoSuchHeadEnd(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """There is no head-end with this id. Trying again does not help."""


@transaction.atomic
def register_head_end(
    *, code: str, facts: Mapping[str, Any], by: Actor, now: datetime
) -> list[str]:
    """Make the head-end with this code be as told; what is not told stays.

    A new one only observes unless the facts say otherwise; a known one keeps the mode
    that `observe` or `act` gave it. Gives the names of the facts that were new: none
    when it was so already.

    :raises ValidationError: a fact is not what its field takes, or the settings are
        not what the profile can be told.
    """
    known = HeadEnd.objects.select_for_update().filter(code=code).first()
    head_end = known or HeadEnd(code=code)
    told = {name: fact for name, fact in facts.items() if name != "mode"}
    if not known:
        told["mode"] = facts.get("mode", HeadEndMode.OBSERVE.value)
    changed = head_end.change(told)
    require_usable_profile(head_end)
    if changed:
        _record(
            "head_end.changed" if known else "head_end.registered",
            head_end,
            by=by,
            at=now,
            **{name: told[name] for name in changed},
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


@transaction.atomic
def switch_off(*, head_end_id: UUID, by: Actor, now: datetime) -> HeadEnd:
    """Say nothing more to a head-end: its commands wait, nothing is lost.

    Waits for a batch that is being claimed; what that claimed is looked at once more
    before it is sent.

    :raises NoSuchHeadEnd: there is none with this id.
    """
    head_end = _locked(head_end_id)
    if head_end.is_active:
        head_end.switch(on=False)
        _record("head_end.switched_off", head_end, by=by, at=now)
    return head_end


@transaction.atomic
def switch_on(*, head_end_id: UUID, by: Actor, now: datetime) -> HeadEnd:
    """Speak to it again, in the mode that it has.

    :raises NoSuchHeadEnd: there is none with this id.
    """
    head_end = _locked(head_end_id)
    if not head_end.is_active:
        head_end.switch(on=True)
        _record("head_end.switched_on", head_end, by=by, at=now)
    return head_end


@transaction.atomic
def observe(*, head_end_id: UUID, by: Actor, now: datetime) -> HeadEnd:
    """Read and compare from now on, and send nothing; orders wait.

    :raises NoSuchHeadEnd: there is none with this id.
    """
    return _go_over(HeadEndMode.OBSERVE, head_end_id, by=by, now=now)


@transaction.atomic
def act(*, head_end_id: UUID, by: Actor, now: datetime) -> HeadEnd:
    """Send what waits and what differs, from now on. What differs is read first.

    :raises NoSuchHeadEnd: there is none with this id.
    """
    head_end = _go_over(HeadEndMode.ACT, head_end_id, by=by, now=now)
    HanPort.objects.waiting_to_be_read(head_end).ask_for_read_back(at=Now())
    return head_end


@transaction.atomic
def assign_segments(
    *, head_end_id: UUID, segments: Mapping[str, str], by: Actor, now: datetime
) -> frozenset[str]:
    """Note on which concentrator each meter hangs; gives the serials nobody knows.

    :param segments: the segment by serial; an empty one is none. Meters that are not
        named stay where they are.
    :raises NoSuchHeadEnd: there is none with this id.
    """
    head_end = _locked(head_end_id)
    meters = list(Meter.objects.filter(head_end=head_end, serial__in=segments))
    for meter in meters:
        meter.segment = segments[meter.serial]
    Meter.objects.bulk_update(meters, ["segment"], batch_size=1000)
    unknown = frozenset(segments) - {meter.serial for meter in meters}
    _record(
        "head_end.segments_assigned",
        head_end,
        by=by,
        at=now,
        meters=len(meters),
        unknown=len(unknown),
    )
    return unknown


def _go_over(
    mode: HeadEndMode, head_end_id: UUID, *, by: Actor, now: datetime
) -> HeadEnd:
    head_end = _locked(head_end_id)
    if head_end.mode != mode:
        head_end.go_over_to(mode, at=now)
        what = "acting" if mode is HeadEndMode.ACT else "observing"
        _record(f"head_end.{what}", head_end, by=by, at=now)
    return head_end


def _locked(head_end_id: UUID) -> HeadEnd:
    # Weaker than FOR UPDATE: rows that refer to it may be added meanwhile.
    found = HeadEnd.objects.select_for_update(no_key=True).filter(pk=head_end_id)
    head_end = found.first()
    if head_end is None:
        raise NoSuchHeadEnd(f"There is no head-end {head_end_id}.")
    return head_end


def _record(
    what: str, head_end: HeadEnd, *, by: Actor, at: datetime, **facts: str | int
) -> None:
    record(
        chain=head_end_chain(head_end.id),
        what=what,
        who=by,
        on=Subject("head_end", head_end.id),
        at=at,
        facts={"code": head_end.code, **facts},
    )
