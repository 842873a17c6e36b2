// node build.mjs [--tests] [--watch]: bundles the extension into dist/, or its tests into out/.
import { readdirSync, rmSync } from "node:fs";
import { build, context } from "esbuild";

const tests = process.argv.includes("--tests");
const shared = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  logLevel: "warning",
};
const options = tests
  ? {
      ...shared,
      entryPoints: readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`),
      outdir: "out",
      sourcemap: "inline",
    }
  : { ...shared, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", minify: true, legalComments: "external" };

rmSync(tests ? "out" : "dist", { recursive: true, force: true });
if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
