"""Every operation of the machine interface: what it takes, and one call."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Form, P, PathEx, Router, Schema, Status

from hanportal.accounts.models import Scope
from hanportal.api import registers
from hanportal.api.problems import problem
from hanportal.api.schemas import (
    GSRN,
    ID,
    ROWS,
    BatchAnswer,
    EventAnswer,
    ItemAnswer,
    PointAnswer,
    Problem,
    TokenAnswer,
    TokenRefusal,
    batch_of,
    event_schema,
    item_schema,
)
from hanportal.api.views import tokens
from hanportal.api.views.access import Bearer
from meters.models import MeteringPoint, RegisterEvent
from meters.register import (
    FIELDS,
    ItemOutcome,
    ItemResult,
    take_events,
    take_rows,
)

router = Router()

Found = TypeVar("Found")
Gsrn = PathEx[str, P(pattern=GSRN["pattern"], description="The metering point.")]
SenderId = PathEx[str, P(pattern=ID["pattern"], description="Your own id.")]

PROBLEMS = dict.fromkeys((401, 403, 429, 503), Problem)
OF_A_BATCH = {
    200: BatchAnswer,
    207: BatchAnswer,
    **PROBLEMS,
    **dict.fromkeys((400, 413, 415, 422), Problem),
}
OF_A_READ = PROBLEMS | {404: Problem, 422: Problem}

ROWS_MEAN = (
    "Idempotent: a row is the whole of what it is about, and a known key with the "
    "same values is `unchanged`. 200 when nothing was refused, 207 when some items "
    "were, 422 when all were. An item that is refused harms no other."
)


class TokenRequest(Schema):
    """RFC 6749, section 4.4.2. The client may also prove itself by HTTP Basic."""

    grant_type: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""


@router.post(
    "/token",
    auth=None,
    url_name="token",
    summary="Get a token",
    description="OAuth 2.0 client credentials. The token lasts an hour unless told.",
    response={
        200: TokenAnswer,
        400: TokenRefusal,
        401: TokenRefusal,
        413: Problem,
        429: TokenRefusal,
    },
)
def token(request: HttpRequest, form: Form[TokenRequest]) -> HttpResponse:
    """Give a token."""
    del form  # described there, read as OAuth wants it
    return tokens.answer(request)


def _takes_rows(resource: str) -> None:
    """Add the operation that takes rows of one resource."""
    properties, required = ROWS[resource]
    body = batch_of(f"{resource}_batch", item_schema(properties, required))

    def take(request: HttpRequest, batch: Any) -> Any:
        machine = request.auth  # type: ignore[attr-defined] # set by ninja
        return _answered(
            take_rows(
                resource=resource,
                items=batch.items,
                sender=machine.sender,
                by=machine.actor,
                now=timezone.now(),
            )
        )

    take.__annotations__["batch"] = body
    router.post(
        f"/{resource.replace('_', '-')}",
        auth=Bearer(Scope.REGISTER_WRITE),
        url_name=resource,
        operation_id=f"take_{resource}",
        summary=f"Deliver {resource.replace('_', ' ')}",
        description=ROWS_MEAN,
        response=OF_A_BATCH,
    )(take)


for _resource in ROWS:
    _takes_rows(_resource)


EventBatch = batch_of("event_batch", event_schema(FIELDS))


@router.post(
    "/events",
    auth=Bearer(Scope.EVENTS_WRITE),
    url_name="events",
    operation_id="take_events",
    summary="Tell what happened",
    description=(
        "The order of arrival means nothing: events take effect by their dates, then "
        "by `order`. The same id again is `unchanged`, and with another content it is "
        "refused as `conflict`."
    ),
    response=OF_A_BATCH,
)
def events(request: HttpRequest, batch: EventBatch) -> Any:  # type: ignore[valid-type] # made above
    """Keep events, and derive the register from them."""
    machine = request.auth  # type: ignore[attr-defined] # set by ninja
    return _answered(
        take_events(
            items=batch.items,  # type: ignore[attr-defined] # made above
            sender=machine.sender,
            by=machine.actor,
            now=timezone.now(),
        )
    )


@router.get(
    "/events/{sender_id}",
    auth=Bearer(Scope.REGISTER_READ),
    url_name="event",
    operation_id="read_event",
    summary="Read an event of yours",
    response={200: EventAnswer, **OF_A_READ},
)
def event(request: HttpRequest, sender_id: SenderId) -> EventAnswer:
    """What became of an event of the client's own system."""
    machine = request.auth  # type: ignore[attr-defined] # set by ninja
    return _found(
        lambda: registers.event_answer(machine.sender, sender_id),
        RegisterEvent.DoesNotExist,
    )


@router.get(
    "/metering-points/{gsrn}",
    auth=Bearer(Scope.REGISTER_READ),
    url_name="metering_point",
    operation_id="read_metering_point",
    summary="Read who and what is at a metering point",
    response={200: PointAnswer, **OF_A_READ},
)
def metering_point(request: HttpRequest, gsrn: Gsrn) -> PointAnswer:  # noqa: ARG001 -- an operation
    """A point with its holdings and installations."""
    return _found(lambda: registers.point_answer(gsrn), MeteringPoint.DoesNotExist)


def _found(read: Callable[[], Found], absent: type[Exception]) -> Found:
    try:
        return read()
    except absent:
        raise Http404 from None


def _answered(results: Sequence[ItemResult]) -> Any:
    answers = [_item_answer(result) for result in results]
    refused = [r for r in results if r.outcome == ItemOutcome.REFUSED]
    if len(refused) == len(results):
        return problem(
            422,
            "all_refused",
            _("Ingen av postene kan tas imot. Se hver enkelt."),
            results=[answer.model_dump(mode="json") for answer in answers],
        )
    return Status(207 if refused else 200, BatchAnswer(results=answers))


def _item_answer(result: ItemResult) -> ItemAnswer:
    return ItemAnswer(
        id=result.sender_id,
        outcome=result.outcome,
        reason=result.reason,
        field=result.field,
        message=result.text,
        shape=result.shape,
    )
