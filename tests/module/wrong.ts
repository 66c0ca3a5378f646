// What the types of the module must refuse. tests/module.rs looks that each marked line is refused.
import { Sample, Session, ZBytes } from "zbytes";

export async function main(session: Session): Promise<void> {
    await session.put("a", [1, 2, 3]); // wrong
    await session.put("a", 7); // wrong
    await session.put(7, "x"); // wrong
    await session.put("a", "x", { priority: 9 }); // wrong
    ZBytes.fromSegments(["x"], { mode: "steal" }); // wrong
    session.addEventListener("gone", () => {}); // wrong
    await session.put("a", "x", { congestioncontrol: 1 }); // wrong
    await session.put("a", "x", { numbered: true }); // wrong
    new ZBytes("x").reader().array("Float64Array", 1); // wrong
    new Session(); // wrong
    new Sample(); // wrong
}
