"""The SOAP endpoint of each head-end: prove who sends, read, answer, misbehave."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from hanportal.demo.headend import wire, writing
from hanportal.demo.headend.cim_desk import CimDesk
from hanportal.demo.headend.fleet import HeadEnd
from hanportal.demo.headend.plans import AnswerPlan
from hanportal.demo.headend.poll_desk import PollDesk
from hanportal.demo.headend.reading import Unreadable, read_message
from hanportal.demo.headend.signing import NotAuthentic, check_signature
from hanportal.demo.headend.world import Answer, World

_DRIPS = 20


class SoapEndpoint:
    """POST /<code>/soap."""

    def __init__(self, world: World, secrets: Mapping[str, str]) -> None:
        """`secrets` by head-end code; a head-end without one refuses everything."""
        self._world = world
        self._secrets = secrets
        self._cim = CimDesk(world=world)
        self._poll = PollDesk(world=world)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        head_end = self._world.fleet.head_ends.get(request.match_info["code"])
        if head_end is None:
            return web.Response(status=404, text="No such head-end\n")
        if self._world.switchboard.door(head_end.code):
            # Its own port plays this properly; here the connection is all there is.
            return _hang_up(request)
        body = await request.read()
        try:
            secret = self._secrets.get(head_end.code, "")
            check_signature(secret, request.headers, body, self._world.clock())
        except NotAuthentic as error:
            self._world.traffic.note("←", head_end.code, "", f"401: {error}")
            return web.Response(status=401, text=f"{error}\n")
        try:
            answer = await self._answer(head_end, body)
        except Unreadable as error:
            text = f"500: {error.code} {error.reason}"
            self._world.traffic.note("←", head_end.code, "", text)
            fault = writing.soap_fault(
                error.code, error.reason, edition=head_end.edition
            )
            return _xml(fault, status=500)
        return await _send(request, answer)

    async def _answer(self, head_end: HeadEnd, body: bytes) -> Answer:
        if head_end.protocol == "poll":
            return await self._poll.take(head_end, body)
        message = read_message(body, edition=head_end.edition)
        return await self._cim.take(head_end, message)


async def _send(request: web.Request, answer: Answer) -> web.StreamResponse:
    plan = answer.plan
    if plan.is_lost:
        await asyncio.sleep(plan.lost_after)
        return _hang_up(request)
    body = answer.body
    for damage in plan.damages:
        body = damage(body)
    if plan.is_cut or plan.drips:
        return await _send_slowly(request, plan, body)
    response = _xml(body, status=plan.status, content_type=plan.content_type)
    if plan.retry_after is not None:
        response.headers["Retry-After"] = f"{plan.retry_after:.0f}"
    return response


async def _send_slowly(
    request: web.Request, plan: AnswerPlan, body: bytes
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": wire.CONTENT_TYPE})
    response.content_length = len(body)
    await response.prepare(request)
    if plan.is_cut:
        await response.write(body[: len(body) // 2])
        return _hang_up(request)
    step = max(1, -(-len(body) // _DRIPS))
    for start in range(0, len(body), step):
        await response.write(body[start : start + step])
        await asyncio.sleep(plan.drips / _DRIPS)
    await response.write_eof()
    return response


def _hang_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


def _xml(body: bytes, *, status: int, content_type: str = "") -> web.Response:
    headers = {"Content-Type": content_type or wire.CONTENT_TYPE}
    return web.Response(body=body, status=status, headers=headers)
