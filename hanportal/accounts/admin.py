"""What the admin shows: who works here, and who gave whom which role."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from hanportal.accounts.admin_site import ReadOnly
from hanportal.accounts.models import RoleGrant, User


@admin.register(User)
class StaffAdmin(ReadOnly):
    """People who work here; customers' logins are not shown."""

    list_display = ("display_name", "email", "staff_number", "is_active")
    fields = (*list_display, "created_at", "last_login")
    ordering = ("display_name", "id")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Only staff."""
        return super().get_queryset(request).filter(is_staff=True)


@admin.register(RoleGrant)
class RoleGrantAdmin(ReadOnly):
    """Who was given which role, when and by whom."""

    list_display = ("user", "role", "granted_by", "granted_at", "ended_at")
    fields = list_display
    ordering = ("-granted_at", "id")
