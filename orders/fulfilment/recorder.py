"""Keeps every exchange with a head-end, committed before it leaves."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from meters.headend import Answer, Clock, Outgoing
from meters.models import HeadEnd
from orders.models import Exchange


class ExchangeRecorder:
    """The adapters' recorder, kept in the Exchange table."""

    def __init__(self, head_end: HeadEnd, *, clock: Clock) -> None:
        self._head_end = head_end
        self._clock = clock
        self._sent: dict[UUID, Exchange] = {}

    def leaving(self, messages: Sequence[Outgoing]) -> None:
        """Commit a row for each message."""
        rows = [
            Exchange(
                id=message.message_id,
                head_end=self._head_end,
                command_id=message.command_id,
                purpose=message.purpose,
                serial=message.serial,
                request=message.body,
                leaving_at=self._clock(),
            )
            for message in messages
        ]
        with transaction.atomic():
            Exchange.objects.bulk_create(rows)
        self._sent.update({row.id: row for row in rows})

    def answered(self, answers: Sequence[Answer]) -> None:
        """Keep what came back beside what was sent."""
        rows = []
        for answer in answers:
            row = self._sent.pop(answer.message_id)
            row.status_code = answer.status
            row.response = answer.body
            row.fault = answer.fault or ""
            row.detail = answer.detail[:300]
            row.answered_at = self._clock()
            rows.append(row)
        Exchange.objects.keep_answers(rows)
