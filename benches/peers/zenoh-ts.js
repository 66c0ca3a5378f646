// What scripts/bench peers packs into one file, by webpack: zenoh's own client for browsers.
export * from "@eclipse-zenoh/zenoh-ts";
