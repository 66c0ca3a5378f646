// The package, installed as any other: a command a line on stdin, an answer a line on stdout.
import { createInterface } from "node:readline";
import * as z from "zbytes";
import { commander } from "./commands.js";

await z.ready();
const answer = commander(z, "zbytes/capnp");
for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
}
process.exit(0);
