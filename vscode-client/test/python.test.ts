import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { advise } from "../src/python/advice";
import { type Candidate, candidates, isWithin, type Surroundings } from "../src/python/candidates";
import { choose, type Tried } from "../src/python/choose";
import { probe, type Probed, readProbe } from "../src/python/probe";
import { compare, isSupported, parseVersion, showVersion } from "../src/python/version";

const LAUNCHER = resolve("bundled", "start_server.py");

const NOWHERE: Surroundings = {
  setting: undefined,
  storage: undefined,
  environments: [],
  platform: "linux",
  searchPath: "/usr/local/bin:/usr/bin",
  forbidden: [],
  exists: () => false,
};

function labels(around: Partial<Surroundings>): string[] {
  return candidates({ ...NOWHERE, ...around }).map(({ label }) => label);
}

function candidate(label: string, origin: Candidate["origin"] = "path"): Candidate {
  return { command: { program: label, args: [] }, origin, label };
}

function probed(facts: Partial<Probed>): Probed {
  return { problem: undefined, version: [3, 13, 0], executable: undefined, offloop: undefined, detail: "", ...facts };
}

function tried(label: string, facts: Partial<Probed>, origin: Candidate["origin"] = "path"): Tried {
  return { candidate: candidate(label, origin), probed: probed(facts) };
}

describe("versions", () => {
  test("are read from what interpreters print", () => {
    assert.deepEqual(parseVersion("Python 3.14.0rc1"), [3, 14, 0]);
    assert.deepEqual(parseVersion("3.11"), [3, 11, 0]);
    assert.equal(parseVersion("command not found"), undefined);
  });

  test("are compared as numbers, not as text", () => {
    assert.ok(isSupported([3, 11, 0]));
    assert.ok(isSupported([4, 0, 0]));
    assert.ok(!isSupported([3, 9, 18]));
    assert.ok(!isSupported([2, 7, 18]));
    assert.ok(compare([3, 9, 0], [3, 11, 0]) < 0);
    assert.equal(showVersion([3, 9, 18]), "3.9.18");
  });
});

describe("candidates", () => {
  test("active environments come before the search path, our own environment last", () => {
    const around = {
      environments: ["/garden/.venv/bin/python"],
      storage: "/storage/python/bin/python",
      exists: (path: string) => path === "/usr/bin/python3",
    };
    assert.deepEqual(labels(around), ["/garden/.venv/bin/python", "/usr/bin/python3", "/storage/python/bin/python"]);
  });

  test("a setting stands alone, besides the environment that was made for it", () => {
    const around = { setting: "/opt/python", environments: ["/other"], storage: "/storage/python", exists: () => true };
    assert.deepEqual(labels(around), ["/opt/python", "/storage/python"]);
  });

  test("on Windows there is py, and both names of Python", () => {
    const around: Partial<Surroundings> = { platform: "win32", searchPath: "C:\\Windows;C:\\Python", exists: (path) => path.startsWith("C:\\Windows\\py") };
    assert.deepEqual(labels(around), ["C:\\Windows\\python.exe", "C:\\Windows\\python3.exe", "C:\\Windows\\py.exe -3"]);
  });

  test("relative entries of the search path are the workspace's and are not looked into", () => {
    assert.deepEqual(labels({ searchPath: ".:bin::/usr/bin", exists: () => true }), ["/usr/bin/python3", "/usr/bin/python"]);
  });

  test("nothing is started from a workspace that is not trusted", () => {
    const around = { searchPath: "/garden/.venv/bin:/usr/bin", forbidden: ["/garden"], exists: (path: string) => path.endsWith("python3") };
    assert.deepEqual(labels({ ...around, forbidden: [] }), ["/garden/.venv/bin/python3"]);
    assert.deepEqual(labels(around), ["/usr/bin/python3"]);
  });

  test("the same interpreter is tried once", () => {
    assert.deepEqual(labels({ environments: ["/usr/bin/python3", "/usr/bin/python3"], exists: (path) => path === "/usr/bin/python3" }), ["/usr/bin/python3"]);
  });

  test("folders are told from names that begin alike", () => {
    assert.ok(isWithin("/garden/.venv/bin/python", "/garden", "linux"));
    assert.ok(!isWithin("/gardener/bin/python", "/garden", "linux"));
    assert.ok(isWithin("c:\\Garden\\x", "C:\\garden\\", "win32"));
  });
});

describe("the choice", () => {
  test("takes the first that works and remembers the others", async () => {
    const answers: Record<string, Probed> = { old: probed({ problem: "old", version: [3, 9, 2] }), good: probed({}), unasked: probed({}) };
    const asked: string[] = [];
    const choice = await choose(["old", "good", "unasked"].map((label) => candidate(label)), async ({ label }) => {
      asked.push(label);
      return answers[label] ?? probed({ problem: "missing" });
    });
    assert.equal(choice.chosen?.candidate.label, "good");
    assert.deepEqual(choice.refused.map((one) => one.candidate.label), ["old"]);
    assert.deepEqual(asked, ["old", "good"]);
  });

  test("does not pass over a setting that is wrong", async () => {
    const all = [candidate("set", "setting"), candidate("storage", "storage")];
    const wrong = await choose(all, async ({ label }) => probed({ problem: label === "set" ? "old" : undefined }));
    assert.equal(wrong.chosen, undefined);
    const lacking = await choose(all, async ({ label }) => probed({ problem: label === "set" ? "parser" : undefined }));
    assert.equal(lacking.chosen?.candidate.label, "storage");
  });
});

describe("advice", () => {
  test("without any Python", () => {
    const advice = advise([]);
    assert.equal(advice.message, "offloop needs Python 3.11 or newer to run, and found no Python.");
    assert.deepEqual(advice.remedies, ["get python", "choose interpreter", "show logs"]);
    assert.equal(advise([tried("py", { problem: "missing", version: undefined })]).message, advice.message);
  });

  test("with Python 3.9 only", () => {
    const { message } = advise([tried("/usr/bin/python3", { problem: "old", version: [3, 9, 18] })]);
    assert.equal(message, "offloop needs Python 3.11 or newer to run. Found: /usr/bin/python3, which is Python 3.9.18 (Python 3.11 or newer is needed).");
  });

  test("with a setting that names nothing, and with a broken environment", () => {
    const missing = advise([tried("/opt/no", { problem: "missing", version: undefined }, "setting")]);
    assert.equal(missing.message, "offloop cannot run: the setting offloop.interpreter names /opt/no, which is not there.");
    const broken = advise([tried("/garden/.venv/bin/python", { problem: "broken", detail: "No module named 'encodings'" })]);
    assert.match(broken.message, /does not work \(No module named 'encodings'\)/);
  });

  test("without the parser there is a button that mends it, whatever else is wrong", () => {
    const base = tried("/usr/bin/python3", { problem: "parser" });
    const advice = advise([tried("/old", { problem: "old", version: [3, 9, 2] }), base]);
    assert.equal(advice.remedies[0], "install parser");
    assert.equal(advice.base, base);
  });
});

describe("what a probe prints", () => {
  test("is found behind what others print", () => {
    const stdout = 'hello from sitecustomize\n{"version": [3, 12, 1], "problem": null, "executable": "/p", "detail": ""}\n';
    assert.deepEqual(readProbe({ code: 0, stdout, stderr: "" }).version, [3, 12, 1]);
  });

  test("of a stand-in, of a crash and of nothing at all is understood too", () => {
    assert.equal(readProbe({ code: 9009, stdout: "", stderr: "Python was not found" }).problem, "missing");
    assert.equal(readProbe({ code: "ENOENT", stdout: "", stderr: "spawn ENOENT" }).problem, "missing");
    const crashed = readProbe({ code: 1, stdout: "", stderr: "Fatal Python error: init_fs_encoding\n" });
    assert.deepEqual([crashed.problem, crashed.detail], ["broken", "Fatal Python error: init_fs_encoding"]);
    assert.equal(readProbe({ code: 0, stdout: "{}", stderr: "" }).problem, "broken");
  });
});

describe("real interpreters", () => {
  const python = process.env["PYTHON"] ?? "python3";
  const versions = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");

  test("the one at hand runs the bundled server", async (t) => {
    if (!existsSync(resolve("bundled", "libs"))) {
      t.skip("the libraries are not bundled: npm run package");
      return;
    }
    const found = await probe({ program: python, args: [] }, LAUNCHER, false);
    // The universal package has no parser of its own: then it is this Python's, or missing, and nothing else is wrong.
    assert.ok(found.problem === undefined || found.problem === "parser", found.detail);
    assert.ok(found.version && isSupported(found.version));
  });

  for (const old of ["2.7.18", "3.6.15", "3.9.18", "3.10.13"]) {
    test(`${old} says that it is old`, async (t) => {
      const program = join(versions, old, "bin", "python");
      if (!existsSync(program)) {
        t.skip(`Python ${old} is not at ${versions}`);
        return;
      }
      const found = await probe({ program, args: [] }, LAUNCHER, false);
      assert.deepEqual([found.problem, found.version && showVersion(found.version)], ["old", old]);
    });
  }

  test("one that is not there, one that is broken, and a folder of spaces and umlauts", async (t) => {
    assert.equal((await probe({ program: join(tmpdir(), "no such python"), args: [] }, LAUNCHER, false)).problem, "missing");
    if (process.platform === "win32") {
      t.skip("a script cannot stand in for an interpreter on Windows");
      return;
    }
    const folder = join(mkdtempSync(join(tmpdir(), "offloop ")), "Gärten von 家");
    mkdirSync(folder);
    const broken = join(folder, "python");
    writeFileSync(broken, "#!/bin/sh\necho 'Fatal Python error' >&2\nexit 1\n");
    chmodSync(broken, 0o755);
    const found = await probe({ program: broken, args: [] }, LAUNCHER, false);
    assert.deepEqual([found.problem, found.detail], ["broken", "Fatal Python error"]);
    rmSync(folder, { recursive: true });
  });
});
