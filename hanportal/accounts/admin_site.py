"""Django's admin: only administrators, only with a second factor, mostly to read.

Every page goes through the guard that the other staff pages have, so there is no login
form here and each look is written down. What can be changed is changed by an action.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.views.decorators.http import require_http_methods, require_safe

from hanportal.accounts.guards import administrator_required, fresh_second_factor
from hanportal.accounts.models import User

KEPT = ("index", "app_list")
"""Of the admin's own pages. Its logins, passwords and look-ups are not routed."""


class PortalAdmin(admin.AdminSite):
    """The stock admin without a door of its own."""

    site_header = "HAN-portal"
    site_title = "HAN-portal"
    site_url = "/ansatt/"
    enable_nav_sidebar = False

    def register(
        self, model_or_iterable: Any, admin_class: Any = None, **options: Any
    ) -> None:
        """Take what can only be read; libraries register pages that write."""
        if admin_class is not None and issubclass(admin_class, ReadOnly):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """The guard has asked already; this is asked again for what it shows."""
        return request.user.is_authenticated and request.user.is_staff

    def admin_view(  # type: ignore[override] # a view is all that Django asks for
        self,
        view: Callable[..., Any],
        cacheable: bool = False,  # noqa: FBT001, FBT002 -- Django's signature
    ) -> Callable[..., Any]:
        """Put the guard of administrators before each page."""
        inner = super().admin_view(view, cacheable)

        def page(
            request: HttpRequest, administrator: User, *args: Any, **kwargs: Any
        ) -> HttpResponse:
            del administrator
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        name = getattr(view, "__name__", "page").rstrip("_")
        guard = administrator_required(page=f"admin.{name}")
        changes = isinstance(getattr(view, "__self__", None), Changeable)
        if changes and name == "change_view":
            grave = guard(fresh_second_factor(doing="endre et frontsystem")(page))
            return require_http_methods(["GET", "HEAD", "POST"])(grave)
        return require_safe(guard(page))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The index and the lists; no login, no password pages, no catch-all."""
        return [
            entry
            for entry in super().get_urls()
            if isinstance(entry, URLResolver) or entry.name in KEPT
        ]


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg] # not subscriptable at run time
    """Rows to be looked at. What changes them are actions, which leave a trace."""

    actions = None
    change_form_template = "admin/read_only.html"

    def has_view_permission(self, *_args: Any) -> bool:
        """Whoever passed the guard may look."""
        return True

    def has_module_permission(self, _request: HttpRequest) -> bool:
        """Whoever passed the guard may look."""
        return True

    def has_add_permission(self, *_args: Any) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, *_args: Any) -> bool:
        """Nobody changes rows here."""
        return False

    def has_delete_permission(self, *_args: Any) -> bool:
        """Nobody deletes rows here."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The list and one row; the pages that change things are not even routed."""
        kept = ("_changelist", "_change")
        return [
            entry
            for entry in super().get_urls()
            if entry.name is not None and entry.name.endswith(kept)
        ]


class Changeable(ReadOnly):
    """Rows that administrators change, each time through an action.

    Whoever derives from it says in `save_model` which action; the action leaves the
    trace, so the admin's own log is not kept.
    """

    def has_change_permission(self, *_args: Any) -> bool:
        """Whoever passed the guard may change what is in `fields`."""
        return True

    def log_change(self, *_args: Any) -> None:  # type: ignore[override] # no entry
        """Nothing: the action has written it down."""
