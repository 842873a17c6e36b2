"""What no good client sends: the server answers what can be answered, says so, and goes on."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lsp.clients import VSCODE
from tests.lsp.wire import PATIENCE, STAND_IN, Server, environment, frame, serving, span

URI = "untitled:one.py"


def test_shutdown_and_exit_end_with_zero_and_nothing_but_protocol_is_on_stdout() -> None:
    with serving() as server:
        server.initialize()
        server.open(URI, "x.async_fire(1)\n")
        assert len(server.diagnostics(URI)) == 1
        assert server.end() == 0
        assert server.stray == b""
        assert b"a library prints" in server.stderr


def test_exit_without_shutdown_ends_with_one() -> None:
    with serving() as server:
        server.initialize()
        server.notify("exit")
        assert server.finished() == 1


def test_what_is_asked_may_come_from_a_file(tmp_path: Path) -> None:
    begin = {
        "id": 1,
        "method": "initialize",
        "params": {"processId": None, "rootUri": None, "capabilities": {}},
    }
    messages: list[dict[str, object]] = [begin, {"id": 2, "method": "shutdown"}, {"method": "exit"}]
    file = tmp_path / "messages"
    file.write_bytes(b"".join(frame(json.dumps({"jsonrpc": "2.0"} | one).encode()) for one in messages))
    with file.open("rb") as stdin:
        done = subprocess.run(
            STAND_IN, stdin=stdin, capture_output=True, timeout=PATIENCE, env=environment(), check=False
        )
    assert done.returncode == 0
    assert b'"capabilities"' in done.stdout
    assert done.stdout.count(b'"result"') == 2


def test_end_of_stdin_ends_the_server() -> None:
    with serving() as server:
        server.initialize()
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.finished() == 1


def test_garbage_that_ends_the_stream_ends_with_one_and_a_word() -> None:
    with serving() as server:
        server.raw(b"GET / HTTP/1.1\n\n")
        assert "skipped" in server.notification("window/logMessage")["message"]
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.finished() == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"no header at all\r\n",
        frame(b"{bad json"),
        frame(b"\xff\xfe"),
        frame(b"[" * 100_000),
        frame(b"[1, 2]"),
        frame(b'"text"'),
        frame(b'{"jsonrpc": "1.0", "method": "x"}'),
        frame(b'{"jsonrpc": "2.0"}'),
        frame(b'{"jsonrpc": "2.0", "id": 7777}'),
        frame(b'{"jsonrpc": "2.0", "id": {}, "method": "shutdown"}'),
        frame(b'{"jsonrpc": "2.0", "id": 3.5, "method": 4}'),
        frame(b'{"jsonrpc": "2.0", "method": "$/unknown", "params": {"jsonrpc": "2.0"}}'),
        frame(b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {}}'),
        frame(b'{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": 3}'),
        frame(b'{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 99}}'),
        b"Content-Length: 5\r\n\r\n" + b'{"jsonrpc": "2.0", "method": "$/x"}',
        b"Content-Length: nonsense\r\n\r\n{}\r\n",
        b"Content-Length: 999999999999\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"\x00" * 10_000 + b"\r\n",
    ],
)
def test_goes_on_after_garbage(hardened: Server, garbage: bytes) -> None:
    uri = f"untitled:{hash(garbage)}"
    hardened.raw(garbage)
    hardened.open(uri, "x.async_fire(1)\n")
    assert len(hardened.diagnostics(uri)) == 1


@pytest.fixture(scope="module")
def hardened() -> Iterator[Server]:
    """One server that all garbage is sent to, and that ends well after it."""
    with serving() as server:
        server.initialize()
        yield server
        assert server.end() == 0


def test_finds_the_next_message_inside_a_frame_that_was_announced_too_long() -> None:
    with serving() as server:
        server.initialize()
        good = json.dumps({"jsonrpc": "2.0", "id": 50, "method": "shutdown"}).encode()
        bad = b'{"jsonrpc": "2.0", "method": "$/x"}'
        server.raw(b"Content-Length: %d\r\n\r\n%b" % (len(bad) + 30, bad) + frame(good))
        assert server.answer(50)["result"] is None


def test_header_names_in_any_case_and_with_other_headers() -> None:
    with serving() as server:
        body = json.dumps(
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "initialize",
                "params": {"capabilities": {}, "processId": None, "rootUri": None},
            }
        ).encode()
        head = b"content-type: application/vscode-jsonrpc; charset=utf-8\r\nCONTENT-LENGTH:%d\r\n\r\n"
        server.raw(head % len(body) + body)
        assert "capabilities" in server.answer(1)["result"]


def test_messages_in_single_bytes() -> None:
    with serving() as server:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "shutdown"}).encode()
        for byte in frame(body):
            server.raw(bytes([byte]))
        assert server.answer(1)["error"]["code"] == -32002


def test_requests_before_initialize_and_after_shutdown_are_refused() -> None:
    with serving() as server:
        hover = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}
        assert server.answer(server.ask("textDocument/hover", hover))["error"]["code"] == -32002
        server.notify("textDocument/didOpen", {})
        server.initialize()
        assert server.answer(server.ask("initialize", {"capabilities": {}}))["error"]["code"] == -32600
        server.request("shutdown")
        assert server.answer(server.ask("textDocument/hover", hover))["error"]["code"] == -32600
        server.notify("exit")
        assert server.finished() == 0


def test_unknown_methods_and_bad_parameters_are_answered() -> None:
    with serving() as server:
        server.initialize()
        assert server.answer(server.ask("no/such"))["error"]["code"] == -32601
        server.send({"id": 70, "method": "no/such/either"})
        assert server.answer(70)["error"]["code"] == -32601
        server.notify("no/such/notification", {"jsonrpc": "2.0"})
        wrong = {"textDocument": {"uri": URI}}
        assert server.answer(server.ask("textDocument/hover", wrong))["error"]["code"] == -32602
        wrong = {"textDocument": {"uri": URI}, "position": {"line": -1, "character": "x"}}
        assert server.answer(server.ask("textDocument/hover", wrong))["error"]["code"] == -32602
        command = {"command": "offloop.nonsense"}
        assert server.answer(server.ask("workspace/executeCommand", command))["error"]["code"] == -32602
        odd = {"command": "offloop.debugInformation", "arguments": [1, 2, 3]}
        assert server.answer(server.ask("workspace/executeCommand", odd))["error"]["code"] == -32602
        assert server.end() == 0


def test_a_thousand_edits_in_a_burst_give_the_last_text_s_findings_only() -> None:
    with serving() as server:
        server.initialize({"textDocument": {"publishDiagnostics": {"versionSupport": True}}})
        server.open(URI, "")
        line = "x.async_fire(1)\n"
        for number in range(1000):
            server.change(URI, number + 2, {"range": span(number, 0, number, 0), "text": line})
        final = server.notification(
            "textDocument/publishDiagnostics", lambda params: params["version"] == 1001
        )
        assert len(final["diagnostics"]) == 1000
        versions = [
            message["params"]["version"]
            for message in server.seen
            if message.get("method") == "textDocument/publishDiagnostics"
        ]
        assert versions == sorted(versions)
        assert server.end() == 0


def test_a_storm_of_cancelled_requests_is_answered_and_shutdown_is_clean() -> None:
    with serving() as server:
        server.initialize(VSCODE)
        server.open(URI, "x.async_fire(1)\n")
        asked = []
        for number in range(200):
            server.change(URI, number + 2, {"text": f"x.async_fire({number})\n"})
            asked.append(server.ask("textDocument/diagnostic", {"textDocument": {"uri": URI}}))
            server.notify("$/cancelRequest", {"id": asked[-1]})
        for number in asked:
            answer = server.answer(number)
            assert "result" in answer or answer["error"]["code"] == -32800
        pending = server.ask("textDocument/diagnostic", {"textDocument": {"uri": URI}})
        assert server.end() == 0
        answer = server.answer(pending)
        assert "result" in answer or answer["error"]["code"] == -32800


def test_shutdown_is_clean_while_requests_to_the_client_are_open(tmp_path: Path) -> None:
    with serving(OFFLOOP_TEST_GATE=str(tmp_path / "never")) as server:
        server.answers["workspace/configuration"] = lambda _message: [{}]
        server.initialize(VSCODE)
        server.open(URI, "x.async_fire(1)\n")
        server.notification("$/progress")
        assert server.end() == 0


def test_ends_when_the_process_that_it_was_told_of_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with serving() as server:
        server.initialize(processId=child.pid)
        child.communicate(b"\n")
        assert server.finished() == 1


def test_a_document_of_ten_megabytes_and_odd_characters() -> None:
    with serving() as server:
        server.initialize()
        text = "# \ud800 \u2028 \x0c\r# é\r\nx.async_fire(1)\n"
        server.open(URI, text)
        (found,) = server.diagnostics(URI)
        assert found["range"] == span(2, 2, 2, 12)
        server.open("untitled:big", "y = 1  # filler\n" * 650_000 + "x.async_fire(1)\n")
        (found,) = server.diagnostics("untitled:big")
        assert found["range"]["start"]["line"] == 650_000


def test_edits_of_documents_that_are_not_open_are_told_and_ignored() -> None:
    with serving() as server:
        server.initialize()
        server.change("untitled:none", 2, {"text": "x"})
        assert "not open" in server.notification("window/logMessage")["message"]
        server.notify("textDocument/didClose", {"textDocument": {"uri": "untitled:none"}})
        server.notify("textDocument/didSave", {"textDocument": {"uri": "untitled:none"}})
        assert server.end() == 0


def test_an_exception_in_the_analysis_is_logged_once_and_the_rest_goes_on() -> None:
    with serving() as server:
        server.initialize()
        server.open(URI, "crash\n")
        server.notification("window/logMessage", lambda params: "the word crash" in params["message"])
        server.change(URI, 2, {"text": "crash again\n"})
        server.open("untitled:two", "x.async_fire(1)\n")
        assert len(server.diagnostics("untitled:two")) == 1
        server.change(URI, 3, {"text": "x.async_fire(1)\n"})
        assert len(server.diagnostics(URI, lambda params: params["diagnostics"])) == 1
        assert server.end() == 0
        assert not [one for one in server.seen if "the word crash" in str(one)]


def test_serves_one_client_over_tcp() -> None:
    process = subprocess.Popen(
        [*STAND_IN, "--tcp"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment()
    )
    try:
        assert process.stderr is not None
        port = int(process.stderr.readline().rsplit(b":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            stream = client.makefile("rwb")
            for number, method in enumerate(["initialize", "shutdown"]):
                params = (
                    {"capabilities": {}, "processId": os.getpid(), "rootUri": None} if not number else None
                )
                request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                stream.write(frame(json.dumps(request).encode()))
                stream.flush()
                length = int(stream.readline().split(b":")[1])
                while stream.readline().strip():
                    pass
                assert json.loads(stream.read(length))["id"] == number
            stream.write(frame(b'{"jsonrpc": "2.0", "method": "exit"}'))
            stream.flush()
            assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
