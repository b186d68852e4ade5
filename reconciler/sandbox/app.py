"""Put the four vendors behind one door."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from reconciler.sandbox.hosts import find_holder, find_provider, find_region, is_write
from reconciler.sandbox.state.seed import plant, read_switches, read_vices
from reconciler.sandbox.state.world import Arrived, Danger, Served, World
from reconciler.sandbox.trouble.dial import Dial
from reconciler.sandbox.trouble.faults import Fault
from reconciler.sandbox.trouble.gate import Answer, Denial, Gate
from reconciler.sandbox.trouble.switches import set_switches
from reconciler.sandbox.trouble.vices import parse_vices
from reconciler.sandbox.vendors.calls import Act, Call, Lost, Refusal, Vendor
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.fluents.counter import Fluents
from reconciler.sandbox.vendors.galtea.counter import Galtea
from reconciler.sandbox.vendors.opencopilot.counter import OpenCopilot
from reconciler.sandbox.vendors.polyai.counter import PolyAI

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_VENDORS: tuple[Callable[[Desk], Vendor], ...] = (Galtea, Fluents, OpenCopilot, PolyAI)


class Sandbox(Starlette):
    """The application: `state.world` is the World that tests look into.

    What a proxy or a bad line would do happens around Starlette, so that a fault really leaves no answer.
    """

    def __init__(self, world: World, vendors: Mapping[str, "Counter"], gate: Gate) -> None:
        super().__init__(routes=[Route("/{path:path}", self._send_on, methods=list(_METHODS))])
        self.state.world = world
        self._world = world
        self._vendors = vendors
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail to."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        arrived = _describe(scope, body)
        provider = find_provider(arrived.host, arrived.path) or find_holder(Request(scope).headers)
        if provider is None:
            await _turn_away(arrived.path)(scope, receive, send)
            return
        answer = await self._serve(provider, arrived, scope, body)
        await _send_answer(answer, send)

    async def _serve(self, provider: str, arrived: Arrived, scope: Scope, body: bytes) -> Answer:
        side = "writes" if is_write(arrived.method, arrived.path) else "reads"
        self._gate.refuse_connection(provider, side)
        if self._world.before_request is not None:
            self._world.before_request(arrived)
        late = self._gate.delay(provider, side)
        if late:
            await asyncio.sleep(late)
        try:
            answer = await self._answer(provider, side, scope, body)
        except Fault:
            self._world.requests.append(Served(*arrived, status=None))
            raise
        self._world.requests.append(Served(*arrived, status=answer.status))
        return answer

    async def _answer(self, provider: str, side: str, scope: Scope, body: bytes) -> Answer:
        counter = self._vendors[provider]
        stopped = self._gate.stop(provider, side)
        if isinstance(stopped, Denial):
            response = counter.vendor.refuse(Refusal(stopped.status, stopped.message))
            response.headers.update(dict(stopped.headers))
            answer = _read_response(counter.stamp(response))
        elif stopped is not None:
            answer = stopped
        else:
            scope["sandbox.counter"] = counter
            answer = await _collect(super().__call__, scope, body)
        return self._gate.spoil(provider, side, answer, [*_find_keys(scope), body.decode("utf-8", "replace")])

    async def _send_on(self, request: Request) -> Response:
        counter: Counter = request.scope["sandbox.counter"]
        return await counter.serve(request)


class Counter:
    """Let one vendor answer: find the way, check the key, say no in its own shape."""

    def __init__(self, vendor: Vendor, world: World) -> None:
        self.vendor = vendor
        self._world = world
        self._served = 0
        acts: dict[str, dict[str, Act]] = {}
        for method, path in vendor.dangers():
            acts.setdefault(path, {})[method] = self._record_danger
        for method, path, act in vendor.ways():
            acts.setdefault(path, {})[method] = act
        literal_first = sorted(acts, key=lambda path: path.count("{"))
        self._router = Router(
            [Route(path, self._make_endpoint(acts[path]), methods=list(_METHODS)) for path in literal_first],
            default=self._get_lost,
            redirect_slashes=False,
        )

    async def serve(self, request: Request) -> Response:
        """Answer a request."""
        path = request.scope["path"]
        trimmed = path if self.vendor.is_strict else path.rstrip("/") or "/"
        answer = await _collect(self._router, {**request.scope, "path": trimmed}, await request.body())
        return self.stamp(_make_response(answer))

    def stamp(self, response: Response) -> Response:
        """Give every answer of PolyAI its correlation id (D)."""
        if self.vendor.provider == "polyai":
            self._served += 1
            response.headers["X-PolyAI-Correlation-Id"] = f"sandbox-{self._served:08d}"
        return response

    async def _get_lost(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await self._answer(request, None)(scope, receive, send)

    def _make_endpoint(self, acts: Mapping[str, Act]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            return self._answer(request, acts.get(request.method), body)

        return endpoint

    def _answer(self, request: Request, act: Act | None, body: bytes = b"") -> Response:
        method, path = request.method, request.scope["path"]
        region = find_region(request.headers.get("host", ""))
        query = request.scope["query_string"].decode("latin-1")
        try:
            grant = {} if self.vendor.is_open(path) else self.vendor.admit(request.headers, region)
            call = Call(method, path, query, _parse(body), region, request.path_params, grant)
            return self.vendor.get_lost(method, path) if act is None else act(call)
        except Refusal as refusal:
            return self.vendor.refuse(refusal)
        except Lost:
            return self.vendor.get_lost(method, path)

    def _record_danger(self, call: Call) -> Response:
        self._world.dangers.append(Danger(self.vendor.provider, call.method, call.path))
        raise Refusal(403, "The sandbox does not do this")


def create_app(
    *,
    database: Path | None,
    seed: Mapping[str, Any] | None,
    vices: Iterable[str] = (),
    switches: Mapping[str, object] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Build the four vendors over one database; None keeps it in memory.

    The seed is planted only in a database that is new. Vices and switches of the seed hold too; those of the
    arguments are added to them. Raises SeedError, ViceError, SwitchError.
    """
    sown = {} if seed is None else seed
    settings = set_switches({**read_switches(sown), **(switches or {})})
    dial = Dial(parse_vices([*read_vices(sown), *vices]))
    world = World(database)
    if world.is_empty():
        plant(world, sown)
    desks = (Desk(provider, world, settings, dial) for provider in ("galtea", "fluents", "opencopilot", "polyai"))
    vendors = [make(desk) for make, desk in zip(_VENDORS, desks, strict=True)]
    counters = {vendor.provider: Counter(vendor, world) for vendor in vendors}
    return Sandbox(world, counters, Gate(dial, clock))


async def _collect(app: Callable[[Scope, Receive, Send], Any], scope: Scope, body: bytes) -> Answer:
    """Run an ASGI application to its end and return its whole answer."""
    start: MutableMapping[str, Any] = {}
    chunks: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in start["headers"])
    return Answer(start["status"], headers, b"".join(chunks))


def _make_response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    response.raw_headers = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in answer.headers]
    return response


def _read_response(response: Response) -> Answer:
    headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.raw_headers)
    return Answer(response.status_code, headers, bytes(response.body))


async def _send_answer(answer: Answer, send: Send) -> None:
    headers = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _describe(scope: Scope, body: bytes) -> Arrived:
    host = Request(scope).headers.get("host", "").partition(":")[0].lower()
    query = scope["query_string"].decode("latin-1")
    return Arrived(scope["method"], host, scope["path"], query, _parse(body))


def _parse(body: bytes) -> object:
    """Return the JSON value of a body, its text where it is not JSON, None where there is none."""
    if not body:
        return None
    try:
        value: object = json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
    return value


def _find_keys(scope: Scope) -> list[str]:
    headers = Request(scope).headers
    return [headers[name] for name in ("authorization", "x-api-key") if name in headers]


def _turn_away(path: str) -> Response:
    return JSONResponse({"error": f"none of the four vendors has {path}"}, 404)
