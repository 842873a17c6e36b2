// npm run package [-- TARGET... | all]: makes dist/offloop-TARGET.vsix; without a target, the universal one and this machine's.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";

const TARGETS = ["linux-x64", "linux-arm64", "linux-armhf", "alpine-x64", "alpine-arm64", "darwin-x64", "darwin-arm64", "win32-x64", "win32-arm64"];
// Pictures and links of the README, which is not at the top of the repository.
const REPOSITORY = "https://github.com/offloop/offloop";
const URLS = ["--baseContentUrl", `${REPOSITORY}/blob/HEAD/vscode-client`, "--baseImagesUrl", `${REPOSITORY}/raw/HEAD/vscode-client`];
const LIMIT = 12 * 1024 * 1024;
const python = process.env.PYTHON ?? (process.platform === "win32" ? "python" : "python3");

function run(command, args) {
  const done = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], env: { SOURCE_DATE_EPOCH: commitTime(), ...process.env } });
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(" ")}: ${done.error?.message ?? `ended with ${done.status}`}`);
  }
}

/** Files in the package bear the time of the commit, so that the same commit gives the same package. */
function commitTime() {
  return spawnSync("git", ["log", "-1", "--format=%ct"], { encoding: "utf8" }).stdout?.trim() || "1700000000";
}

function wanted(args) {
  if (args.includes("all")) {
    return ["universal", ...TARGETS];
  }
  const here = `${process.platform}-${process.arch}`;
  return args.length ? args : ["universal", ...TARGETS.filter((target) => target === here)];
}

mkdirSync("dist", { recursive: true });
for (const target of wanted(process.argv.slice(2))) {
  const file = `dist/offloop-${target}.vsix`;
  rmSync(file, { force: true });
  run(python, ["scripts/bundle.py", ...(target === "universal" ? [] : [target])]);
  if (!existsSync("dist/extension.js")) {
    throw new Error("dist/extension.js is not there: npm run build");
  }
  const platform = target === "universal" ? [] : ["--target", target];
  run(process.execPath, ["node_modules/@vscode/vsce/vsce", "package", "--no-dependencies", ...URLS, ...platform, "-o", file]);
  const { size } = statSync(file);
  console.log(`${file}: ${(size / 1024 / 1024).toFixed(1)} MB`);
  if (size > LIMIT) {
    throw new Error(`${file} is larger than ${LIMIT / 1024 / 1024} MB`);
  }
}
