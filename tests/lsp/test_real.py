"""The server on the real checker, with Home Assistant's sources where OFFLOOP_HA_SOURCES has them."""

from __future__ import annotations

from pathlib import Path

from tests.lsp.clients import VSCODE
from tests.lsp.conftest import SWITCH
from tests.lsp.real_parts import home_assistant
from tests.lsp.wire import REAL, apply, serving, span


def test_the_real_checker_s_finding_fix_hover_and_trace(integration: Path) -> None:
    sources = home_assistant()
    with serving(REAL) as server:
        settings = {"logLevel": "info", **({"homeAssistant": sources} if sources else {})}
        server.answers["workspace/configuration"] = lambda message: [
            settings for _ in message["params"]["items"]
        ]
        server.initialize(VSCODE)
        uri = (integration / "switch.py").as_uri()
        server.open(uri, SWITCH)
        server.notification("window/logMessage", lambda params: "checking against" in params["message"])
        asked = {"textDocument": {"uri": uri}}
        (found,) = server.request("textDocument/diagnostic", asked)["items"]
        assert found["code"] == "HAT101"
        assert found["range"]["start"]["line"] == 5
        assert found["codeDescription"]["href"].startswith("https://")
        if sources:
            places = [one["location"] for one in found["relatedInformation"]]
            assert any(place["uri"].startswith(Path(sources).as_uri()) for place in places)
        action, *_others = server.actions(uri, found["range"], only=["quickfix"], diagnostics=[found])
        assert action["title"] == "Use self.hass.bus.fire (scheduled in the event loop, not done at once)"
        assert action["isPreferred"] is True
        (change,) = server.edited(action)["edit"]["documentChanges"]
        mended = apply(SWITCH, change["edits"])
        assert mended == SWITCH.replace("async_fire", "fire")
        hover = server.request("textDocument/hover", {**asked, "position": {"line": 4, "character": 10}})
        assert "runs in a worker thread" in hover["contents"]["value"]
        server.change(uri, 2, {"text": mended})
        assert server.request("textDocument/diagnostic", asked)["items"] == []
        assert server.end() == 0
        assert server.stderr == b""


def test_half_typed_texts_never_stop_the_server(integration: Path) -> None:
    with serving(REAL) as server:
        server.initialize(initializationOptions={"settings": {"homeAssistant": home_assistant()}})
        uri = (integration / "switch.py").as_uri()
        server.open(uri, "")
        for end in range(0, len(SWITCH), 7):
            server.change(uri, end + 2, {"text": SWITCH[:end]})
            server.actions(uri, span(0, 0, 100, 0))
        server.change(uri, 10_000, {"text": SWITCH})
        assert len(server.diagnostics(uri, lambda params: len(params["diagnostics"]) == 1)) == 1
        assert server.end() == 0
        assert not [one for one in server.seen if "internal error" in str(one)]
