"""What one head-end does differently from its profile: checked, and laid over it.

A head-end's row holds JSON of the shape that SHAPES describes. Everything that is
wrong is told at once, each with the place where it stands, so that who edits it by
hand is not led from one mistake to the next.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from meters.headend.base import Fault
from meters.headend.client_certificates import fingerprint
from meters.headend.poll_profile import PollNamespaces, PollProfile
from meters.headend.profile import (
    Authentication,
    CimProfile,
    EventMeaning,
    Namespaces,
)
from meters.states import DesiredState, ReportedState

Read = Callable[[Any], Any]
"""Gives the value for a field, or raises Amiss with the rest of the sentence."""


class Amiss(ValueError):  # noqa: N818 -- said of one setting
    """One value is not what it should be; the text goes on after the setting's name."""


class ProfileInvalid(ValueError):  # noqa: N818 -- said of the settings
    """The settings can't be used; `problems` says what is wrong, and where."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def cim_profile(base: CimProfile, settings: Mapping[str, Any]) -> CimProfile:
    """The base with these settings laid over it.

    :raises ProfileInvalid: a setting is unknown, or not what it should be.
    """
    return replace(base, **_read(settings, _CIM, base))


def poll_profile(base: PollProfile, settings: Mapping[str, Any]) -> PollProfile:
    """The base with these settings laid over it.

    :raises ProfileInvalid: a setting is unknown, or not what it should be.
    """
    return replace(base, **_read(settings, _POLL, base))


def require_none(settings: Mapping[str, Any]) -> None:
    """Check that a profile without settings has none.

    :raises ProfileInvalid: there are some.
    """
    _read(settings, {}, None)


def _read(
    settings: Any, shape: Mapping[str, tuple[str, Read]], base: Any
) -> dict[str, Any]:
    """Field to value. A table adds to the base's, or replaces single rows of it."""
    if not isinstance(settings, Mapping):
        raise ProfileInvalid([f"The settings are {_named(settings)}, not an object."])
    problems: list[str] = []
    values: dict[str, Any] = {}
    for name, given in settings.items():
        if name not in shape:
            known = ", ".join(sorted(shape)) or "none"
            problems.append(f"{name}: no setting is called so; there are {known}.")
            continue
        field, read = shape[name]
        try:
            value = read(given)
        except ValueError as error:
            problems.append(f"{name}{error}")
            continue
        before = getattr(base, field)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            value = {**before, **value}
        values[field] = value
    if problems:
        raise ProfileInvalid(problems)
    return values


def _named(value: Any) -> str:
    names = {bool: "a truth value", str: "a text", int: "a number", float: "a number"}
    names |= {list: "a list", dict: "an object", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def _text(longest: int, *, may_be_empty: bool = False) -> Read:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Amiss(f": {_named(value)} where a text belongs.")
        if not value.isprintable() or value != value.strip():
            raise Amiss(": has unprintable signs, or spaces around it.")
        if len(value) > longest or (not value and not may_be_empty):
            raise Amiss(f": must be 1 to {longest} signs long.")
        return value

    return read


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Amiss(f": {_named(value)} where true or false belongs.")
    return value


def _seconds(least: int, most: int) -> Read:
    whole = _whole(least, most)
    return lambda value: timedelta(seconds=whole(value))


def _whole(least: int, most: int) -> Read:
    def read(value: Any) -> int:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not least <= value <= most:
            raise Amiss(f": must be a whole number from {least} to {most}.")
        return int(value)

    return read


def _word(kinds: type[Any]) -> Read:
    """One of an enum's values, as its member."""

    def read(value: Any) -> Any:
        known = [str(kind.value) for kind in kinds]
        if value not in known:
            raise Amiss(f": {value!r} is none of {', '.join(known)}.")
        return kinds(value)

    return read


def _or_null(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


def _table(key: Read, row: Read) -> Read:
    def read(value: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise Amiss(f": {_named(value)} where an object belongs.")
        found = {}
        for name, given in value.items():
            try:
                found[key(name)] = row(given)
            except ValueError as error:
                raise Amiss(f".{name}{error}") from error
        return found

    return read


def _names(read: Read) -> Read:
    def read_all(value: Any) -> frozenset[str]:
        if not isinstance(value, list):
            raise Amiss(f": {_named(value)} where a list belongs.")
        found = set()
        for number, given in enumerate(value):
            try:
                found.add(read(given))
            except ValueError as error:
                raise Amiss(f"[{number}]{error}") from error
        return frozenset(found)

    return read_all


def _certificate(value: Any) -> str:
    shown = fingerprint(value) if isinstance(value, str) else ""
    if not shown:
        raise Amiss(": must be a SHA-256 fingerprint, 64 hexadecimal digits.")
    return shown


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(_text(60)(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Amiss(f": {value!r} is no time zone.") from error


def _meaning(value: Any) -> EventMeaning:
    """`{"state": "open"}`, `{"fault": "unreachable"}`, or `{}`: done, state unsaid."""
    if not isinstance(value, Mapping) or value.keys() - {"state", "fault"}:
        raise Amiss(': must be {"state": …}, {"fault": …} or {}.')
    if len(value) > 1:
        raise Amiss(": says both a state and a fault.")
    if "state" in value:
        return EventMeaning(state=_reached(value["state"]))
    fault = value.get("fault")
    return EventMeaning(fault=_word(Fault)(fault) if "fault" in value else None)


def _reached(value: Any) -> ReportedState:
    """A state that a meter can be seen in; unknown is what nothing was said of."""
    if value not in (ReportedState.OPEN.value, ReportedState.CLOSED.value):
        raise Amiss(f": {value!r} is neither open nor closed.")
    return ReportedState(value)


def _namespaces(kind: type[Any]) -> Read:
    names = dict.fromkeys(kind.__dataclass_fields__, "")

    def read(value: Any) -> Any:
        uris: dict[str, str] = _table(_text(40), _text(200))(value)
        if unknown := sorted(uris.keys() - names.keys()):
            raise Amiss(f".{unknown[0]}: no namespace is called so.")
        return kind(**uris)

    return read


def _code(value: Any) -> str:
    return str(_text(32)(value))


_SHARED: dict[str, tuple[str, Read]] = {
    "callback_authentication": ("callback_authentication", _word(Authentication)),
    "client_certificates": ("client_certificates", _names(_certificate)),
    "max_message_bytes": ("max_message_bytes", _whole(1024, 16 * 1024 * 1024)),
    "replay_window_seconds": ("replay_window", _seconds(30, 3600)),
    "max_retry_after_seconds": ("max_retry_after", _seconds(1, 86_400)),
}

_CIM: dict[str, tuple[str, Read]] = {
    **_SHARED,
    "namespaces": ("namespaces", _namespaces(Namespaces)),
    "revision": ("revision", _text(20)),
    "context": ("context", _text(20)),
    "source": ("source", _text(40)),
    "user_id": ("user_id", _text(40)),
    "meter_name_type": ("meter_name_type", _text(40)),
    "soap_action_create": ("soap_action_create", _text(200)),
    "soap_action_get": ("soap_action_get", _text(200)),
    "soap_action_cancel": ("soap_action_cancel", _text(200)),
    "sends_reply_address": ("sends_reply_address", _truth),
    "maximum_execution_seconds": (
        "maximum_execution",
        _or_null(_seconds(1, 7 * 86_400)),
    ),
    "reads_back": ("reads_back", _truth),
    "cancels": ("cancels", _truth),
    "reset_type": ("reset_type", _text(32, may_be_empty=True)),
    "reset_reason": ("reset_reason", _text(80)),
    "control_types": ("control_types", _table(_word(DesiredState), _code)),
    "reasons": ("reasons", _table(_word(DesiredState), _text(80))),
    "event_types": ("event_types", _table(_code, _meaning)),
    "status_detail": ("status_detail", _text(60)),
    "status_values": ("status_values", _table(_text(60), _reached)),
    "error_detail": ("error_detail", _text(60)),
    "reply_codes": ("reply_codes", _table(_code, _or_null(_word(Fault)))),
    "acknowledged_code": ("acknowledged_code", _code),
    "reply_families": ("reply_families", _table(_code, _word(Fault))),
    "soap_fault_codes": ("soap_fault_codes", _table(_text(40), _word(Fault))),
    "naive_times": ("naive_times", _or_null(_zone)),
}

_POLL: dict[str, tuple[str, Read]] = {
    **_SHARED,
    "namespaces": ("namespaces", _namespaces(PollNamespaces)),
    "organisation": ("organisation", _text(40)),
    "application": ("application", _text(40)),
    "user": ("user", _text(40)),
    "soap_action": ("soap_action", _text(200, may_be_empty=True)),
    "words": ("words", _table(_word(DesiredState), _text(20))),
    "results": ("results", _table(_text(32), _or_null(_word(Fault)))),
    "faults": ("faults", _table(_text(60), _word(Fault))),
    "not_ready": ("not_ready", _names(_text(60))),
    "poll_for_seconds": ("poll_for", _seconds(60, 7 * 86_400)),
}
