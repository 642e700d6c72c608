"""Each kind of adapter before a head-end of its kind, for the contract they share."""

from collections.abc import Callable
from dataclasses import dataclass

from meters.headend import HeadEndAdapter, PortCommand
from meters.headend.cim import CimAdapter
from meters.headend.manual import ManualAdapter
from meters.headend.poll import PollAdapter
from meters.headend.poll_profile import POLL
from meters.headend.profile import CimProfile
from meters.headend.profile_data import EVENTS, STRICT, SYNCHRONOUS
from meters.headend.transport import Endpoint
from tests.headend import said, said_when_polled
from tests.headend.doubles import NOW, SECRET, KeptInMemory, command, new_id
from tests.headend.far_end import FarEnd
from tests.headend.wire_reading import correlation_id_in, device_in, serial_in

Answering = Callable[[bytes], bytes]


@dataclass
class World:
    """One kind of adapter before a head-end of its kind."""

    adapter: HeadEndAdapter
    without_secret: HeadEndAdapter
    to_nowhere: HeadEndAdapter
    far_end: FarEnd
    recorder: KeptInMemory
    acknowledge: Answering
    show: Callable[[dict[str, str]], Answering]
    """Given serial to "open" or "closed", how a read-back is answered."""
    result: Callable[[int], bytes]
    """A callback about a numbered command that opened its meter."""
    serial_in: Callable[[bytes], str]
    on_wire: bool = True


def cim_strict(far_end: FarEnd, recorder: KeptInMemory) -> World:
    """The CIM adapter in its strict profile."""
    return _cim(STRICT, far_end, recorder)


def cim_events(far_end: FarEnd, recorder: KeptInMemory) -> World:
    """The same in the edition of 2017."""
    return _cim(EVENTS, far_end, recorder)


def cim_synchronous(far_end: FarEnd, recorder: KeptInMemory) -> World:
    """The same where the answer is the result."""
    return _cim(SYNCHRONOUS, far_end, recorder)


def poll(far_end: FarEnd, recorder: KeptInMemory) -> World:
    """The adapter that asks for its results."""

    def adapter(url: str, secret: str, connect_timeout: float) -> PollAdapter:
        return PollAdapter(
            **_common(url, secret, connect_timeout, recorder),  # type: ignore[arg-type]
            profile=POLL,
        )

    return World(
        adapter=adapter(far_end.url, SECRET, 2),
        without_secret=adapter(far_end.url, "", 2),
        to_nowhere=adapter("http://127.0.0.1:1/", SECRET, 0.5),
        far_end=far_end,
        recorder=recorder,
        acknowledge=lambda body: said_when_polled.taken(device_in(body)),
        show=lambda _ports: lambda _body: b"",
        result=lambda number: said_when_polled.doorbell(command(number).serial),
        serial_in=device_in,
    )


def manual(far_end: FarEnd, recorder: KeptInMemory) -> World:
    """Fitters and their list."""
    adapter = ManualAdapter(code="hand", recorder=recorder, new_id=new_id)
    return World(
        adapter=adapter,
        without_secret=adapter,
        to_nowhere=adapter,
        far_end=far_end,
        recorder=recorder,
        acknowledge=lambda _body: b"",
        show=lambda _ports: lambda _body: b"",
        result=lambda _number: b"",
        serial_in=lambda body: body.decode().partition(";")[0],
        on_wire=False,
    )


def polled(number: int, *, reference: str = "uid-1") -> PortCommand:
    """A numbered command that the head-end has given a name of its own."""
    made = command(number)
    return PortCommand(
        id=made.id,
        serial=made.serial,
        desired=made.desired,
        tracking_reference=made.tracking_reference,
        attempt=1,
        hes_reference=reference,
    )


def _common(
    url: str, secret: str, connect_timeout: float, recorder: KeptInMemory
) -> dict[str, object]:
    return {
        "code": "aidon",
        "endpoint": Endpoint(
            url=url,
            connect_timeout=connect_timeout,
            read_timeout=0.3,
            max_concurrency=10,
            max_response_bytes=STRICT.max_message_bytes,
            max_retry_after=STRICT.max_retry_after,
        ),
        "secret": secret,
        "secret_setting": "HEAD_END_SECRET_AIDON",
        "recorder": recorder,
        "clock": lambda: NOW,
        "new_id": new_id,
    }


def _cim(profile: CimProfile, far_end: FarEnd, recorder: KeptInMemory) -> World:
    def adapter(url: str, secret: str, connect_timeout: float) -> CimAdapter:
        return CimAdapter(
            **_common(url, secret, connect_timeout, recorder),  # type: ignore[arg-type]
            reply_address="http://127.0.0.1:8000/hes/aidon/callback/",
            profile=profile,
        )

    def dated(body: bytes) -> bytes:
        return said.of_2017(body) if profile is EVENTS else body

    def show(ports: dict[str, str]) -> Answering:
        words = {"open": "Enabled", "closed": "Disabled"}

        def reading(body: bytes) -> bytes:
            serial = serial_in(body)
            events = (
                [said.event(serial, "", status=words[ports[serial]])]
                if serial in ports
                else []
            )
            return dated(said.read_back(correlation_id_in(body), *events))

        return reading

    return World(
        adapter=adapter(far_end.url, SECRET, 2),
        without_secret=adapter(far_end.url, "", 2),
        to_nowhere=adapter("http://127.0.0.1:1/", SECRET, 0.5),
        far_end=far_end,
        recorder=recorder,
        acknowledge=lambda body: dated(said.acknowledgement(correlation_id_in(body))),
        show=show,
        result=lambda number: dated(
            said.callback(
                command(number).id, said.event(command(number).serial, "3.23.0.76")
            )
        ),
        serial_in=serial_in,
    )
