"""A Celery application with a task that does nothing: one of B3's yardsticks."""

import os

from celery import Celery

app = Celery("noop", broker=os.environ.get("REDIS_URL"))
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    task_acks_late=True,
    task_default_queue="noop",
    worker_hijack_root_logger=False,
)


@app.task(name="noop")
def noop() -> None:
    """Nothing."""
