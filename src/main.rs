//! One binary with two faces. In a browser it is the page, elsewhere it is the router that serves
//! the page. The engine is a program of its own: see `worker.rs`.

#[cfg(target_arch = "wasm32")]
fn main() {
    zbytes_lab::ui::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    zbytes_lab::server::main()
}
