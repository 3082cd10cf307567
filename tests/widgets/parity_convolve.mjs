// Runs functions of a widget's module on cases: node parity_convolve.mjs MODULE.mjs INPUT.json OUTPUT.json
// INPUT is a list of [function, ...arguments]; OUTPUT the list of what they return.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , module, input, output] = process.argv;
const functions = await import(pathToFileURL(module));
const calls = JSON.parse(readFileSync(input, "utf-8"));
const plain = (_, value) => (ArrayBuffer.isView(value) ? [...value] : value);
writeFileSync(output, JSON.stringify(calls.map(([name, ...given]) => functions[name](...given)), plain));
