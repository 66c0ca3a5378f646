//! One binary, two faces: in a browser it is the page (and its Worker), elsewhere the router that
//! serves the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    // A Worker has the same program and no page: there worker.js says what to do.
    if zbytes_lab::web::is_page() {
        zbytes_lab::ui::start();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    zbytes_lab::server::main()
}
