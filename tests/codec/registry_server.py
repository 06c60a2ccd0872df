"""A schema registry as far as we use one, over real HTTP; it can be away, slow or of another mind."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class RegistryServer:
    """Schemas by id; remembers what it was asked."""

    def __init__(self) -> None:
        self.schemas: dict[int, dict[str, Any]] = {}
        self.subjects: dict[tuple[str, int], dict[str, Any]] = {}
        """Subject and version to id and schema."""
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.answer: tuple[int, bytes] | None = None
        """What it says to everything, whatever is asked."""
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """On the port it had before."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def add(self, number: int, schema: Any, kind: str = "AVRO", references: Any = ()) -> None:
        text = schema if isinstance(schema, str) else json.dumps(schema)
        self.schemas[number] = {"schema": text}
        if kind != "AVRO":
            self.schemas[number]["schemaType"] = kind
        if references:
            self.schemas[number]["references"] = list(references)

    def _find(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        match (method, parts):
            case ("GET", ["schemas", "ids", number]):
                found = self.schemas.get(int(number))
                return (200, found) if found else (404, {"error_code": 40403, "message": "Schema not found"})
            case ("GET", ["subjects", subject, "versions", version]):
                found = self.subjects.get((subject, int(version)))
                return (200, found) if found else (404, {"error_code": 40402, "message": "Version not found"})
            case ("POST", ["subjects", subject]):
                for number, one in self.schemas.items():
                    if one["schema"] == body["schema"]:
                        return 200, {"subject": subject, "version": 1, "id": number, "schema": one["schema"]}
                return 404, {"error_code": 40401, "message": "Subject not found"}
            case ("POST", ["subjects", _, "versions"]):
                number = max(self.schemas, default=0) + 1
                self.schemas[number] = {"schema": body["schema"]}
                return 200, {"id": number}
        return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}


def _handler(registry: RegistryServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else {}
            path = self.path.partition("?")[0]
            registry.bodies.append(body)
            registry.asked.append(f"{self.command} {path}")
            if registry.answer is None:
                status, found = registry._find(self.command, path, body)
                content = json.dumps(found).encode()
            else:
                status, content = registry.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _reply

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    return Handler
