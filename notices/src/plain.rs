//! A plain host of files, as any web server is that knows no lab: it sends none of the lab's headers. `scripts/serve` shows the page
//! by it while the router is still built, and tests try the page on it.
//!
//! It takes one request of each connection, and looks at nothing outside of its folder.

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Component, Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How long it waits for a request, and for a client that takes an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of a request that it reads.
const LONGEST: u64 = 64 << 10;

/// What the threads of connections share.
struct Shared {
    path: String,
    folder: PathBuf,
    open: AtomicBool,
    asked: Mutex<Vec<(String, u16)>>,
}

/// A host that runs until it is dropped. Then its port is free, and it answers nothing any more.
pub struct Host {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Host {
    /// Serves the files of `folder` under `path`, which begins and ends with a slash.
    ///
    /// # Errors
    /// The port cannot be opened.
    pub fn start(address: SocketAddr, path: &str, folder: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            folder: folder.to_owned(),
            open: AtomicBool::new(true),
            asked: Mutex::default(),
        });
        let serving = shared.clone();
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if !serving.open.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(stream), serving) = (stream, serving.clone()) else { continue };
                // A client that goes away ends it.
                thread::spawn(move || drop(serving.answer(&stream)));
            }
        });
        Ok(Self { address, shared, accepting: Some(accepting) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of its page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.shared.path)
    }

    /// Every request so far: its path without the query, and the status of the answer.
    #[must_use]
    pub fn asked(&self) -> Vec<(String, u16)> {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.shared.open.store(false, Ordering::Relaxed);
        // It waits for a connection, and then sees that it is to end.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl Shared {
    /// Answers one request.
    fn answer(&self, mut stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut head = BufReader::new(io::Read::take(stream, LONGEST));
        let (mut request, mut line) = (String::new(), String::new());
        head.read_line(&mut request)?;
        while head.read_line(&mut line)? > 2 {
            line.clear();
        }
        let mut words = request.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let target = target.split('?').next().unwrap_or_default();
        // A browser connects before it asks: a host that has ended answers none of these.
        if target.is_empty() || !self.open.load(Ordering::Relaxed) {
            return Ok(());
        }
        let name = target.strip_prefix(&self.path).map(|name| if name.is_empty() { "index.html" } else { name });
        let path = Path::new(name.unwrap_or_default());
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        let found = if name.is_some() && inside { fs::read(self.folder.join(path)).ok() } else { None };
        let (status, words, body) = match found {
            _ if method != "GET" => (405, "Method Not Allowed", "Expected GET.\n".into()),
            Some(bytes) => (200, "OK", bytes),
            None => (404, "Not Found", "This host has no such file.\n".into()),
        };
        let media = if status == 200 {
            mime_guess::from_path(path).first_or_octet_stream()
        } else {
            mime_guess::mime::TEXT_PLAIN
        };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((target.to_owned(), status));
        write!(
            stream,
            "HTTP/1.1 {status} {words}\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        )?;
        stream.write_all(&body)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn ask(host: &Host, request: &str) -> String {
        let mut stream = TcpStream::connect(host.address()).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: {}\r\n\r\n", host.address()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn host_gives_files_of_its_folder_and_no_other() {
        let folder = std::env::temp_dir().join(format!("zbytes-lab-plain-{}", std::process::id()));
        fs::create_dir_all(folder.join("page/fonts")).unwrap();
        for (name, text) in
            [("secret.txt", "no"), ("page/index.html", "<title>a</title>"), ("page/fonts/a.woff2", "font")]
        {
            fs::write(folder.join(name), text).unwrap();
        }
        let host = Host::start(SocketAddr::from(([127, 0, 0, 1], 0)), "/x/y/", &folder.join("page")).unwrap();
        assert_eq!(host.url(), format!("http://{}/x/y/", host.address()));
        let page = ask(&host, "GET /x/y/?code=1");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 16\r\n"), "{page}");
        assert!(page.ends_with("\r\n\r\n<title>a</title>"), "{page}");
        assert!(ask(&host, "GET /x/y/fonts/a.woff2").ends_with("\r\n\r\nfont"));
        for (request, status) in [
            ("GET /", 404),
            ("GET /x/index.html", 404),
            ("GET /x/y/fonts", 404),
            ("GET /x/y/../secret.txt", 404),
            ("GET /x/y//etc/passwd", 404),
            ("POST /x/y/", 405),
        ] {
            let answer = ask(&host, request);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        }
        let asked = host.asked();
        assert_eq!(asked.len(), 8, "{asked:?}");
        assert_eq!(asked.first(), Some(&("/x/y/".to_owned(), 200)));
        // Once it has ended it answers nothing, and its port is free.
        let (address, early) = (host.address(), TcpStream::connect(host.address()).unwrap());
        drop(host);
        let again = TcpListener::bind(address).unwrap();
        let mut answer = String::new();
        // What was connected before is closed, with a word or without.
        let _ = (&early).write_all(b"GET /x/y/ HTTP/1.1\r\n\r\n").and_then(|()| (&early).read_to_string(&mut answer));
        assert_eq!(answer, "");
        drop(again);
        fs::remove_dir_all(folder).unwrap();
    }
}
