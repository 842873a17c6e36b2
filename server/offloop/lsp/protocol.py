"""pygls's protocol with its faults cured: what is answered, refused or survived, message by message.

Cured here: requests before ``initialize`` (-32002) and after ``shutdown`` (-32600), bad parameters (answered,
not popped up), parameters that hold a "jsonrpc" key, unknown methods with odd envelopes, the race in
``shutdown`` (pygls #606), late answers to cancelled requests (pygls #621), ``exit`` without ``shutdown``
(code 1), and the choice of the position encoding.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import (
    FeatureNotificationError,
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

from offloop.lsp.convert import choose_encoding
from offloop.lsp.keystroke import did_change

if TYPE_CHECKING:
    from cattrs import Converter as Structurer
    from pygls.lsp.server import LanguageServer

_OWN_TEXT_SYNC = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
)


class OffloopProtocol(LanguageServerProtocol):
    """Hand each message to its feature; ``receive`` is the only way in."""

    def __init__(self, server: LanguageServer, converter: Structurer) -> None:
        super().__init__(server, converter)
        self._asked_initialize = False
        self.on_exit: Callable[[int], None] = lambda _code: None
        self.on_fault: Callable[[str], None] = lambda _text: None
        for method in _OWN_TEXT_SYNC:
            self.fm.builtin_features.pop(method, None)

    @property
    def exit_code(self) -> int:
        """The code to end with: 0 once ``shutdown`` was asked for."""
        return 0 if self._shutdown else 1

    def receive(self, body: bytes) -> bool:
        """Handle one message; returns False when it is no JSON. Never raises."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return False
        try:
            self._accept(data)
        except Exception as error:  # noqa: BLE001 - one bad message must not end the session
            self.on_fault(f"a message could not be handled: {error!r}")
        return True

    def _accept(self, data: Any) -> None:
        if not isinstance(data, dict) or data.get("jsonrpc") != self.VERSION:
            self.on_fault("a message is not JSON-RPC 2.0 and is ignored")
            self._refuse(data, JsonRpcInvalidRequest("Not a JSON-RPC 2.0 message"))
            return
        refusal = self._refusal(data)
        if refusal is not None:
            self._refuse(data, refusal)
            return
        edit = did_change(data)
        if edit is not None:
            self._tell(types.TEXT_DOCUMENT_DID_CHANGE, edit)
            return
        try:
            message = self.structure_message(data)
        except JsonRpcException as error:
            cause = error.__cause__ or error
            self.on_fault(f"bad parameters of {data.get('method', 'an answer')}: {_first_line(cause)}")
            self._refuse(data, JsonRpcInvalidParams(f"Invalid parameters of {data.get('method')}"))
            self._disappoint(data, error)
            return
        self.handle_message(message)

    def publish(self, uri: str, shown: Sequence[types.Diagnostic], version: int | None = None) -> None:
        """Push the findings of a file; with each keystroke that there are none, which needs no translation."""
        method = types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS
        if shown:
            self.notify(method, types.PublishDiagnosticsParams(uri, shown, version))
            return
        told: dict[str, Any] = {"uri": uri, "diagnostics": []}
        if version is not None:
            told["version"] = version
        body = json.dumps({"jsonrpc": self.VERSION, "method": method, "params": told})
        if self.writer is not None:
            self.writer.write(f"Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def _refusal(self, data: dict[str, Any]) -> JsonRpcException | None:
        if "method" not in data:
            return None
        method = data["method"]
        if not isinstance(method, str) or not isinstance(data.get("id", 0), str | int):
            return JsonRpcInvalidRequest("The method or the id is of a wrong type")
        if self._shutdown and method != types.EXIT:
            return JsonRpcInvalidRequest("The server is shutting down")
        if method == types.INITIALIZE:
            repeated, self._asked_initialize = self._asked_initialize, True
            return JsonRpcInvalidRequest("initialize was sent twice") if repeated else None
        if not self._asked_initialize and method != types.EXIT:
            return JsonRpcServerNotInitialized("The server has not been initialized")
        known = (
            method in self.fm.features or method in self.fm.builtin_features or method == types.CANCEL_REQUEST
        )
        return None if known else JsonRpcMethodNotFound.of(method)

    def _refuse(self, data: Any, error: JsonRpcException) -> None:
        """Answer a request with an error; notifications and answers get none."""
        if isinstance(data, dict) and "method" in data and isinstance(data.get("id"), str | int):
            self._send_response(data["id"], None, error.to_response_error())

    def _disappoint(self, data: dict[str, Any], error: JsonRpcException) -> None:
        """Let whoever waits for an answer know that what came cannot be understood."""
        if "method" not in data and isinstance(data.get("id"), str | int):
            future = self._request_futures.pop(data["id"], None)
            if future is not None and not future.done():
                future.set_exception(error)

    def _tell(self, method: str, params: Any) -> None:
        """Hand a notification straight to its feature, a plain function; pygls makes an id and a future for it."""
        try:
            self.fm.features[method](params)
        except Exception as error:  # noqa: BLE001 - one bad message must not end the session
            self._server.report_server_error(error, FeatureNotificationError)

    def _handle_response(
        self, msg_id: str | int, result: Any | None = None, error: types.ResponseError | None = None
    ) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None and future.done():
            self._request_futures.pop(msg_id, None)
            return
        super()._handle_response(msg_id, result, error)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Choose our encoding by leaving the client only that choice, then go on as pygls does."""
        general = params.capabilities.general
        if general is not None and general.position_encodings:
            general.position_encodings = (choose_encoding(general.position_encodings),)
        return (yield from super().lsp_initialize(params))

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Any, Any, None]:
        """Cancel what is in flight and answer; pygls fails here when something is."""
        handler = self.fm.features.get(types.SHUTDOWN)
        if handler is not None:
            yield handler, args, None
        asked = self.msg_id
        for msg_id, future in list(self._request_futures.items()):
            if msg_id != asked and not future.done():
                future.cancel()
        self._shutdown = True

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: Any) -> None:  # type: ignore[override]  # pygls has a generator; a plain one serves too
        """End the session; the process ends once all answers are written."""
        self.on_exit(self.exit_code)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
