"""What one head-end does differently: checked, told where it is wrong, laid over."""

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.headend import Fault
from meters.headend.poll_profile import POLL
from meters.headend.profile import Authentication, EventMeaning
from meters.headend.profile_data import STRICT
from meters.headend.profile_settings import ProfileInvalid, cim_profile, poll_profile
from meters.states import DesiredState, ReportedState

FINGERPRINT = "AB:" * 31 + "AB"


def test_no_settings_are_the_profile_itself() -> None:
    assert cim_profile(STRICT, {}) == STRICT
    assert poll_profile(POLL, {}) == POLL


def test_settings_replace_what_they_name_and_nothing_else() -> None:
    made = cim_profile(
        STRICT,
        {
            "control_types": {"open": "3.31.0.1"},
            "event_types": {"3.31.0.2": {"state": "open"}, "3.23.0.44": {}},
            "reply_codes": {"2.12": "unreachable", "0.9": None},
            "status_values": {"PÅ": "open"},
            "maximum_execution_seconds": 7200,
            "callback_authentication": "mtls",
            "client_certificates": [FINGERPRINT],
            "replay_window_seconds": 60,
            "naive_times": "Europe/Oslo",
            "namespaces": {"events": "urn:x"},
        },
    )

    assert made.control_types == {
        DesiredState.OPEN: "3.31.0.1",
        DesiredState.CLOSED: "3.23.0.22",
    }
    assert made.event_types["3.31.0.2"] == EventMeaning(state=ReportedState.OPEN)
    assert made.event_types["3.23.0.66"] == EventMeaning(state=ReportedState.CLOSED)
    assert made.fault_of_code("2.12") is Fault.UNREACHABLE
    assert (made.fault_of_code("0.9"), made.fault_of_code("2.4")) == (
        None,
        Fault.REJECTED,
    )
    assert made.status_values["PÅ"] is ReportedState.OPEN
    assert made.maximum_execution == timedelta(hours=2)
    assert made.callback_authentication is Authentication.MTLS
    assert made.client_certificates == {"ab" * 32}
    assert made.replay_window == timedelta(minutes=1)
    assert made.namespaces.events == "urn:x"
    assert made.namespaces.controls == STRICT.namespaces.controls


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"revision": 2}, "revision: a number where a text belongs."),
        ({"revision": ""}, "revision: must be 1 to 20 signs long."),
        ({"revision": "2\x07"}, "revision: has unprintable signs, or spaces around"),
        ({"reads_back": 1}, "reads_back: a number where true or false belongs."),
        ({"control_types": {"ajar": "1"}}, "control_types.ajar: 'ajar' is none of"),
        ({"event_types": {"1": "open"}}, "event_types.1: must be {"),
        ({"event_types": {"1": {"state": "unknown"}}}, "event_types.1: 'unknown' is"),
        (
            {"event_types": {"1": {"state": "open", "fault": "auth"}}},
            "event_types.1: says both a state and a fault.",
        ),
        ({"status_values": {"On": None}}, "status_values.On: None is neither open"),
        ({"reply_families": {"9": None}}, "reply_families.9: None is none of"),
        ({"naive_times": "Oslo"}, "naive_times: 'Oslo' is no time zone."),
        ({"naive_times": "../../etc/passwd"}, "naive_times: '../../etc/passwd' is"),
        ({"max_message_bytes": True}, "max_message_bytes: must be a whole number"),
        ({"replay_window_seconds": 1e9}, "replay_window_seconds: must be a whole"),
        ({"client_certificates": ["ab"]}, "client_certificates[0]: must be a SHA-256"),
        ({"namespaces": {"soup": "urn:x"}}, "namespaces.soup: no namespace is called"),
        ({"secret": "s3cret"}, "secret: no setting is called so; there are"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    settings: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ProfileInvalid) as invalid:
        cim_profile(STRICT, settings)

    (told,) = invalid.value.problems
    assert told.startswith(problem)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ProfileInvalid) as invalid:
        poll_profile(POLL, {"words": {"open": ""}, "results": [], "user": "me"})

    assert [told.partition(":")[0] for told in invalid.value.problems] == [
        "words.open",
        "results",
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from(
    [
        *("namespaces", "control_types", "event_types", "reply_codes", "naive_times"),
        *("status_values", "client_certificates", "replay_window_seconds", "other"),
    ]
)


@given(json_values | st.dictionaries(names, json_values, max_size=4))
def test_whatever_stands_there_is_used_or_refused(settings: Any) -> None:
    with contextlib.suppress(ProfileInvalid):
        made = cim_profile(STRICT, settings)
        assert made.fault_of_code("no such code") is Fault.AMBIGUOUS
