"""The door: Host, Origin and token of every request, and the headers of every answer.

- DNS rebinding: a page whose name is turned to 127.0.0.1 meanwhile sends its own name as Host; it is refused.
- Other pages may send simple POST requests without asking first (multipart is one): whatever is not reading and
  carries an Origin that is not this server's is refused.
- The token is compared in constant time.
"""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twin.serve.problem import Refused
from twin.serve.settings import Settings, served_names

READING = ("GET", "HEAD", "OPTIONS")
# Cesium compiles WebAssembly, starts workers from blobs and draws images from blobs and data URLs; nothing comes from
# another place than this server.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval' blob:",
        "worker-src 'self' blob:",
        "connect-src 'self' blob: data:",
        "img-src 'self' data: blob:",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}


class Guard:
    """Outermost layer of the application (ASGI)."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.names = served_names(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        if scope["type"] == "websocket":  # there are none here
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        allowed = origin if origin in self.settings.cors else None

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _seal(MutableHeaders(scope=message), allowed, bool(self.settings.cors))
            await send(message)

        try:
            self._check(scope["method"], headers, allowed)
        except Refused as refusal:
            await refusal.response()(scope, receive, sealed)
            return
        if scope["method"] == "OPTIONS" and allowed and "access-control-request-method" in headers:
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, sealed)
            return
        await self.app(scope, receive, sealed)

    def _check(self, method: str, headers: Headers, allowed: str | None) -> None:
        host = headers.getlist("host")
        if len(host) != 1:
            raise Refused(400, "the request has no Host header, or several", "send the name of this server")
        if self.names is not None and _name_of(host[0]) not in self.names:
            raise Refused(
                421,
                "this server does not answer under the name in the Host header",
                "call it by its address, or start it with --allow-host NAME",
            )
        if method in READING:
            return
        origin = headers.get("origin")
        foreign = origin is not None and allowed is None and origin.partition("://")[2].lower() != host[0].lower()
        if foreign or (origin is None and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")):
            raise Refused(403, "a page of another origin may only read", "start the server with --cors ORIGIN")
        token = self.settings.token
        if token is not None and not has_token(headers.get("authorization"), token):
            raise Refused(
                401,
                "whatever is not reading needs the token that the server was started with",
                "send the header `Authorization: Bearer TOKEN`",
                {"www-authenticate": "Bearer"},
            )


_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "600",
}


def has_token(header: str | None, token: str) -> bool:
    """Whether an Authorization header carries the token; compared in constant time."""
    scheme, _, given = (header or "").partition(" ")
    same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    return same and scheme.lower() == "bearer"


def _name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _seal(headers: MutableHeaders, allowed: str | None, cors: bool) -> None:
    for name, value in ALWAYS.items():
        headers[name] = value
    headers["cross-origin-resource-policy"] = "cross-origin" if allowed else "same-origin"
    if cors:
        headers.add_vary_header("Origin")
    if allowed:
        headers["access-control-allow-origin"] = allowed
