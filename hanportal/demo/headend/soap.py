"""The SOAP endpoint of each head-end: prove who sends, read, answer, misbehave."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from hanportal.demo.headend import wire, writing
from hanportal.demo.headend.plans import AnswerPlan
from hanportal.demo.headend.reading import ControlRequest, Unreadable, read_message
from hanportal.demo.headend.signing import NotAuthentic, check_signature
from hanportal.demo.headend.world import Answer, World

_DRIPS = 20


class SoapEndpoint:
    """POST /<code>/soap."""

    def __init__(self, world: World, secrets: Mapping[str, str]) -> None:
        """`secrets` by head-end code; a head-end without one refuses everything."""
        self._world = world
        self._secrets = secrets

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        head_end = self._world.fleet.head_ends.get(request.match_info["code"])
        if head_end is None:
            return web.Response(status=404, text="No such head-end\n")
        body = await request.read()
        try:
            secret = self._secrets.get(head_end.code, "")
            check_signature(secret, request.headers, body, self._world.clock())
        except NotAuthentic as error:
            self._world.traffic.note("←", head_end.code, "", f"401: {error}")
            return web.Response(status=401, text=f"{error}\n")
        try:
            message = read_message(body)
        except Unreadable as error:
            text = f"500: {error.code} {error.reason}"
            self._world.traffic.note("←", head_end.code, "", text)
            return _xml(writing.soap_fault(error.code, error.reason), status=500)
        if isinstance(message, ControlRequest):
            answer = await self._world.take_controls(head_end, message)
        else:
            answer = self._world.take_reading(head_end, message)
        return await _send(request, answer)


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
