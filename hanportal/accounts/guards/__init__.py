"""Who may see a page. The guard hands the view its person."""

from hanportal.accounts.guards.clients import (
    Machine,
    NotInScope,
    NoToken,
    TooManyRequests,
    machine_with,
)
from hanportal.accounts.guards.customers import (
    NotIdentified,
    customer_required,
    identification,
)
from hanportal.accounts.guards.staff import (
    administrator_required,
    agent_required,
    auditor_required,
    note_read,
    operator_required,
    roles_of,
    staff_required,
    supervisor_required,
)

__all__ = [
    "Machine",
    "NoToken",
    "NotIdentified",
    "NotInScope",
    "TooManyRequests",
    "administrator_required",
    "agent_required",
    "auditor_required",
    "customer_required",
    "identification",
    "machine_with",
    "note_read",
    "operator_required",
    "roles_of",
    "staff_required",
    "supervisor_required",
]
