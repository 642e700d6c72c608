"""Everything of ours is killed and frozen at random, and nothing is lost or doubled.

CHAOS_SECONDS says for how long; CHAOS_SEED plays one story's strokes again.
"""

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random, SystemRandom
from urllib.request import urlopen
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F

from hanportal.demo.smoke.world import wait_for
from hanportal.demo.stack.layout import HOST
from hanportal.demo.stack.staff import STAFF
from meters.models import HanPort
from notifications.models import Delivery
from orders.models import Callback, Case, Command, Order
from tests.orders import invariants
from tests.orders.invariants import Effect, Letter
from tests.processes.box import Box
from tests.processes.ending import OUTSIDE
from tests.processes.torment import Torment
from tests.processes.wishes import Wishes, reachable_points

pytestmark = pytest.mark.processes

SECONDS = float(os.environ.get("CHAOS_SECONDS", "18"))
REST_SECONDS = 90
"""How long all may take to come to rest; it usually takes a quarter of it."""
QUICK = {"SEND_LEASE_MARGIN_SECONDS": "1", "NOTICE_LEASE_SECONDS": "4"}
HEAD_ENDS = ("aidon", "kaifa")
"""Those whose meters do as they are told, unless a fault is planned."""
ACKNOWLEDGED = re.compile(r"(\w+) acknowledged ([0-9a-f]{64})")
WHAT_ONLY_WAITS = """
    UPDATE orders_command SET not_before = clock_timestamp()
    WHERE status = 'queued' AND not_before > clock_timestamp();
    UPDATE orders_gate SET probe_at = clock_timestamp()
    WHERE breaker = 'open' AND probe_at > clock_timestamp();
    UPDATE notifications_delivery SET not_before = clock_timestamp()
    WHERE status = 'awaiting_retry' AND not_before > clock_timestamp()
"""
"""Delays before another try: no test has time for them."""


@pytest.fixture
def seed() -> int:
    """What the dice begin with; printed, and so shown when the test fails."""
    chosen = int(os.environ.get("CHAOS_SEED") or SystemRandom().randrange(10**6))
    print(f"CHAOS_SEED={chosen} CHAOS_SECONDS={SECONDS:g}")  # noqa: T201
    return chosen


@pytest.fixture
def crowded_box(box: Box) -> Box:
    """Two workers and all else at work, with short leases."""
    box.environment |= QUICK
    box.start(*OUTSIDE, "web", "worker", "beat")
    box.start_second("worker")
    return box


def test_whatever_is_killed_or_frozen_nothing_is_lost_stale_or_doubled(
    crowded_box: Box, seed: int
) -> None:
    box, wishes = crowded_box, Wishes(crowded_box)
    before = states(box)
    torment = Torment(box, Random(seed))
    points = reachable_points(HEAD_ENDS)
    visits = [box.visit(box.people()[0])]
    mine = {visit.cards()[0].serial for visit in visits}
    points = [each for each in points if each[2] not in mine]

    with ThreadPoolExecutor(3) as crowd:
        running = [
            *(crowd.submit(wishes.keep_pressing, each, dice(seed)) for each in visits),
            *(
                crowd.submit(wishes.keep_ordering, points[part::2], dice(seed + part))
                for part in range(2)
            ),
        ]
        try:
            torment.go_on_until(time.monotonic() + SECONDS)
        finally:
            wishes.over.set()
            torment.let_all_run()
            print("\n".join(torment.told))  # noqa: T201 -- shown when the test fails
    for each in running:
        each.result()
    wait_for("rest", lambda: is_at_rest(box) or None, seconds=REST_SECONDS)

    expect_all_to_be_well(box, wishes, before)


def dice(seed: int) -> Random:
    return Random(seed)


def states(box: Box) -> dict[str, str]:
    """Every meter's port as the simulator has it."""
    serials = HanPort.objects.values_list("meter__serial", flat=True)
    return {
        serial: box.head_end(f"/admin/meters/{serial}")["port"] for serial in serials
    }


def is_at_rest(box: Box) -> bool:
    """Nothing is under way anywhere, in the head-end neither."""
    with connection.cursor() as cursor:
        cursor.execute(WHAT_ONLY_WAITS)
    with_case = Case.objects.unsettled().values("port_id")
    differing = HanPort.objects.filter(generation__gt=0).exclude(reported=F("desired"))
    open_ends = (
        Command.objects.live(),
        Order.objects.live().exclude(port__in=with_case),
        differing.exclude(pk__in=with_case),
        Delivery.objects.unsettled(),
        Callback.objects.waiting(),
    )
    if any(rows.exists() for rows in open_ends):
        return False
    head_ends = box.head_end("/admin/head-ends").values()
    if any(each["queued"] for each in head_ends):
        return False
    now = states(box)
    spoken_to = HanPort.objects.filter(generation__gt=0).select_related("meter")
    return all(now[port.meter.serial] == port.reported for port in spoken_to)


def expect_all_to_be_well(box: Box, wishes: Wishes, before: dict[str, str]) -> None:
    """What was acknowledged is there, and every invariant holds."""
    assert wishes.placed
    known = set(Order.objects.values_list("id", flat=True))
    assert set(wishes.placed) <= known, "an order that was taken is gone"
    assert {UUID(path.split("/")[-2]) for path in wishes.pages} <= known
    effects = [
        Effect(
            each["serial"], each["state"], each["correlation_id"], each["message_id"]
        )
        for each in box.head_end("/admin/ledger")
    ]
    invariants.assert_nothing_is_lost()
    invariants.assert_everybody_was_told_once()
    invariants.assert_the_mails_are_the_deliveries(letters(box))
    invariants.assert_no_stale_opening_was_sent()
    invariants.assert_it_is_as_the_meters_are(effects, before)
    log = box.folder.log("headend").read_text(encoding="utf-8")
    invariants.assert_callbacks_are_kept(ACKNOWLEDGED.findall(log))
    invariants.assert_the_log_is_whole()
    print(  # noqa: T201 -- how much the story was about
        f"{len(known)} orders, {len(wishes.pages)} of them over HTTP and"
        f" {len(wishes.cut_off)} times cut off; {len(effects)} effects,"
        f" {Callback.objects.count()} callbacks"
    )


def letters(box: Box) -> list[Letter]:
    """Every mail that arrived for a customer."""
    with urlopen(f"http://{HOST}:{box.ports.mail}/messages", timeout=10) as answer:
        mails = json.load(answer)
    staff = {worker.email for worker in STAFF}
    return [
        Letter(each["to"], each["message_id"], each["subject"])
        for each in mails
        if each["to"] not in staff
    ]
