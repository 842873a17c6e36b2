import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Crashes } from "../src/crashes";
import { importsHomeAssistant, isInIntegration } from "../src/relevance";
import { expand, type Places, readSettings } from "../src/settings";
import { type Facts, readReport, type Report, statusOf } from "../src/status";
import { readTrace, spoken } from "../src/trace";

describe("relevance", () => {
  test("texts that import Home Assistant", () => {
    assert.ok(importsHomeAssistant('"""Doc."""\nfrom homeassistant.core import HomeAssistant\n'));
    assert.ok(importsHomeAssistant("import homeassistant\n"));
    assert.ok(importsHomeAssistant("if TYPE_CHECKING:\n    import homeassistant.core as ha\n"));
    assert.ok(!importsHomeAssistant("import homeassistant_api\nfrom homeassistantlike import x\n"));
    assert.ok(!importsHomeAssistant("# from homeassistant import x\n"));
  });

  test("files of integrations", () => {
    assert.ok(isInIntegration("/garden/custom_components/hub/switch.py"));
    assert.ok(isInIntegration("C:\\core\\homeassistant\\components\\hue\\light.py"));
    assert.ok(!isInIntegration("/garden/tools/custom_components.py"));
  });
});

describe("settings", () => {
  const places: Places = { home: "/house", workspaceFolder: "/garden", variables: { VENV: "/venv" } };
  const read = (values: Record<string, unknown>, isTrusted = true) => readSettings((key) => values[key], places, isTrusted);

  test("defaults", () => {
    assert.deepEqual(read({}), { enable: true, interpreter: undefined, importStrategy: "useBundled" });
    assert.deepEqual(read({ interpreter: "  ", importStrategy: "x", enable: "no" }), read({}));
  });

  test("a workspace that is not trusted chooses neither interpreter nor server", () => {
    const values = { interpreter: "./evil", importStrategy: "fromEnvironment" };
    assert.deepEqual(read(values, false), { enable: true, interpreter: undefined, importStrategy: "useBundled" });
    assert.deepEqual(read(values), { enable: true, interpreter: "/garden/evil", importStrategy: "fromEnvironment" });
  });

  test("variables", () => {
    assert.equal(expand("~/venv/bin/python", places), "/house/venv/bin/python");
    assert.equal(expand("${workspaceFolder}/.venv/bin/python", places), "/garden/.venv/bin/python");
    assert.equal(expand("${env:VENV}/bin/python", places), "/venv/bin/python");
    assert.equal(expand("${env:NONE}x", places), "x");
    assert.equal(expand("${unknown}", places), "${unknown}");
    assert.equal(expand("python3.13", places), "python3.13");
    assert.equal(expand(".venv/bin/python", places), "/garden/.venv/bin/python");
    assert.equal(expand("C:\\Python\\python.exe", places), "C:\\Python\\python.exe");
  });
});

describe("crashes", () => {
  test("at the start are never answered by another start", () => {
    assert.equal(new Crashes().ended(0, false), "give up at start");
  });

  test("later ones are, a few times in a few minutes", () => {
    const crashes = new Crashes({ most: 2, withinSeconds: 60 });
    assert.deepEqual([0, 10, 20].map((time) => crashes.ended(time, true)), ["restart", "restart", "give up"]);
    assert.equal(crashes.ended(100, true), "restart");
  });
});

describe("status", () => {
  const report: Report = {
    state: "ready",
    homeAssistant: [{ label: "Home Assistant 2026.11.0 in /ha", version: "2026.11.0", origin: "sources" }],
    findings: { error: 1, warning: 2 },
    files: 8,
  };
  const facts: Facts = { process: "running", report, isTrusted: true, reason: undefined };

  test("of a running server", () => {
    const status = statusOf(facts);
    assert.equal(status.text, "offloop: Home Assistant 2026.11.0");
    assert.equal(status.detail, "1 error · 2 warnings · 8 files checked");
    assert.deepEqual([status.severity, status.isBusy], ["information", false]);
  });

  test("while it reads, on a bundled catalog, without trust, with two releases", () => {
    const bundled = { label: "", version: "2026.10.0", origin: "bundled" };
    const both: Report = { ...report, state: "reading", homeAssistant: [...report.homeAssistant, bundled] };
    const status = statusOf({ ...facts, report: both, isTrusted: false });
    assert.equal(status.text, "offloop: Home Assistant 2026.11.0, 2026.10.0");
    assert.match(status.detail, /bundled catalog · reading Home Assistant · restricted, because the workspace is not trusted$/);
    assert.ok(status.isBusy);
  });

  test("where none runs, the last report of another does not count", () => {
    const failed = statusOf({ ...facts, process: "failed", reason: "no Python" });
    assert.deepEqual(failed, { text: "offloop: not running", detail: "no Python", severity: "error", isBusy: false });
    assert.equal(statusOf({ ...facts, process: "starting", report: undefined }).isBusy, true);
    assert.equal(statusOf({ ...facts, process: "stopped" }).severity, "warning");
  });

  test("is read from the server's notification, and from nothing else", () => {
    assert.deepEqual(readReport(report), report);
    for (const wrong of [null, undefined, 1, {}, { ...report, state: "?" }, { ...report, homeAssistant: 1 }]) {
      assert.equal(readReport(wrong), undefined);
    }
  });
});

describe("traces", () => {
  const start = { line: 1948, character: 8 };
  const step = { message: "run in the executor", label: "entity.py:1949", uri: "file:///ha/entity.py", range: { start, end: start }, isHomeAssistant: true };

  test("are read step by step", () => {
    const trace = readTrace({ title: "HAT101: ...", steps: [step, { ...step, uri: null, range: null }] });
    assert.equal(trace?.title, "HAT101: ...");
    assert.deepEqual(trace?.steps[0]?.place, { uri: "file:///ha/entity.py", ...start });
    assert.equal(trace?.steps[1]?.place, undefined);
    assert.equal(spoken(trace!.steps[0]!, 1, 2), "Step 1 of 2: run in the executor, entity.py:1949");
  });

  test("what is none is none", () => {
    for (const wrong of [null, undefined, "", [], {}, { title: "x", steps: [] }, { steps: "x" }]) {
      assert.equal(readTrace(wrong), undefined);
    }
    assert.equal(readTrace({ steps: [{ ...step, range: { start: { line: -1, character: "x" } } }] })?.steps[0]?.place?.line, 0);
  });
});
