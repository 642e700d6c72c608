"""Who may see a page. The guard hands the view its person."""

from hanportal.accounts.guards.customers import (
    NotIdentified,
    customer_required,
    identification,
)
from hanportal.accounts.guards.fresh import fresh_second_factor
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
    "NotIdentified",
    "administrator_required",
    "agent_required",
    "auditor_required",
    "customer_required",
    "fresh_second_factor",
    "identification",
    "note_read",
    "operator_required",
    "roles_of",
    "staff_required",
    "supervisor_required",
]
