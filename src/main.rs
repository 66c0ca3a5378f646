//! One binary with four faces. In a page of a browser it is the page, in a Worker of that page it is
//! the engine, in a SharedWorker it is the hub, and elsewhere it is the router that serves the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    use wasm_bindgen::JsCast as _;

    // `instanceof` finds a class by its name in the global scope, and no scope has both of these.
    let global = js_sys::global();
    if global.is_instance_of::<web_sys::DedicatedWorkerGlobalScope>() {
        zbytes_lab::engine::start();
    } else if global.is_instance_of::<web_sys::SharedWorkerGlobalScope>() {
        zbytes_lab::hub::start();
    } else {
        zbytes_lab::ui::start();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    zbytes_lab::server::main()
}
