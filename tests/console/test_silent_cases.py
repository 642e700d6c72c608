"""What can be done from the queue of cases about a port that is open and silent."""

from collections.abc import Iterator

import pytest
import time_machine

from hanportal.accounts.models import Role
from hanportal.audit import log
from meters.headend import Fault
from orders.models import Case, PortRestart
from orders.states import CaseKind
from tests.accounts.staff import logged_in, make_staff
from tests.console.test_cases import of, page
from tests.orders.silence import answer, ask, let_it_restart, open_it, restart
from tests.orders.world import NOW, World


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The clock stands still."""
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_silent_port_can_be_started_again_from_its_case(
    world: World,
) -> None:
    open_it(world)
    far = let_it_restart(world)
    answer(world, _sent(world), fault=Fault.REJECTED)
    case = Case.objects.get(kind=CaseKind.PORT_SILENT)
    browser = logged_in(make_staff("olav", Role.OPERATOR))

    text = page(browser, of(case))
    assert "Omstart av porten" in text
    assert "Start porten på nytt" in text
    assert "Prøv igjen<" not in text
    assert "Porten startes på nytt, om" in page(browser, of(case, "start-pa-nytt/"))
    assert browser.post(of(case, "start-pa-nytt/")).status_code == 302
    assert restart(world) == 1
    assert len(far.restarted) == 2

    answer_ = browser.post(of(case, "start-pa-nytt/"))
    assert answer_.status_code == 409
    assert "En kommando er allerede sendt" in answer_.content.decode()


def test_where_nothing_restarts_ports_a_silent_one_needs_a_fitter(
    world: World,
) -> None:
    open_it(world)
    case = Case.open_at_port(
        CaseKind.PORT_SILENT,
        port=world.fresh_port(),
        order=None,
        chain=log.head_end_chain(world.head_end.id),
        detail="",
        by=world.by,
        at=NOW,
    )
    text = page(logged_in(make_staff("olav", Role.OPERATOR)), of(case))
    assert "Start porten på nytt" not in text
    assert "Send montør" in text


def _sent(world: World) -> PortRestart:
    asked = ask(world)
    restart(world)
    return asked
