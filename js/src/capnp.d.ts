/**
 * Messages of Cap'n Proto as payloads, by segments. The table of the segments is made and read here, and no segment is
 * copied for it. What is in a segment is the business of a library for Cap'n Proto.
 */
import type { BuildOptions, Segment, ZBytes } from "./index.js";

/**
 * The payload of a message: a table, and its segments as they are taken.
 *
 * @param segments 1 to 512, each of a length that 8 divides.
 * @throws {ZError} `MESSAGE` for segments that are not those of a message, and what {@link ZBytes.fromSegments} throws.
 */
export function messageOf(segments: Iterable<Segment>, options?: BuildOptions): ZBytes;

/**
 * The segments of a message. One that arrived in one piece is a view of it, and is not to be written; one that arrived
 * in several is copied into one.
 *
 * @throws {ZError} `MESSAGE` when the payload is not one whole message.
 */
export function segmentsOf(payload: ZBytes): Uint8Array<ArrayBuffer>[];
