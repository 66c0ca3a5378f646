//! The built page as HTTP answers.
//!
//! A build has its files by brotli beside them. What else is asked for, the lab compresses once, and
//! then serves it from memory. So a class that loads the page at the same moment costs one
//! compression. A rebuilt file has another time or length, and the lab reads it again.
//!
//! The lab never opens a file outside of the folder. It splits a path into plain names before it
//! uses the file system, and it refuses links that lead out.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use axum::response::IntoResponse;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

/// For names that carry a hash of their content: a changed file has another name.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// For all other names: the browser asks each time, and the lab answers 304 for an unchanged file.
const NO_CACHE: &str = "no-cache";
/// Below this size an answer fits in one packet without compression.
const WORTH_COMPRESSING: usize = 1024;
/// Brotli's middle quality: within a few percent of the best size, in a tenth of its time.
const BROTLI_QUALITY: u32 = 9;
const BROTLI_WINDOW: u32 = 22;

/// A file that is inside of the program: its name, packed by brotli, and as it is.
pub(crate) type Inside = (String, &'static [u8], Vec<u8>);

/// The built page: its folder, and the files that were served from it so far. A page inside of the program has no folder,
/// and all of its files.
#[derive(Debug)]
pub(crate) struct Files {
    root: Option<PathBuf>,
    cache: Mutex<HashMap<PathBuf, Arc<File>>>,
}

impl Files {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root: Some(root), cache: Mutex::default() }
    }

    /// Files that never change.
    pub(crate) fn inside(files: Vec<Inside>) -> Self {
        let file = |(name, brotli, plain): Inside| {
            let name = PathBuf::from(name);
            let version = (SystemTime::UNIX_EPOCH, plain.len() as u64);
            let file = File::new(&name, version, plain.into());
            (name, Arc::new(File { brotli: OnceCell::new_with(Some(Bytes::from_static(brotli))), ..file }))
        };
        Self { root: None, cache: Mutex::new(files.into_iter().map(file).collect()) }
    }

    /// Reads and compresses the files of the folder itself, so that the first visitor does not
    /// wait.
    pub(crate) async fn warm_up(&self) {
        let Some(root) = &self.root else { return };
        let Ok(mut entries) = tokio::fs::read_dir(root).await else { return };
        while let Ok(Some(entry)) = entries.next_entry().await {
            if let Ok(file) = self.load(Path::new(&entry.file_name())).await {
                file.body(Encoding::Brotli).await;
                file.body(Encoding::Gzip).await;
            }
        }
    }

    /// Answers a request for `path`.
    pub(crate) async fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
        if method != Method::GET && method != Method::HEAD {
            let text = format!("expected GET or HEAD, got {method}\n");
            return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")], text).into_response();
        }
        let file = match plain_path(path) {
            Some(name) => self.load(&name).await,
            None => Err(io::ErrorKind::NotFound.into()),
        };
        match file {
            Ok(file) => file.answer(method, headers).await,
            Err(error) if error.kind() == io::ErrorKind::NotFound => not_found(path),
            Err(error) => {
                let text = format!("cannot read {path}: {error}\n");
                (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
            }
        }
    }

    async fn load(&self, name: &Path) -> io::Result<Arc<File>> {
        let Some(root) = &self.root else {
            return self.cache().get(name).cloned().ok_or_else(|| io::ErrorKind::NotFound.into());
        };
        let found = async {
            let path = tokio::fs::canonicalize(root.join(name)).await?;
            let inside = path.starts_with(tokio::fs::canonicalize(root).await?);
            let meta = tokio::fs::metadata(&path).await?;
            if inside && meta.is_file() { Ok((path, meta)) } else { Err(io::Error::from(io::ErrorKind::NotFound)) }
        };
        let (path, meta) = match found.await {
            Ok(found) => found,
            Err(error) => {
                self.cache().remove(name);
                return Err(match error.kind() {
                    io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => io::ErrorKind::NotFound.into(),
                    _ => error,
                });
            }
        };
        let version = (meta.modified()?, meta.len());
        if let Some(file) = self.cache().get(name).filter(|file| file.version == version) {
            return Ok(Arc::clone(file));
        }
        let bytes = tokio::fs::read(&path).await?;
        let file = File::new(name, version, bytes.into());
        if file.compressible {
            // The build has compressed it already. What is beside a file that was changed since is of no use.
            let mut beside = path.into_os_string();
            beside.push(".br");
            let packed = tokio::fs::read(&beside).await.unwrap_or_default();
            let mut plain = Vec::with_capacity(file.plain.len());
            if brotli::BrotliDecompress(&mut packed.as_slice(), &mut plain).is_ok() && plain == file.plain {
                let _ = file.brotli.set(packed.into());
            }
        }
        let file = Arc::new(file);
        self.cache().insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<File>>> {
        // The map is consistent between any two statements, so a panic elsewhere does not damage
        // it.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the 404 answer, which names the path and the page.
pub(crate) fn not_found(path: &str) -> Response<Body> {
    let text = format!("this server has no {path}; the page is at /\n");
    (StatusCode::NOT_FOUND, text).into_response()
}

/// One file, ready to be sent.
#[derive(Debug)]
struct File {
    version: (SystemTime, u64),
    content_type: HeaderValue,
    cache_control: HeaderValue,
    /// Hash of the uncompressed bytes; each encoding adds a suffix of its own.
    hash: String,
    compressible: bool,
    plain: Bytes,
    brotli: OnceCell<Bytes>,
    gzip: OnceCell<Bytes>,
}

impl File {
    fn new(name: &Path, version: (SystemTime, u64), plain: Bytes) -> Self {
        let mime = mime_guess::from_path(name).first_or_octet_stream();
        let text = mime.type_() == mime_guess::mime::TEXT;
        let content_type = if text { format!("{mime}; charset=utf-8") } else { mime.to_string() };
        let structured = ["application/wasm", "application/json", "image/svg+xml"];
        let compressible =
            text || structured.contains(&mime.essence_str()) || mime.essence_str() == "application/manifest+json";
        let hashed = name.file_name().is_some_and(|name| has_hash(&name.to_string_lossy()));
        let digest = Sha256::digest(&plain);
        Self {
            version,
            content_type: HeaderValue::from_str(&content_type)
                .unwrap_or(HeaderValue::from_static("application/octet-stream")),
            cache_control: HeaderValue::from_static(if hashed { IMMUTABLE } else { NO_CACHE }),
            hash: digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
            compressible: compressible && plain.len() >= WORTH_COMPRESSING,
            plain,
            brotli: OnceCell::new(),
            gzip: OnceCell::new(),
        }
    }

    async fn answer(&self, method: &Method, request: &HeaderMap) -> Response<Body> {
        let encoding = if self.compressible { Encoding::choose(request) } else { Encoding::Identity };
        let tag = format!("\"{}{}\"", self.hash, encoding.suffix());
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, self.cache_control.clone());
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        if self.compressible {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        if names_tag(request, &tag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        let body = self.body(encoding).await;
        headers.insert(CONTENT_TYPE, self.content_type.clone());
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        if let Some(name) = encoding.name() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        if method != Method::HEAD {
            *response.body_mut() = Body::from(body);
        }
        response
    }

    async fn body(&self, encoding: Encoding) -> Bytes {
        let cell = match encoding {
            Encoding::Brotli => &self.brotli,
            Encoding::Gzip => &self.gzip,
            Encoding::Identity => return self.plain.clone(),
        };
        if !self.compressible {
            return self.plain.clone();
        }
        let compress = || async {
            let plain = self.plain.clone();
            tokio::task::spawn_blocking(move || encoding.compress(&plain)).await.unwrap_or_default()
        };
        cell.get_or_init(compress).await.clone()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The best encoding that the client accepts. The client's own order does not matter.
    fn choose(request: &HeaderMap) -> Self {
        let takes = |wanted: &str| {
            request
                .get_all(ACCEPT_ENCODING)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .filter_map(|item| {
                    let mut parts = item.split(';').map(str::trim);
                    let name = parts.next()?;
                    let quality = parts
                        .filter_map(|part| part.split_once('='))
                        .find(|(key, _)| key.trim().eq_ignore_ascii_case("q"))
                        .map_or(Some(1.0), |(_, q)| q.trim().parse::<f32>().ok())?;
                    (name.eq_ignore_ascii_case(wanted)).then_some(quality > 0.0)
                })
                .next()
                .unwrap_or(false)
        };
        if takes("br") {
            Self::Brotli
        } else if takes("gzip") {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => "-br",
            Self::Gzip => "-gzip",
            Self::Identity => "",
        }
    }

    /// Writing into memory cannot fail, so this returns no error.
    fn compress(self, plain: &[u8]) -> Bytes {
        match self {
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, BROTLI_QUALITY, BROTLI_WINDOW);
                let _ = writer.write_all(plain);
                writer.into_inner().into()
            }
            Self::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                let _ = writer.write_all(plain);
                writer.finish().unwrap_or_default().into()
            }
            Self::Identity => Bytes::copy_from_slice(plain),
        }
    }
}

/// The file for a request path. Every name in the path must be plain and visible. `/` is the page.
fn plain_path(path: &str) -> Option<PathBuf> {
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some(PathBuf::from("index.html"));
    }
    path.split('/')
        .map(|name| {
            let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['\\', ':', '\0']);
            plain.then_some(name)
        })
        .collect()
}

/// Whether a file name carries the 64-bit hash that trunk derives from the content. Examples are
/// `styles-0123456789abcdef.css` and `zbytes-lab-123456789abcdef_bg.wasm`. trunk drops leading
/// zeros. A hash with more than four of them is too rare for a rule.
fn has_hash(name: &str) -> bool {
    name.split('-').skip(1).any(|part| {
        let digits = part.split(['.', '_']).next().unwrap_or_default();
        (12..=16).contains(&digits.len()) && digits.len() < part.len() && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// Whether `If-None-Match` names this tag.
fn names_tag(request: &HeaderMap, tag: &str) -> bool {
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|item| item.trim().trim_start_matches("W/"))
        .any(|item| item == tag || item == "*")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation must stop the test")]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_reach_the_file_system() {
        for (path, file) in [("/", "index.html"), ("/a.js", "a.js"), ("/fonts/a%20b.woff2", "fonts/a b.woff2")] {
            assert_eq!(plain_path(path), Some(PathBuf::from(file)), "{path}");
        }
        for path in [
            "",
            "a",
            "//",
            "/../x",
            "/a/../../x",
            "/%2e%2e/x",
            "/a/%2e%2e/x",
            "/a%2f..%2fx",
            "/.git/config",
            "/a/",
            "/a//b",
            "/a%00",
            "/..%5cx",
            "/c:/x",
            "/%ff",
        ] {
            assert_eq!(plain_path(path), None, "{path}");
        }
    }

    #[test]
    fn names_with_a_hash_are_told_apart() {
        for name in
            ["styles-0123456789abcdef.css", "zbytes-lab-0123456789abcdef.js", "zbytes-lab-0123456789abcdef_bg.wasm"]
        {
            assert!(has_hash(name), "{name}");
        }
        for name in [
            "index.html",
            "boot.js",
            "0123456789abcdef.js",
            "a-0123456789a.js",
            "a-0123456789abcdefa.js",
            "a-0123456789abcdeg.js",
            "a-0123456789abcdef",
        ] {
            assert!(!has_hash(name), "{name}");
        }
    }

    #[test]
    fn the_encoding_is_one_that_the_client_takes() {
        let choose = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, accept.parse().unwrap());
            Encoding::choose(&headers)
        };
        assert_eq!(Encoding::choose(&HeaderMap::new()), Encoding::Identity);
        assert_eq!(choose("gzip, deflate, br, zstd"), Encoding::Brotli);
        assert_eq!(choose("gzip, deflate"), Encoding::Gzip);
        assert_eq!(choose("br;q=0, GZIP;q=0.5"), Encoding::Gzip);
        assert_eq!(choose("br; q=0.1"), Encoding::Brotli);
        assert_eq!(choose("br;Q=0, gzip"), Encoding::Gzip);
        assert_eq!(choose("br ; Q=0.000, gzip ; q=0"), Encoding::Identity);
        assert_eq!(choose("identity, zstd"), Encoding::Identity);
        assert_eq!(choose(""), Encoding::Identity);
    }

    #[test]
    fn compression_loses_nothing() {
        use std::io::Read as _;

        let plain: Vec<u8> = (0..100_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut back = Vec::new();
        brotli::Decompressor::new(&*Encoding::Brotli.compress(&plain), 4096).read_to_end(&mut back).unwrap();
        assert_eq!(back, plain);
        back.clear();
        flate2::read::GzDecoder::new(&*Encoding::Gzip.compress(&plain)).read_to_end(&mut back).unwrap();
        assert_eq!(back, plain);
    }
}
