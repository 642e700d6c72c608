"""What administrators see and set of what is installed: head-ends, their profiles."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hanportal.accounts.admin_site import Changeable
from hanportal.accounts.models import User
from hanportal.audit.log import Actor, ActorKind
from meters.actions import register_head_end, require_usable_profile
from meters.models import HeadEnd


class HeadEndForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    """A head-end's facts, with its settings held against its profile."""

    # Ours speaks to head-ends inside a network too, but never by accident.
    endpoint = forms.URLField(required=False, assume_scheme="https", label=_("Adresse"))

    class Meta:
        model = HeadEnd
        fields = (
            "name",
            "profile",
            "profile_settings",
            "endpoint",
            "connect_timeout_seconds",
            "read_timeout_seconds",
            "max_concurrency",
            "result_wait_seconds",
            "commands_per_minute",
            "segment_permits",
            "maintenance",
            "callback_networks",
            "is_active",
        )
        labels = {
            "commands_per_minute": _("Kommandoer i minuttet"),
            "segment_permits": _("Åpninger samtidig per konsentrator"),
            "maintenance": _("Vedlikehold"),
            "callback_networks": _("Hvor tilbakemeldinger kommer fra"),
        }
        help_texts = {
            "commands_per_minute": _("For alle arbeidere til sammen. 0: ingen grense."),
            "segment_permits": _("0: ingen grense. Stenginger venter aldri."),
            "maintenance": _(
                "JSON, i norsk tid: "
                '[{"day": "sunday", "from": "22:00", "until": "02:00"}]. '
                "Dagen er en ukedag på engelsk eller en dato. Ingenting sendes da, "
                "og kundenes frister løper."
            ),
            "callback_networks": _(
                'JSON: nettverk som ["10.20.0.0/16"]. Tom er []: fra hvor som helst. '
                "Bak en proxy gjelder adressen som proxyen oppgir."
            ),
            "profile_settings": _(
                "JSON: det som er annerledes her enn i profilen. Tom er {}. "
                "Hemmeligheter hører ikke hjemme her; de står i miljøet."
            ),
        }

    def clean(self) -> dict[str, Any]:
        """Name every setting that the profile can't use, and where it stands."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        needs_endpoint = given.get("profile") != HeadEnd.Profile.MANUAL
        if needs_endpoint and given.get("endpoint") == "":
            self.add_error("endpoint", _("Profilen trenger en adresse."))
        # So is one without windows.
        given["maintenance"] = given.get("maintenance") or []
        given["callback_networks"] = given.get("callback_networks") or []
        if {"profile", "profile_settings"} <= given.keys():
            # An empty field is no settings.
            given["profile_settings"] = given["profile_settings"] or {}
            tried = HeadEnd(
                code=self.instance.code,
                profile=given["profile"],
                profile_settings=given["profile_settings"],
            )
            try:
                require_usable_profile(tried)
            except ValidationError as error:
                self.add_error(None, error)
        return given


@admin.register(HeadEnd)
class HeadEndAdmin(Changeable):
    """Head-ends. New ones are registered with `manage.py register_head_end`."""

    form = HeadEndForm
    list_display = ("name", "code", "profile", "endpoint", "is_active")
    fields = ("code", *HeadEndForm.Meta.fields)
    readonly_fields = ("code",)
    ordering = ("code",)

    def save_model(
        self,
        request: HttpRequest,
        obj: HeadEnd,
        form: forms.ModelForm,  # type: ignore[type-arg] # ditto
        change: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """Change it by the action that leaves the trace."""
        del change
        register_head_end(
            code=obj.code,
            facts={name: form.cleaned_data[name] for name in form.changed_data},
            by=Actor(ActorKind.STAFF, str(cast("User", request.user).id)),
            now=timezone.now(),
        )
