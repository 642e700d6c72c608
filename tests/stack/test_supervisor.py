"""Children that start, fail and end under the supervisor."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from hanportal.demo.stack.process import Spec, StackFailure, StopRequested
from hanportal.demo.stack.supervisor import Supervisor
from tests.stack.conftest import processes_of, until

Program = Callable[..., Spec]

RESTS = "import signal; print('up', flush=True); signal.pause()"
TELLS_WHEN_IT_ENDS = """
import signal, sys
def end(*_):
    open({file!r}, "a").write({name!r} + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
signal.pause()
"""
FORKS_A_STUBBORN_CHILD = """
import os, signal
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("up", flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A few lines of Python as a child."""

    def spec(source: str, *, name: str = "Child", is_foundation: bool = False) -> Spec:
        return Spec(
            name=name,
            command=[sys.executable, "-c", source],
            log=tmp_path / f"{name}.log",
            environment={"HOME": str(tmp_path)},
            stop_seconds=1,
            is_foundation=is_foundation,
        )

    return spec


def says_up(spec: Spec) -> Callable[[], bool]:
    return lambda: "up" in spec.log.read_text()


def test_a_child_that_dies_at_start_up_is_shown_with_its_last_words(
    console: Console, program: Program
) -> None:
    spec = program("print('no such table'); raise SystemExit(3)")

    with Supervisor(console) as supervisor:
        child = supervisor.start(spec)
        with pytest.raises(StackFailure) as caught:
            supervisor.wait_until_ready(child, lambda: False, seconds=20)

    assert str(caught.value) == (
        f"Child ended with code 3 at start-up.\n    no such table\n  Log: {spec.log}"
    )


def test_a_child_that_never_answers_is_given_up_and_ended(
    console: Console, program: Program, tmp_path: Path
) -> None:
    spec = program(RESTS)

    with Supervisor(console) as supervisor:
        child = supervisor.start(spec)
        assert until(says_up(spec))
        with pytest.raises(StackFailure) as caught:
            supervisor.wait_until_ready(child, lambda: False, seconds=0.1)

    assert str(caught.value) == (
        f"Child did not answer within 0 s.\n    up\n  Log: {spec.log}"
    )
    assert processes_of(tmp_path) == []


def test_a_program_that_does_not_exist_is_named(
    console: Console, tmp_path: Path
) -> None:
    spec = Spec(
        name="Ghost",
        command=[str(tmp_path / "ghost")],
        log=tmp_path / "ghost.log",
        environment={},
    )

    with Supervisor(console) as supervisor, pytest.raises(StackFailure) as caught:
        supervisor.start(spec)

    assert str(caught.value) == (
        "Ghost could not be started: [Errno 2] No such file or directory: "
        f"'{tmp_path / 'ghost'}'"
    )


def test_a_child_that_dies_later_ends_the_watch(
    console: Console, program: Program
) -> None:
    spec = program("raise SystemExit(9)")

    with Supervisor(console) as supervisor:
        supervisor.start(spec)
        with pytest.raises(StackFailure) as caught:
            supervisor.watch()

    assert str(caught.value) == f"Child ended with code 9.\n  Log: {spec.log}"


def test_what_a_child_forked_ends_with_it(
    console: Console, program: Program, tmp_path: Path
) -> None:
    spec = program(FORKS_A_STUBBORN_CHILD)

    with Supervisor(console) as supervisor:
        supervisor.start(spec)
        assert until(says_up(spec))
        assert len(processes_of(tmp_path)) == 2

    # It was killed, and nobody but the system is there to wait for it.
    assert until(lambda: processes_of(tmp_path) == [])


def test_foundations_end_after_what_stands_on_them(
    console: Console, program: Program, tmp_path: Path
) -> None:
    order = tmp_path / "order"

    with Supervisor(console) as supervisor:
        for name, is_foundation in (("base", True), ("house", False)):
            source = TELLS_WHEN_IT_ENDS.format(file=str(order), name=name)
            spec = program(source, name=name, is_foundation=is_foundation)
            supervisor.start(spec)
            assert until(says_up(spec))

    assert order.read_text().split() == ["house", "base"]


def test_a_signal_stops_a_step_that_would_go_on(
    console: Console, program: Program, tmp_path: Path
) -> None:
    spec = program(f"import os, signal; os.kill({os.getpid()}, 15); signal.pause()")
    started = time.monotonic()

    with Supervisor(console) as supervisor, pytest.raises(StopRequested):
        supervisor.run_step(spec, seconds=60)

    assert time.monotonic() - started < 20
    assert processes_of(tmp_path) == []


def test_a_step_that_fails_says_why(console: Console, program: Program) -> None:
    spec = program("raise SystemExit('no disk')", name="Tables")

    with Supervisor(console) as supervisor, pytest.raises(StackFailure) as caught:
        supervisor.run_step(spec, seconds=20)

    assert str(caught.value) == (
        f"Tables failed with code 1.\n    no disk\n  Log: {spec.log}"
    )
