"""What every adapter promises (meters/headend/base.py), whatever it speaks.

A new adapter joins by adding a World: how to build it and how its head-end answers.
"""

from dataclasses import replace
from uuid import UUID

import pytest

from meters.headend import (
    CallbackRefused,
    Fault,
    HeadEndError,
    PortReset,
    Purpose,
    RawCallback,
)
from meters.states import DesiredState, ReportedState
from tests.headend.doubles import NOW, SECRET, KeptInMemory, command, signed
from tests.headend.far_end import FarEnd, Heard, Line, answer, hang, respond
from tests.headend.worlds import (
    World,
    cim_events,
    cim_strict,
    cim_synchronous,
    manual,
    poll,
)

RESET = PortReset(id=UUID(int=7), serial="1", tracking_reference="HAN-1")


@pytest.fixture(
    params=[cim_strict, cim_events, cim_synchronous, poll, manual],
    ids=lambda made: made.__name__,
)
def world(
    request: pytest.FixtureRequest, far_end: FarEnd, recorder: KeptInMemory
) -> World:
    """Each adapter in turn."""
    made: World = request.param(far_end, recorder)
    return made


@pytest.fixture
def wired(world: World) -> World:
    """Each adapter that sends something."""
    if not world.on_wire:
        pytest.skip("Nothing goes over a wire here.")
    return world


def test_every_command_gets_its_answer_in_its_place(wired: World) -> None:
    commands = [command(number) for number in (3, 1, 2)]
    odd = commands[1].serial

    def sometimes(body: bytes) -> bytes:
        return b"" if wired.serial_in(body) == odd else wired.acknowledge(body)

    wired.far_end.behaviour = answer(sometimes)

    submissions = wired.adapter.submit(commands)

    assert [(s.command_id, s.fault) for s in submissions] == [
        (commands[0].id, None),
        (commands[1].id, Fault.AMBIGUOUS),
        (commands[2].id, None),
    ]


def test_what_leaves_is_recorded_before_it_is_sent(wired: World) -> None:
    recorded_first: list[bool] = []

    async def look(line: Line, heard: Heard) -> None:
        bodies = [message.body for message in wired.recorder.left]
        recorded_first.append(heard.body in bodies and len(bodies) == 2)
        await respond(500)(line, heard)

    wired.far_end.behaviour = look

    wired.adapter.submit([command(1), command(2)])

    assert recorded_first == [True, True]
    assert wired.recorder.order == ["leaving", "answered"]


def test_a_recorder_that_fails_stops_the_sending(world: World) -> None:
    world.recorder.gone = True

    with pytest.raises(ConnectionError):
        world.adapter.submit([command()])
    assert world.far_end.heard == []


def test_every_message_is_recorded_with_its_command_and_its_answer(
    wired: World,
) -> None:
    wired.far_end.behaviour = answer(wired.acknowledge)

    wired.adapter.submit([command(1), command(2)])

    assert [(m.purpose, m.command_id, m.serial) for m in wired.recorder.left] == [
        (Purpose.SUBMIT, command(1).id, command(1).serial),
        (Purpose.SUBMIT, command(2).id, command(2).serial),
    ]
    assert [(a.message_id, a.status, a.fault) for a in wired.recorder.came_back] == [
        (message.message_id, 200, None) for message in wired.recorder.left
    ]


def test_a_second_attempt_is_a_new_message_for_the_same_command(world: World) -> None:
    world.adapter.submit([command(attempt=1)])
    world.adapter.submit([command(attempt=2)])

    first, second = world.recorder.left
    assert first.command_id == second.command_id
    assert first.message_id != second.message_id


def test_nothing_to_do_is_nothing_done(world: World) -> None:
    assert world.adapter.submit([]) == []
    assert world.adapter.read_state([]) == []
    assert (world.recorder.order, world.far_end.heard) == ([], [])


def test_who_is_not_there_got_nothing(wired: World) -> None:
    submissions = wired.to_nowhere.submit([command(1), command(2)])
    reports = wired.to_nowhere.read_state(["1", "2"])

    offers_reading = wired.adapter.capabilities().read_back
    unread = Fault.NOT_DELIVERED if offers_reading else Fault.AMBIGUOUS
    assert [s.fault for s in submissions] == [Fault.NOT_DELIVERED] * 2
    assert [(r.serial, r.state, r.fault) for r in reports] == [
        ("1", None, unread),
        ("2", None, unread),
    ]
    assert wired.to_nowhere.probe().reachable is False


def test_who_does_not_answer_may_have_done_it(wired: World) -> None:
    wired.far_end.behaviour = hang
    hasty = replace(
        wired.adapter,  # type: ignore[type-var]  # every adapter is a dataclass
        endpoint=replace(
            wired.adapter.endpoint,  # type: ignore[attr-defined]
            connect_timeout=0.2,
            read_timeout=0.1,
        ),
    )

    (submission,) = hasty.submit([command()])

    assert submission.fault == Fault.AMBIGUOUS


def test_an_adapter_never_tries_again_by_itself(wired: World) -> None:
    wired.far_end.behaviour = respond(503, headers={"Retry-After": "0"})

    wired.adapter.submit([command()])

    assert len(wired.far_end.heard) == 1


def test_without_a_secret_nothing_is_sent(wired: World) -> None:
    for call in (
        lambda: wired.without_secret.submit([command()]),
        lambda: wired.without_secret.read_state(["1"]),
        wired.without_secret.probe,
    ):
        with pytest.raises(HeadEndError) as failed:
            call()
        assert failed.value.fault == Fault.AUTH
    assert (wired.recorder.order, wired.far_end.heard) == ([], [])


def test_what_can_not_be_written_concerns_its_meter_only(wired: World) -> None:
    wired.far_end.behaviour = answer(wired.acknowledge)
    unwritable = command(1, serial="7359\x01")

    submissions = wired.adapter.submit([unwritable, command(2)])
    assert [s.fault for s in submissions] == [Fault.CONTRACT, None]
    if wired.adapter.capabilities().read_back:
        reports = wired.adapter.read_state(["7359\x01"])
        assert [r.fault for r in reports] == [Fault.CONTRACT]


def test_a_read_back_says_how_each_port_is(world: World) -> None:
    if not world.adapter.capabilities().read_back:
        pytest.skip("This head-end has no read-back.")
    world.far_end.behaviour = answer(world.show({"1": "open", "2": "closed"}))

    reports = world.adapter.read_state(["2", "1", "3"])

    assert [(r.serial, r.state, r.fault, r.correlation_id) for r in reports] == [
        ("2", ReportedState.CLOSED, None, None),
        ("1", ReportedState.OPEN, None, None),
        ("3", None, Fault.AMBIGUOUS, None),
    ]


def test_an_acknowledgement_is_no_result_unless_the_profile_says_so(
    wired: World,
) -> None:
    wired.far_end.behaviour = answer(wired.acknowledge)

    (submission,) = wired.adapter.submit([command()])

    offered = wired.adapter.capabilities()
    results_follow = offered.callbacks or offered.poll
    assert submission.fault is None
    assert (submission.report is None) is results_follow
    if submission.report is not None:
        assert (submission.report.correlation_id, submission.report.state) == (
            command().id,
            ReportedState.OPEN,
        )


def test_what_is_not_offered_is_empty(world: World) -> None:
    offered = world.adapter.capabilities()

    if not offered.poll:
        assert world.adapter.poll([command()]) == []
    if not offered.cancel:
        assert world.adapter.cancel("any") is None
    if not offered.reset:
        assert world.adapter.reset([RESET]) == []
    if not offered.read_back:
        (unread,) = world.adapter.read_state(["1"])
        assert (unread.state, unread.fault) == (None, Fault.AMBIGUOUS)
    assert world.far_end.heard == []


def test_a_callback_is_believed_only_when_signed(world: World) -> None:
    if not world.adapter.capabilities().callbacks:
        with pytest.raises(CallbackRefused) as refused:
            world.adapter.parse_callback(
                RawCallback(body=b"", headers=signed(b""), received_at=NOW)
            )
        assert refused.value.status == 404
        return
    body = world.result(1)

    batch = world.adapter.parse_callback(
        RawCallback(body=body, headers=signed(body), received_at=NOW)
    )
    with pytest.raises(CallbackRefused):
        world.adapter.parse_callback(
            RawCallback(body=body, headers={}, received_at=NOW)
        )

    (report,) = batch.reports
    assert report.serial == command(1).serial
    if world.adapter.capabilities().poll:
        assert (report.hes_reference, report.state) == ("uid-1", None)
    else:
        assert (report.correlation_id, report.state) == (
            command(1).id,
            ReportedState.OPEN,
        )


@pytest.mark.parametrize(
    ("status", "reachable"), [(200, True), (405, True), (401, False), (502, False)]
)
def test_a_probe_tells_whether_somebody_answers(
    wired: World, status: int, reachable: bool
) -> None:
    wired.far_end.behaviour = respond(status)

    assert wired.adapter.probe().reachable is reachable
    assert [message.purpose for message in wired.recorder.left] == [Purpose.PROBE]


def test_no_secret_is_recorded(world: World) -> None:
    world.far_end.behaviour = answer(world.acknowledge)

    world.adapter.submit([command(desired=DesiredState.CLOSED)])

    recorded = [m.body for m in world.recorder.left]
    recorded += [a.body for a in world.recorder.came_back]
    assert [SECRET.encode() in body for body in recorded] == [False, False]
