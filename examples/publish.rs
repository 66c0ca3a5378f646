//! Puts one array of 32-bit integers 0, 1, 2, ... for the lab's page, and prints its key, length
//! and SHA-256.
//!
//! Start the lab (`scripts/serve`), connect and subscribe in the page, then:
//!
//! ```text
//! cargo run --release --example publish
//! ```
//!
//! The default is the page's own tensor of 1920x1536 elements (11.25 MiB), byte for byte.

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
    use zenoh::qos::CongestionControl;

    /// How long to try to reach a router.
    const CONNECT_WITHIN: Duration = Duration::from_secs(5);

    /// A router takes messages of at most 2^30 B; this leaves room for the header before the
    /// payload.
    const MOST: u64 = 1000 << 20;

    /// Puts one array through a zenoh router.
    #[derive(Parser)]
    struct Options {
        /// The router
        #[arg(long, default_value = "tcp/127.0.0.1:7447")]
        endpoint: String,
        /// Key to put under
        #[arg(long, default_value = "lab/from-rust")]
        key: String,
        /// Bytes
        #[arg(long, default_value_t = 1920 * 1536 * 4, value_parser = clap::value_parser!(u64).range(..=MOST))]
        size: u64,
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
        let Options { endpoint, key, size } = options;
        let data: Vec<u8> = (0..).flat_map(i32::to_le_bytes).take(size as usize).collect();
        let digest: String = Sha256::digest(&data).iter().map(|byte| format!("{byte:02x}")).collect();

        let session = connect(&endpoint).await?;
        // zenoh's default drops the message when the link is not free; Block waits. The vector is
        // moved, not copied.
        let put = session.put(&key, data).congestion_control(CongestionControl::Block);
        put.await.map_err(|error| anyhow!(error))?;
        // A put ends before its last bytes are sent, and closing the session at once can cut them
        // off. A query follows them on the same link. Once the router has answered it, the router
        // has all bytes.
        let answers = session.get(&key).await.map_err(|error| anyhow!(error))?;
        while answers.recv_async().await.is_ok() {}
        session.close().await.map_err(|error| anyhow!(error))?;
        match writeln!(stdout(), "{key} {size} {digest}") {
            // The program that read the output has ended.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
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
