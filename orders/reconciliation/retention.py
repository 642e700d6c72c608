"""What is not kept for ever: what was said to head-ends, word for word."""

from django.conf import settings

from meters.headend import Clock
from orders.models import Exchange
from orders.reconciliation.alone import alone

SWEEP_LOCK = 7_046_203
BATCH = 1000
BATCHES_A_SWEEP = 20


def forget_exchanges(
    *, clock: Clock, batch: int = BATCH, batches: int = BATCHES_A_SWEEP
) -> int:
    """Delete what is older than it is kept, a batch at a time; says how many.

    What is left is found by the next sweep. The log, and what became of each command,
    stay.
    """
    forgotten = 0
    with alone(SWEEP_LOCK) as is_alone:
        if not is_alone:
            return 0
        before = clock() - settings.EXCHANGE_RETENTION
        for _ in range(batches):
            number = Exchange.objects.forget_before(before, at_most=batch)
            forgotten += number
            if number < batch:
                break
    return forgotten
