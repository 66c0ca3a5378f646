//! One binary, two faces: in a browser it is the page, elsewhere the router that serves the page.

#[cfg(target_arch = "wasm32")]
fn main() {
    zbytes_lab::ui::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    zbytes_lab::server::main()
}
