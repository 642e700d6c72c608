"""What we send and what the simulator sends are valid, each under its description."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from meters.headend import PortReset
from meters.headend.cim_messages import (
    acknowledgement_message,
    cancel_message,
    control_message,
    read_back_message,
    reset_message,
)
from meters.headend.profile import CimProfile
from meters.headend.profile_data import EVENTS, STRICT, SYNCHRONOUS
from meters.states import DesiredState
from tests.headend import said
from tests.headend.doubles import COMMAND_ID, NOW, SERIAL, command
from tests.headend.schemas import message_in, ours, public, public_schemas

MESSAGE_ID = UUID("0195f3b2-7c1e-7a55-9a0e-3f6d1c2b4a01")
PROFILES = [
    STRICT,
    EVENTS,
    SYNCHRONOUS,
    replace(EVENTS, name="bounded", maximum_execution=timedelta(hours=2)),
]


def named(profile: CimProfile) -> str:
    return profile.name


@public_schemas
@pytest.mark.parametrize("profile", PROFILES, ids=named)
@pytest.mark.parametrize("desired", DesiredState)
def test_a_control_is_valid_in_every_profile(
    profile: CimProfile, desired: DesiredState
) -> None:
    sent = control_message(
        command(desired=desired),
        profile=profile,
        message_id=MESSAGE_ID,
        now=NOW,
        reply_address="https://portal.example/hes/aidon/callback/",
    )

    public("EndDeviceControlsMessage.xsd").assertValid(message_in(sent))


@public_schemas
def test_a_reset_and_a_cancellation_are_valid() -> None:
    profile = replace(STRICT, reset_type="3.23.0.214")
    reset = PortReset(id=COMMAND_ID, serial=SERIAL, tracking_reference="HAN-1")
    sent = [
        reset_message(
            reset,
            profile=profile,
            message_id=MESSAGE_ID,
            now=NOW,
            reply_address="https://portal.example/",
        ),
        cancel_message("aidon-1", profile=profile, message_id=MESSAGE_ID, now=NOW),
    ]

    for message in sent:
        public("EndDeviceControlsMessage.xsd").assertValid(message_in(message))


@pytest.mark.parametrize("profile", PROFILES, ids=named)
def test_messages_about_events_follow_our_description(profile: CimProfile) -> None:
    sent = [
        read_back_message(SERIAL, profile=profile, message_id=MESSAGE_ID, now=NOW),
        acknowledgement_message(
            profile=profile, message_id=MESSAGE_ID, correlation_id=COMMAND_ID, now=NOW
        ),
    ]

    for message in sent:
        ours().assertValid(message_in(message))


def test_the_wire_pages_events_follow_our_description(wire_page: str) -> None:
    blocks = wire_page.split("```xml\n")[1:]
    envelopes = [block.split("```")[0] for block in blocks]
    about_events = [
        text.encode()
        for text in envelopes
        if "<soap:Envelope" in text and "<em:" in text
    ]

    assert len(about_events) == 4
    for message in about_events:
        ours().assertValid(message_in(message))


@pytest.mark.parametrize(
    "event",
    [
        said.event(SERIAL, "3.23.0.76", at="2026-03-02T08:15:09"),
        said.event("1" * 21, "3.23.0.76"),
        said.event(SERIAL, "open"),
    ],
    ids=["a time without a zone", "a serial too long", "a type that is none"],
)
def test_our_description_would_notice(event: str) -> None:
    right = said.callback(COMMAND_ID, said.event(SERIAL, "3.23.0.76"))
    wrong = said.callback(COMMAND_ID, event)

    assert ours().validate(message_in(right))
    assert not ours().validate(message_in(wrong))
    assert not ours().validate(message_in(said.callback("7", "")))
