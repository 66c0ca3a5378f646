//! One binary with two faces. In a browser it is the page and its Worker, elsewhere it is the
//! router that serves the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    // A Worker runs the same program without a page: there worker.js calls the exported functions.
    if zbytes_lab::web::is_page() {
        zbytes_lab::ui::start();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    zbytes_lab::server::main()
}
