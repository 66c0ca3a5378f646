// Payloads of many segments, and zenoh sessions over a WebSocket to a stock router.
import "./embedded.js";

export * from "./slim.js";
