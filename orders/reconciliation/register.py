"""Follows the register: what changed in it is found by asking, not by being told.

The register's tables change under us, by an import or a machine; nobody calls. Each
question is answered for all points at once, and each answer is acted upon in a short
transaction of its own, which looks again under the point's locks.
"""

from django.conf import settings

from meters.headend import Clock
from orders.reconciliation.alone import alone
from orders.reconciliation.arrivals import tell_who_came
from orders.reconciliation.endings import (
    end_consents_of_the_dead,
    end_what_no_longer_holds,
)
from orders.reconciliation.exchanges import (
    carry_over_to_new_meters,
    close_what_nobody_wants,
    settle_what_was_overtaken,
)
from orders.reconciliation.holds import carry_on_what_was_held
from orders.reconciliation.lateness import alarm_what_is_not_open_yet
from orders.reconciliation.rollbacks import restore_what_was_rolled_back

SWEEP_LOCK = 7_046_202

STEPS = (
    end_what_no_longer_holds,
    end_consents_of_the_dead,
    restore_what_was_rolled_back,
    carry_over_to_new_meters,
    carry_on_what_was_held,
    close_what_nobody_wants,
    settle_what_was_overtaken,
    tell_who_came,
    alarm_what_is_not_open_yet,
)
"""Endings first: only then may somebody else's consent be restored or carried on."""


def follow_register(*, clock: Clock) -> int:
    """Bring consents, orders and intents up to what the register says; how many."""
    with alone(SWEEP_LOCK) as is_alone:
        if not is_alone:
            return 0
        batch = settings.REGISTER_FOLLOW_BATCH
        return sum(step(clock=clock, batch=batch) for step in STEPS)
