import * as z from "./zbytes/index.js";
import { commander } from "./commands.js";

const answer = z.ready().then(() => commander(z, "./zbytes/capnp.js"));
onmessage = async ({ data }) => postMessage(await (await answer)(data));
