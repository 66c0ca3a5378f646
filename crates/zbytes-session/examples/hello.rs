//! Opens a session over a WebSocket, subscribes, and puts a payload of two segments. Prints the
//! first sample of another program, and closes.
//!
//! `cargo run --example hello -- ws://127.0.0.1:7446`, twice: the second one greets the first.
#![allow(clippy::disallowed_methods, reason = "a native program has a clock, and gives the socket bytes of its own")]

use std::{
    error::Error,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::{connect_async, tungstenite::Message};
use zbytes::{
    ledger::Ledger,
    payload::ZBytes,
    segment::{Segment, Source},
};
use zbytes_session::client::{Client, CloseCause, Config, Event, KeyExpr, Locality, Put, SampleKind, ZenohId};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:7446".to_owned());
    let (mut socket, _) = connect_async(&url).await?;

    // The client has no clock and no source of randomness: the caller passes both.
    let begun = Instant::now();
    let random = || RandomState::new().hash_one(begun);
    let zid = (u128::from(random()) << 64 | u128::from(random()) | 1).to_le_bytes();
    let zid = ZenohId::new(zid).ok_or("an id is not zero")?;
    let config = Config::new(zid, random() as u32);
    let mut client = Client::new(config, begun.elapsed());
    let mut buffer = Vec::new();
    let key = KeyExpr::new("lab/hello")?;
    loop {
        // First handle the events.
        let mut ended = None;
        while let Some(event) = client.poll_event() {
            match event {
                Event::Opened(session) => {
                    println!("open: batches of at most {} B, router {}", session.batch_size, session.router_zid);
                    client.declare_subscriber(1, key.clone())?;
                    let (header, image) = (vec![1u8, 2, 3], vec![7u8; 1_000_000]);
                    let payload = ZBytes::from_segments([Source::copy(header), Source::moved(image)])?;
                    // This session's own subscriber would get it by reference, without the router.
                    client.put(2, Put { allowed_destination: Locality::Remote, ..Put::new(key.clone(), payload) })?;
                }
                Event::Sample(sample) => {
                    // The parts are where the socket put them. Only `to_bytes` copies, and only the
                    // three bytes of the header.
                    let SampleKind::Put { payload, .. } = &sample.kind else { continue };
                    let (len, parts) = (payload.len(), payload.segments().len());
                    let header = payload.slice(0..3).ok_or("too short")?.to_bytes(&mut Ledger::new())?;
                    println!("{}: {len} B in {parts} parts, beginning with {:02x?}", sample.key_expr, &*header);
                    client.close();
                }
                Event::Closed(how) => ended = Some(how.cause),
                _ => {}
            }
        }
        // Then send what the client has queued, such as its last message. Each batch is one binary
        // message.
        while let Some(batch) = client.poll_transmit(&mut buffer, begun.elapsed()) {
            socket.feed(Message::binary(buffer[..batch.len].to_vec())).await?;
        }
        socket.flush().await?;
        match ended {
            Some(CloseCause::ByUs) => return Ok(()),
            Some(cause) => return Err(cause.to_string().into()),
            None => {}
        }
        // Then wait for the router's next message, or until the client has a timeout.
        let due = client.poll_timeout().unwrap_or(Duration::MAX).saturating_sub(begun.elapsed());
        match tokio::time::timeout(due, socket.next()).await {
            Err(_) => client.handle_timeout(begun.elapsed()),
            Ok(Some(Ok(Message::Binary(batch)))) => {
                client.handle_input(Segment::from(Vec::from(batch)), begun.elapsed());
            }
            Ok(Some(Ok(_))) => {}
            // The link was cut. `Client::relink` would open the session again over a new one.
            Ok(Some(Err(_)) | None) => client.handle_link_lost(1006),
        }
    }
}
