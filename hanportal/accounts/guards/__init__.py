"""Who may see a page. The guard hands the view its person."""

from hanportal.accounts.guards.customers import (
    NotIdentified,
    customer_required,
    identification,
)
from hanportal.accounts.guards.staff import (
    administrator_required,
    agent_required,
    auditor_required,
    has_fresh_factor,
    note_read,
    operations_required,
    operator_required,
    release_required,
    roles_of,
    staff_required,
    supervisor_required,
    switches_required,
    to_fresh_factor,
)

__all__ = [
    "NotIdentified",
    "administrator_required",
    "agent_required",
    "auditor_required",
    "customer_required",
    "has_fresh_factor",
    "identification",
    "note_read",
    "operations_required",
    "operator_required",
    "release_required",
    "roles_of",
    "staff_required",
    "supervisor_required",
    "switches_required",
    "to_fresh_factor",
]
