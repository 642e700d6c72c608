"""Column types that Django lacks."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func

if TYPE_CHECKING:
    _BytesColumn = models.BinaryField[bytes, bytes]
    _IntegerColumn = models.Field[int, int]
else:
    _BytesColumn = models.BinaryField
    _IntegerColumn = models.Field


class BytesField(_BytesColumn):
    """A bytea that reads as bytes, not as a memoryview."""

    def from_db_value(
        self, value: Any, expression: Any, connection: BaseDatabaseWrapper
    ) -> bytes | None:
        """Copy the driver's memoryview."""
        del expression, connection
        return None if value is None else bytes(value)


class TransactionIdField(_IntegerColumn):
    """PostgreSQL's xid8: the 64-bit id of the transaction that wrote the row."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """PostgreSQL's name for it."""
        del connection
        return "xid8"

    def from_db_value(
        self, value: Any, expression: Any, connection: BaseDatabaseWrapper
    ) -> int | None:
        """The driver knows no xid8 and hands over text."""
        del expression, connection
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        """Quote it: xid8 has no cast from integers."""
        prepared = super().get_prep_value(value)
        return str(prepared) if isinstance(prepared, int) else prepared


class CurrentTransactionId(Func):
    """The id of the top-level transaction, the same inside savepoints."""

    function = "pg_current_xact_id"
    template = "%(function)s()"
    output_field = TransactionIdField()
