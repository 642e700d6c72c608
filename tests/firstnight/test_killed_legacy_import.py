"""An import of the past that is killed leaves nothing behind, and can be done again."""

from pathlib import Path

import pytest

from hanportal.audit.log import Event
from meters.states import ReportedState
from orders.models import Consent
from tests.firstnight.past import Past
from tests.meters.test_blows import backend_that_waits, importing, wait_for_its_end
from tests.orders.world import build_world


@pytest.mark.processes
def test_killed_it_leaves_nothing_behind(
    committed_database: str, tmp_path: Path
) -> None:
    world = build_world()
    past = Past(tmp_path).add("consents").add("ports")
    table = "meters_hanport"
    with importing(
        past.write(), committed_database, command="import_legacy", table=table
    ) as process:
        backend = backend_that_waits(process, committed_database, table=table)
        process.kill()
        assert process.wait() == -9
        wait_for_its_end(backend)

    assert Consent.objects.count() == 0
    assert world.fresh_port().reported == ReportedState.UNKNOWN
    assert not Event.objects.filter(chain="legacy").exists()

    assert past.bring_in().wanted_open == 1
