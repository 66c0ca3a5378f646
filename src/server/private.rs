//! The router's private listener, for connections of this program alone.

pub(crate) use imp::{Private, RouterStream};

/// A Unix socket in a folder that only this user may enter.
#[cfg(unix)]
mod imp {
    use std::fs::Permissions;
    use std::io;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use tempfile::TempDir;
    use tokio::net::UnixStream;

    /// A connection to the router.
    pub(crate) type RouterStream = UnixStream;

    /// The socket's folder. Dropping this removes it.
    #[derive(Debug)]
    pub(crate) struct Private {
        folder: TempDir,
    }

    impl Private {
        pub(crate) fn new() -> io::Result<Self> {
            let mut folder = tempfile::Builder::new();
            folder.prefix("zbytes-lab-").permissions(Permissions::from_mode(0o700));
            Ok(Self { folder: folder.tempdir()? })
        }

        /// The address of the socket in zenoh's notation.
        pub(crate) fn locator(&self) -> String {
            format!("unixsock-stream/{}", self.path().display())
        }

        pub(crate) async fn connect(&self) -> io::Result<RouterStream> {
            UnixStream::connect(self.path()).await
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("router")
        }
    }
}

/// A system without Unix sockets: a port on loopback that this program does not announce. Other
/// programs of this machine could find it.
#[cfg(not(unix))]
mod imp {
    use std::io;
    use std::net::{Ipv4Addr, SocketAddr, TcpListener};

    use tokio::net::TcpStream;

    /// A connection to the router.
    pub(crate) type RouterStream = TcpStream;

    /// The address of the router's port.
    #[derive(Debug)]
    pub(crate) struct Private {
        addr: SocketAddr,
    }

    impl Private {
        /// Chooses a free port, which the router then opens itself.
        pub(crate) fn new() -> io::Result<Self> {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            Ok(Self { addr: free.local_addr()? })
        }

        /// The address of the port in zenoh's notation.
        pub(crate) fn locator(&self) -> String {
            format!("tcp/{}", self.addr)
        }

        pub(crate) async fn connect(&self) -> io::Result<RouterStream> {
            let stream = TcpStream::connect(self.addr).await?;
            // Without this option, small messages would wait for the acknowledgement of the one
            // before.
            stream.set_nodelay(true)?;
            Ok(stream)
        }
    }
}
