"""What every adapter promises (meters/headend/base.py), whatever it speaks.

A new adapter joins by adding a World: how to build it and how its head-end answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from meters.headend import (
    CallbackRefused,
    Fault,
    HeadEndAdapter,
    HeadEndError,
    Purpose,
    RawCallback,
)
from meters.states import DesiredState, ReportedState
from tests.headend import said
from tests.headend.doubles import (
    NOW,
    SECRET,
    Build,
    KeptInMemory,
    command,
    signed,
)
from tests.headend.far_end import FarEnd, Heard, Line, answer, hang, respond
from tests.headend.wire_reading import correlation_id_in, serial_in


@dataclass
class World:
    """One kind of adapter before a head-end of its kind."""

    adapter: HeadEndAdapter
    without_secret: HeadEndAdapter
    to_nowhere: HeadEndAdapter
    far_end: FarEnd
    recorder: KeptInMemory
    acknowledge: Callable[[bytes], bytes]
    show: Callable[[dict[str, str]], Callable[[bytes], bytes]]
    """Given serial to "open" or "closed", how a read-back is answered."""
    result: Callable[[int], bytes]
    """A callback that says that a numbered command opened its meter."""


def cim_strict(build: Build, far_end: FarEnd, recorder: KeptInMemory) -> World:
    """The CIM adapter in its strict profile."""

    def show(ports: dict[str, str]) -> Callable[[bytes], bytes]:
        words = {"open": "Enabled", "closed": "Disabled"}

        def reading(body: bytes) -> bytes:
            serial = serial_in(body)
            events = (
                [said.event(serial, "", status=words[ports[serial]])]
                if serial in ports
                else []
            )
            return said.read_back(correlation_id_in(body), *events)

        return reading

    return World(
        adapter=build(far_end.url, read_timeout=0.3),
        without_secret=build(far_end.url, secret=""),
        to_nowhere=build("http://127.0.0.1:1/", connect_timeout=0.5),
        far_end=far_end,
        recorder=recorder,
        acknowledge=lambda body: said.acknowledgement(correlation_id_in(body)),
        show=show,
        result=lambda number: said.callback(
            command(number).id, said.event(command(number).serial, "3.23.0.76")
        ),
    )


@pytest.fixture(params=[cim_strict], ids=["cim-strict"])
def world(
    request: pytest.FixtureRequest,
    build: Build,
    far_end: FarEnd,
    recorder: KeptInMemory,
) -> World:
    """Each adapter in turn."""
    made: World = request.param(build, far_end, recorder)
    return made


def test_every_command_gets_its_answer_in_its_place(world: World) -> None:
    commands = [command(number) for number in (3, 1, 2)]
    odd = commands[1].serial

    def sometimes(body: bytes) -> bytes:
        return b"" if serial_in(body) == odd else world.acknowledge(body)

    world.far_end.behaviour = answer(sometimes)

    submissions = world.adapter.submit(commands)

    assert [(s.command_id, s.fault) for s in submissions] == [
        (commands[0].id, None),
        (commands[1].id, Fault.AMBIGUOUS),
        (commands[2].id, None),
    ]


def test_what_leaves_is_recorded_before_it_is_sent(world: World) -> None:
    recorded_first: list[bool] = []

    async def look(line: Line, heard: Heard) -> None:
        bodies = [message.body for message in world.recorder.left]
        recorded_first.append(heard.body in bodies and len(bodies) == 2)
        await respond(500)(line, heard)

    world.far_end.behaviour = look

    world.adapter.submit([command(1), command(2)])

    assert recorded_first == [True, True]
    assert world.recorder.order == ["leaving", "answered"]


def test_a_recorder_that_fails_stops_the_sending(world: World) -> None:
    world.recorder.gone = True

    with pytest.raises(ConnectionError):
        world.adapter.submit([command()])
    assert world.far_end.heard == []


def test_every_message_is_recorded_with_its_command_and_its_answer(
    world: World,
) -> None:
    world.far_end.behaviour = answer(world.acknowledge)

    world.adapter.submit([command(1), command(2)])

    assert [(m.purpose, m.command_id, m.serial) for m in world.recorder.left] == [
        (Purpose.SUBMIT, command(1).id, command(1).serial),
        (Purpose.SUBMIT, command(2).id, command(2).serial),
    ]
    assert [(a.message_id, a.status, a.fault) for a in world.recorder.came_back] == [
        (message.message_id, 200, None) for message in world.recorder.left
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


def test_who_is_not_there_got_nothing(world: World) -> None:
    submissions = world.to_nowhere.submit([command(1), command(2)])
    reports = world.to_nowhere.read_state(["1", "2"])

    assert [s.fault for s in submissions] == [Fault.NOT_DELIVERED] * 2
    assert [(r.serial, r.state, r.fault) for r in reports] == [
        ("1", None, Fault.NOT_DELIVERED),
        ("2", None, Fault.NOT_DELIVERED),
    ]
    assert world.to_nowhere.probe().reachable is False


def test_who_does_not_answer_may_have_done_it(world: World) -> None:
    world.far_end.behaviour = hang
    hasty = replace(
        world.adapter,  # type: ignore[type-var]  # every adapter is a dataclass
        endpoint=replace(
            world.adapter.endpoint,  # type: ignore[attr-defined]
            connect_timeout=0.2,
            read_timeout=0.1,
        ),
    )

    (submission,) = hasty.submit([command()])

    assert submission.fault == Fault.AMBIGUOUS


def test_an_adapter_never_tries_again_by_itself(world: World) -> None:
    world.far_end.behaviour = respond(503, headers={"Retry-After": "0"})

    world.adapter.submit([command()])

    assert len(world.far_end.heard) == 1


def test_without_a_secret_nothing_is_sent(world: World) -> None:
    for call in (
        lambda: world.without_secret.submit([command()]),
        lambda: world.without_secret.read_state(["1"]),
        world.without_secret.probe,
    ):
        with pytest.raises(HeadEndError) as failed:
            call()
        assert failed.value.fault == Fault.AUTH
    assert (world.recorder.order, world.far_end.heard) == ([], [])


def test_what_can_not_be_written_concerns_its_meter_only(world: World) -> None:
    world.far_end.behaviour = answer(world.acknowledge)
    unwritable = command(1, serial="7359\x01")

    submissions = world.adapter.submit([unwritable, command(2)])
    reports = world.adapter.read_state(["7359\x01"])

    assert [s.fault for s in submissions] == [Fault.CONTRACT, None]
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


def test_what_is_not_offered_is_empty(world: World) -> None:
    offered = world.adapter.capabilities()

    if not offered.poll:
        assert world.adapter.poll([command()]) == []
    if not offered.cancel:
        assert world.adapter.cancel("any") is None
    assert world.far_end.heard == []


def test_a_callback_is_believed_only_when_signed(world: World) -> None:
    if not world.adapter.capabilities().callbacks:
        pytest.skip("This head-end calls nobody back.")
    body = world.result(1)

    batch = world.adapter.parse_callback(
        RawCallback(body=body, headers=signed(body), received_at=NOW)
    )
    with pytest.raises(CallbackRefused):
        world.adapter.parse_callback(
            RawCallback(body=body, headers={}, received_at=NOW)
        )

    assert [(r.correlation_id, r.serial, r.state) for r in batch.reports] == [
        (command(1).id, command(1).serial, ReportedState.OPEN)
    ]


@pytest.mark.parametrize(
    ("status", "reachable"), [(200, True), (405, True), (401, False), (502, False)]
)
def test_a_probe_tells_whether_somebody_answers(
    world: World, status: int, reachable: bool
) -> None:
    world.far_end.behaviour = respond(status)

    assert world.adapter.probe().reachable is reachable
    assert [message.purpose for message in world.recorder.left] == [Purpose.PROBE]


def test_no_secret_is_recorded(world: World) -> None:
    world.far_end.behaviour = answer(world.acknowledge)

    world.adapter.submit([command(desired=DesiredState.CLOSED)])

    recorded = [m.body for m in world.recorder.left]
    recorded += [a.body for a in world.recorder.came_back]
    assert [SECRET.encode() in body for body in recorded] == [False, False]
