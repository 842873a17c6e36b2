// node build.mjs [--tests] [--watch]: bundles the extension into dist/, or its tests into out/.
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
  : { ...shared, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", minify: true, metafile: true };

rmSync(tests ? "out" : "dist", { recursive: true, force: true });
if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  const { metafile } = await build(options);
  if (metafile) {
    writeFileSync("dist/LICENSES.txt", licenses(Object.keys(metafile.inputs)));
  }
}

/** The licences of the packages whose files are in the bundle; a package without one stops the build. */
function licenses(files) {
  const folders = new Set(files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean));
  const texts = [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    if (file === undefined) {
      throw new Error(`${name} has no licence file`);
    }
    return `${name} ${version}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
