//! The comparison for the session: a WebSocket server that discards received messages and sends as
//! many as a client orders.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::timeout,
};
use tokio_tungstenite::{accept_async, tungstenite::Message};

use super::support::GUARD;

/// Counts messages, and measures the time from the first to the last.
#[derive(Default)]
pub(crate) struct Meter {
    seen: AtomicU32,
    wanted: AtomicU32,
    span: Mutex<(Option<Instant>, Option<Instant>)>,
    complete: Notify,
}

impl Meter {
    /// Starts a new count of `count` messages.
    pub(crate) fn expect(&self, count: u32) {
        self.seen.store(0, Ordering::SeqCst);
        *self.span.lock().unwrap() = (None, None);
        self.wanted.store(count, Ordering::SeqCst);
    }

    /// Counts one message.
    pub(crate) fn note(&self) {
        let seen = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        if seen == 1 {
            self.span.lock().unwrap().0 = Some(Instant::now());
        }
        if seen == self.wanted.load(Ordering::SeqCst) {
            self.span.lock().unwrap().1 = Some(Instant::now());
            self.complete.notify_one();
        }
    }

    /// Waits for the last message; returns the time from the first to it.
    pub(crate) async fn complete(&self) -> Duration {
        timeout(GUARD, self.complete.notified()).await.unwrap_or_else(|_| {
            panic!("{} of {} arrived", self.seen.load(Ordering::SeqCst), self.wanted.load(Ordering::SeqCst))
        });
        match *self.span.lock().unwrap() {
            (Some(first), Some(last)) => last - first,
            span => panic!("complete without a first and a last: {span:?}"),
        }
    }
}

/// Starts the server on a free port of loopback. `meter` counts the binary messages that it
/// receives.
pub(crate) async fn serve(meter: Arc<Meter>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, meter.clone()));
        }
    });
    addr
}

async fn connection(stream: TcpStream, meter: Arc<Meter>) {
    stream.set_nodelay(true).unwrap();
    let Ok(mut socket) = accept_async(stream).await else { return };
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(_) => meter.note(),
            // An order: the length of the messages and how many.
            Message::Text(order) => {
                let numbers: Vec<usize> = order.split(' ').map(|word| word.parse().unwrap()).collect();
                let message = Message::Binary(vec![7; numbers[0]].into());
                for _ in 0..numbers[1] {
                    if socket.feed(message.clone()).await.is_err() {
                        return;
                    }
                }
                if socket.flush().await.is_err() {
                    return;
                }
            }
            _ => {}
        }
    }
}
