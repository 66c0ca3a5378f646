//! A hub with a tcp and a ws listener, as a program would drive it. Tests only: a hub has no I/O of
//! its own.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    time::{Duration, Instant, SystemTime},
};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::{JoinHandle, JoinSet},
};
use tokio_tungstenite::{accept_async, tungstenite::Message};
use zbytes_hub::{Config, Event, Framing, Hub, LinkId};
use zbytes_lab::{client::ZenohId, measure::mix, segment::Segment};

/// So many batches of a link may wait for its socket.
const IN_THE_SOCKET: usize = 8;

/// What happens to a link.
enum Happened {
    /// A socket is there; what leaves goes into the channel.
    Opened(Framing, mpsc::Sender<Vec<u8>>, oneshot::Sender<LinkId>),
    /// A batch has come. The socket is read again once the hub wants more.
    Came(LinkId, Vec<u8>, oneshot::Sender<()>),
    /// A batch has been written.
    Wrote(LinkId),
    /// The socket has ended.
    Ended(LinkId),
}

/// Dropping it ends the hub and its links.
pub(crate) struct Listening {
    pub(crate) tcp: SocketAddr,
    pub(crate) ws: SocketAddr,
    pub(crate) zid: String,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Listening {
    pub(crate) async fn start() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (tcp, ws) = (TcpListener::bind(any).await.unwrap(), TcpListener::bind(any).await.unwrap());
        let (tcp_addr, ws_addr) = (tcp.local_addr().unwrap(), ws.local_addr().unwrap());
        let zid = ZenohId::new(u128::from(mix(u64::from(tcp_addr.port())) | 1).to_le_bytes()).unwrap();
        let (tell, happened) = mpsc::unbounded_channel();
        let accept = |listener: TcpListener, is_ws: bool| {
            let tell = tell.clone();
            tokio::spawn(async move {
                loop {
                    let (socket, _) = listener.accept().await.unwrap();
                    socket.set_nodelay(true).unwrap();
                    tokio::spawn(serve(socket, is_ws, tell.clone()));
                }
            })
        };
        let tasks = vec![accept(tcp, false), accept(ws, true)];
        drop(tell);
        // A hub stays on its thread, which ends with the last of the sockets.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        std::thread::spawn(move || runtime.block_on(drive(zid, happened)));
        Self { tcp: tcp_addr, ws: ws_addr, zid: zid.to_string(), tasks }
    }
}

/// Moves the batches of one socket, both ways, until it ends.
async fn serve(socket: TcpStream, is_ws: bool, tell: mpsc::UnboundedSender<Happened>) {
    let (leave, leaves) = mpsc::channel(IN_THE_SOCKET);
    let (id, opened) = oneshot::channel();
    let framing = if is_ws { Framing::Messages } else { Framing::Stream };
    if tell.send(Happened::Opened(framing, leave, id)).is_err() {
        return;
    }
    let Ok(id) = opened.await else { return };
    if is_ws {
        serve_ws(socket, id, leaves, &tell).await
    } else {
        serve_tcp(socket, id, leaves, &tell).await
    }
    let _ = tell.send(Happened::Ended(id));
}

/// Hands a batch to the hub. Waits until the hub wants more.
async fn came(id: LinkId, batch: Vec<u8>, tell: &mpsc::UnboundedSender<Happened>) -> Option<()> {
    let (more, wanted) = oneshot::channel();
    tell.send(Happened::Came(id, batch, more)).ok()?;
    wanted.await.ok()
}

async fn serve_tcp(
    mut socket: TcpStream,
    id: LinkId,
    mut leaves: mpsc::Receiver<Vec<u8>>,
    tell: &mpsc::UnboundedSender<Happened>,
) {
    let (mut reading, mut writing) = socket.split();
    let read = async {
        loop {
            let mut run = vec![0; 64 << 10];
            let len = reading.read(&mut run).await.ok().filter(|len| *len > 0)?;
            run.truncate(len);
            came(id, run, tell).await?;
        }
    };
    let write = async {
        while let Some(batch) = leaves.recv().await {
            writing.write_all(&batch).await.ok()?;
            tell.send(Happened::Wrote(id)).ok()?;
        }
        writing.shutdown().await.ok()
    };
    either(read, write).await;
}

async fn serve_ws(
    socket: TcpStream,
    id: LinkId,
    mut leaves: mpsc::Receiver<Vec<u8>>,
    tell: &mpsc::UnboundedSender<Happened>,
) {
    let Ok(socket) = accept_async(socket).await else { return };
    let (mut writing, mut reading) = socket.split();
    let read = async {
        loop {
            if let Message::Binary(batch) = reading.next().await?.ok()? {
                came(id, batch.into(), tell).await?;
            }
        }
    };
    let write = async {
        while let Some(batch) = leaves.recv().await {
            writing.send(Message::binary(batch)).await.ok()?;
            tell.send(Happened::Wrote(id)).ok()?;
        }
        writing.close().await.ok()
    };
    either(read, write).await;
}

/// Waits for the end of the first of two.
async fn either(read: impl Future<Output = Option<()>>, write: impl Future<Output = Option<()>>) {
    tokio::select! {
        _ = read => {}
        _ = write => {}
    }
}

/// The hub, between all sockets and the clock.
async fn drive(zid: ZenohId, mut happened: mpsc::UnboundedReceiver<Happened>) {
    let (begun, since_1970) = (Instant::now(), SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap());
    let mut hub = Hub::new(Config::new(zid, mix(since_1970.as_nanos() as u64), since_1970));
    let mut sockets: HashMap<LinkId, mpsc::Sender<Vec<u8>>> = HashMap::new();
    let mut unread: Vec<(LinkId, oneshot::Sender<()>)> = Vec::new();
    let (mut ready, mut over, mut buffer) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    loop {
        while let Some(event) = hub.poll_event() {
            if let Event::Closed { link, .. } = event {
                over.insert(link);
                ready.insert(link);
            }
        }
        ready.extend(std::iter::from_fn(|| hub.poll_link()));
        ready.retain(|link| {
            while let Some(socket) = sockets.get(link).filter(|socket| socket.capacity() > 0) {
                let Some(len) = hub.poll_transmit(*link, &mut buffer, begun.elapsed()) else {
                    if over.contains(link) {
                        // What was sent is written, and then the socket closed.
                        sockets.remove(link);
                    }
                    return false;
                };
                // A socket that has ended says so by itself.
                let _ = socket.try_send(buffer[..len].to_vec());
            }
            sockets.contains_key(link)
        });
        for (link, more) in std::mem::take(&mut unread) {
            if hub.wants_input(link) || over.contains(&link) {
                let _ = more.send(());
            } else {
                unread.push((link, more));
            }
        }
        let due = hub.poll_timeout().map_or(Duration::MAX, |due| due.saturating_sub(begun.elapsed()));
        let Ok(next) = tokio::time::timeout(due, happened.recv()).await else {
            hub.handle_timeout(begun.elapsed());
            continue;
        };
        let now = begun.elapsed();
        match next {
            None => return,
            Some(Happened::Opened(framing, socket, id)) => {
                let link = hub.add_link(framing, now).unwrap();
                sockets.insert(link, socket);
                let _ = id.send(link);
            }
            Some(Happened::Came(link, batch, more)) => {
                hub.handle_input(link, Segment::from(batch), now);
                unread.push((link, more));
            }
            // Its room is seen above.
            Some(Happened::Wrote(_)) => {}
            Some(Happened::Ended(link)) => {
                hub.remove_link(link, now);
                sockets.remove(&link);
                over.remove(&link);
            }
        }
    }
}

/// A pipe between a client and a router. Dropping it cuts it, and nothing can connect by it any
/// more.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Wire {
    pub(crate) async fn to(router: SocketAddr) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            // Aborting the task drops the set, and aborts what is in it.
            let mut pipes = JoinSet::new();
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let mut far = TcpStream::connect(router).await.unwrap();
                for socket in [&near, &far] {
                    socket.set_nodelay(true).unwrap();
                }
                pipes.spawn(async move { copy_bidirectional(&mut near, &mut far).await });
            }
        });
        Self { address, task }
    }
}
