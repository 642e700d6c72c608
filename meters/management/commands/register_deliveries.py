"""`manage.py register_deliveries`: which deliveries are held, and who released them."""

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from meters.models import RegisterDelivery


class Command(BaseCommand):
    """Lists what is held. Releasing is done by two people, logged in to the portal."""

    help = "List deliveries of the register that are held back."

    def handle(self, **_options: object) -> None:
        """One line for each, the newest first."""
        held = list(RegisterDelivery.objects.held())
        for delivery in held:
            first = delivery.first_released_by
            self.stdout.write(
                _(
                    "%(id)s importert %(at)s fra %(folder)s: %(holdings)d nettavtaler, "
                    "%(installations)d målerplasseringer. Frigitt av: %(by)s"
                )
                % {
                    "id": delivery.id,
                    "at": timezone.localtime(delivery.imported_at).isoformat(
                        " ", "minutes"
                    ),
                    "folder": delivery.folder,
                    "holdings": delivery.holdings_ended,
                    "installations": delivery.installations_ended,
                    "by": first.staff_number if first else _("ingen"),
                }
            )
        if not held:
            self.stdout.write(_("Ingen leveranser er holdt tilbake."))
