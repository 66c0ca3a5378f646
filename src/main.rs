//! One binary with three faces. In a page of a browser it is the page, in a Worker of that page it is
//! the engine, and elsewhere it is the router that serves the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    use wasm_bindgen::JsCast as _;

    if js_sys::global().is_instance_of::<web_sys::DedicatedWorkerGlobalScope>() {
        zbytes_lab::engine::start();
    } else {
        zbytes_lab::ui::start();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    zbytes_lab::server::main()
}
