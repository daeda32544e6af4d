// node emulator.mjs MODULES SEED.json PUBLIC_URL
// Starts the emulator, prints one line {"url", "control"} and ends when its standard input closes.
// Control: POST /reset wipes and seeds again · GET /pending counts the webhooks that are on their way.
import http from "node:http";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules, seed, baseUrl] = process.argv.slice(2);

// A webhook is a fetch that begins before the emulator answers the call which caused it: a count of fetches says exactly
// whether more is to come.
let pending = 0;
const { fetch } = globalThis;
globalThis.fetch = (...request) => {
  pending += 1;
  return fetch(...request).finally(() => { pending -= 1; });
};

const { createEmulator } = await import(pathToFileURL(`${modules}/node_modules/emulate/dist/api.js`));
const port = await freePort(); // with a baseUrl the emulator does not tell the port that it took
const emulator = await createEmulator({ service: "github", port, seed: JSON.parse(readFileSync(seed, "utf8")), baseUrl });

const control = http.createServer((request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (request.url === "/pending") return answer(200, { pending });
  if (request.url === "/reset" && request.method === "POST") {
    emulator.reset();
    return answer(200, {});
  }
  return answer(404, {});
});
control.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, control: `http://127.0.0.1:${control.address().port}` }));
});

function freePort() {
  return new Promise((resolve) => {
    const probe = http.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
