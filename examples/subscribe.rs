//! Receives the samples of the lab's page, and prints the key, the length in bytes and the SHA-256
//! of each.
//!
//! Start the lab (`scripts/serve`), then:
//!
//! ```text
//! cargo run --release --example subscribe
//! ```

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::{
        io::{ErrorKind, Write, stdout},
        process::ExitCode,
        time::Duration,
    };

    use anyhow::{Result, anyhow};
    use clap::Parser;
    use sha2::{Digest, Sha256};
    use zenoh::handlers::FifoChannel;

    /// How long to try to reach a router.
    const CONNECT_WITHIN: Duration = Duration::from_secs(5);

    /// How many samples may wait in this program. zenoh's default is 256, which are gigabytes when
    /// samples are large. When the queue is full, the router waits.
    const WAITING: usize = 16;

    /// Prints the samples that arrive from a zenoh router.
    #[derive(Parser)]
    struct Options {
        /// The router
        #[arg(long, default_value = "tcp/127.0.0.1:7447")]
        endpoint: String,
        /// Key expression to subscribe to
        #[arg(long, default_value = "lab/**")]
        key: String,
    }

    #[tokio::main]
    pub(crate) async fn main() -> ExitCode {
        match run(Options::parse()).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    async fn run(options: Options) -> Result<()> {
        let Options { endpoint, key } = options;
        let session = connect(&endpoint).await?;
        let subscriber = session.declare_subscriber(&key).with(FifoChannel::new(WAITING));
        let subscriber = subscriber.await.map_err(|error| anyhow!(error))?;
        eprintln!("{key} at {endpoint}; Ctrl+C ends it");
        loop {
            let sample = tokio::select! {
                sample = subscriber.recv_async() => sample.map_err(|error| anyhow!(error))?,
                ended = tokio::signal::ctrl_c() => { ended?; break }
            };
            // The payload may have arrived in several pieces. The loop hashes each where it is and
            // copies no byte.
            let mut hash = Sha256::new();
            sample.payload().slices().for_each(|slice| hash.update(slice));
            let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            match writeln!(stdout(), "{} {} {digest}", sample.key_expr(), sample.payload().len()) {
                // The program that read the output has ended, as `head -1` does.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
                written => written?,
            }
        }
        session.close().await.map_err(|error| anyhow!(error))
    }

    async fn connect(endpoint: &str) -> Result<zenoh::Session> {
        let mut config = zenoh::Config::default();
        for (key, value) in [
            ("mode", r#""client""#),
            ("connect/endpoints", &format!("[{endpoint:?}]")),
            ("connect/timeout_ms", &CONNECT_WITHIN.as_millis().to_string()),
            ("scouting/multicast/enabled", "false"),
        ] {
            config.insert_json5(key, value).map_err(|error| anyhow!(error))?;
        }
        zenoh::open(config).await.map_err(|error| {
            anyhow!("no router at {endpoint}: start scripts/serve, or name another with --endpoint\n({error})")
        })
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    native::main()
}

/// A browser cannot run native zenoh; the page has its own client.
#[cfg(target_arch = "wasm32")]
fn main() {}
