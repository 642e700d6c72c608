"""The fitters' work list: what is to be done, and what was done."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from hanportal.accounts.guards import note_read, operations_required
from hanportal.accounts.models import User
from hanportal.console.forms import ResultForm, ResultsForm
from hanportal.console.presenters.fitters import (
    TaskPage,
    manual_head_end,
    task_page,
    work_page,
)
from hanportal.console.rendering import INVALID, page
from hanportal.console.views.callers import FORM_METHODS, actor_of
from meters.headend import HandedIn, ResultsUnreadable, WorkResult, written_list
from orders.actions import fitting


@require_safe
@operations_required(page="console.fitters")
def work(request: HttpRequest, person: User) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """What fitters shall do at one head-end, closings first."""
    asked = request.GET
    shown = work_page(
        asked.get("frontsystem", ""), after=asked.get("etter", ""), now=timezone.now()
    )
    return page(request, "console/fitters.html", context={"shown": shown})


@require_safe
@operations_required(page="console.fitters_file")
def work_file(request: HttpRequest, person: User, head_end_id: UUID) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """The whole list, with a mark that spreadsheets know UTF-8 by."""
    head_end = manual_head_end(head_end_id)
    items = fitting.work_list(
        head_end=head_end, by=actor_of(person), now=timezone.now()
    )
    response = HttpResponse(
        "\ufeff" + written_list(items), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="montorliste.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(FORM_METHODS)
@operations_required(page="console.fitters_results")
def results(request: HttpRequest, person: User, head_end_id: UUID) -> HttpResponse:
    """Take in a list that was filled in; say what was applied and what was not."""
    head_end = manual_head_end(head_end_id)
    handed_in: HandedIn | None = None
    form = ResultsForm()
    if request.method == "POST":
        form = ResultsForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                handed_in = fitting.hand_in(
                    form.cleaned_data["file"].read(),
                    head_end=head_end,
                    by=actor_of(person),
                    clock=timezone.now,
                )
            except ResultsUnreadable as error:
                form.add_error("file", str(error))
    is_clean = not form.errors and not (handed_in and handed_in.refused)
    return page(
        request,
        "console/fitter_results.html",
        status=200 if is_clean else INVALID,
        context={"head_end": head_end, "form": form, "handed_in": handed_in},
    )


@require_http_methods(FORM_METHODS)
@operations_required(page="console.fitter_task")
def task(request: HttpRequest, person: User, command_id: UUID) -> HttpResponse:
    """One task, and what became of it."""
    shown = task_page(command_id, now=timezone.now())
    order = shown.row.command.order
    if order is not None:
        note_read(request, customer=order.placement.customer_id)
    form = ResultForm(
        request.POST if request.method == "POST" else None,
        now=timezone.now(),
        initial={"observed_at": f"{timezone.localtime():%Y-%m-%dT%H:%M}"},
    )
    if request.method == "POST" and form.is_valid():
        _record(shown, form, person)
        address = reverse("console:fitters")
        return redirect(f"{address}?frontsystem={shown.head_end.code}")
    return page(
        request,
        "console/fitter_task.html",
        status=INVALID if form.errors else 200,
        context={"shown": shown, "form": form},
    )


def _record(shown: TaskPage, form: ResultForm, person: User) -> None:
    said = form.cleaned_data
    fitting.hand_in_one(
        fitting.Task(shown.row.command.id, shown.row.item.serial),
        WorkResult(said["result"]),
        observed_at=said["observed_at"],
        note=said["note"],
        head_end=shown.head_end,
        by=actor_of(person),
        clock=timezone.now,
    )
