//! The program of the engine. It runs in a Worker, which `www/start-engine.js` loads it into.

#[cfg(target_arch = "wasm32")]
fn main() {
    zbytes_lab::engine::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("this program runs in a Worker of a browser; zbytes-lab serves it");
    std::process::ExitCode::FAILURE
}
