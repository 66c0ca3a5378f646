//! A plain server of files, as any host is: no lab, no `lab.json`, none of the lab's headers.

use std::{
    net::SocketAddr,
    path::{Component, Path, PathBuf},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Serves the files of a folder. Dropping it ends it.
pub(crate) struct Plain {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Plain {
    pub(crate) async fn of(folder: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, folder.clone()));
            }
        });
        Self { address, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

/// Answers with a text that never ends, until the client has had enough.
async fn send_without_end(mut socket: BufReader<TcpStream>) -> Option<()> {
    socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n").await.ok()?;
    loop {
        socket.write_all(&[b'x'; 4096]).await.ok()?;
        socket.flush().await.ok()?;
    }
}

/// Answers one request. A client that goes away ends it.
async fn answer(socket: TcpStream, folder: PathBuf) -> Option<()> {
    let mut socket = BufReader::new(socket);
    let mut request = String::new();
    socket.read_line(&mut request).await.ok()?;
    let mut line = String::new();
    while socket.read_line(&mut line).await.ok()? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1)?.split('?').next()?.trim_start_matches('/');
    if path == "endless" {
        return send_without_end(socket).await;
    }
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let found = if inside { std::fs::read(folder.join(path)).ok() } else { None };
    let (status, body) = found.map_or(("404 Not Found", b"none".to_vec()), |body| ("200 OK", body));
    let media = mime_guess::from_path(path).first_or_octet_stream();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.ok()?;
    socket.write_all(&body).await.ok()?;
    socket.shutdown().await.ok()
}
