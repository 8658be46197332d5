"""What a form asks for is done beside the event loop.

In: a room's handler. Out: the handler, run in a thread once its form has been read.
Always true: the loop on which events come in never waits for a question of the desk; in a room's handlers
plain calls may take their time. One that reads its body piece by piece says so by `opt={"streams": True}`.
"""

import asyncio
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler


def beside(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """The same handler; what is no coroutine runs in a thread anyway."""
    answer = handler.fn
    if not iscoroutinefunction(answer) or handler.opt.get("streams"):
        return handler

    @wraps(answer)
    async def run(request: Request[Any, Any, Any], **more: Any) -> Any:
        try:
            await (request.form() if request.content_type[0] == "multipart/form-data" else request.body())
        except ValueError:
            raise ClientException("This form could not be read.") from None
        # What it awaits from here on is at hand, or is its own affair on a loop of its own.
        return await sync_to_thread(lambda: asyncio.run(answer(request=request, **more)))

    return handler(run)
