//! Shows a port of the sandbox on the host's 127.0.0.1, only where the user asked for it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::net::{AddressFamily, sockopt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Connections of one published port at once; more wait in the kernel's backlog.
const CONNECTION_LIMIT: usize = 256;
/// Sockets fetched from inside at a time; making one costs a visit to the sandbox's namespaces.
const BATCH: usize = 8;

/// Makes sockets inside the sandbox's network namespace, not connected yet: dual-stack IPv6, or IPv4 without IPv6.
pub type MakeSockets = Arc<dyn Fn(usize) -> io::Result<Vec<TcpStream>> + Send + Sync>;

/// One published port.
pub struct Published {
    listener: TcpListener,
    inside: u16,
    make: MakeSockets,
    spare: Mutex<Vec<TcpStream>>,
}

impl Published {
    /// Takes the port on 127.0.0.1 of the host. Port 0 takes any free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn bind(host: u16, inside: u16, make: MakeSockets) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, host)).await?;
        Ok(Self {
            listener,
            inside,
            make,
            spare: Mutex::new(Vec::new()),
        })
    }

    /// The port taken on the host.
    ///
    /// # Errors
    /// When the socket has no address any more.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Serves until `shutdown`.
    pub async fn serve(self: Arc<Self>, shutdown: CancellationToken) {
        let room = Arc::new(Semaphore::new(CONNECTION_LIMIT));
        loop {
            let Ok(place) = Arc::clone(&room).acquire_owned().await else {
                return;
            };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = shutdown.cancelled() => return,
            };
            let Ok((mut outside, _)) = accepted else {
                continue;
            };
            let (this, shutdown) = (Arc::clone(&self), shutdown.clone());
            tokio::spawn(async move {
                let _place = place;
                let relay = async {
                    let mut inside = this.connect().await?;
                    outside.set_nodelay(true)?;
                    inside.set_nodelay(true)?;
                    tokio::io::copy_bidirectional(&mut outside, &mut inside).await
                };
                tokio::select! {
                    result = relay => if let Err(error) = result {
                        tracing::debug!(%error, port = this.inside, "published connection ended");
                    },
                    () = shutdown.cancelled() => {}
                }
            });
        }
    }

    /// Tries the sandbox's 127.0.0.1, then its ::1: some servers listen on one of them alone.
    async fn connect(self: &Arc<Self>) -> io::Result<tokio::net::TcpStream> {
        let first = match self.dial(Ipv4Addr::LOCALHOST.into()).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => error,
            other => return other,
        };
        // A socket that was refused as IPv4 stays bound to that family, so the second try takes a fresh one.
        self.dial(Ipv6Addr::LOCALHOST.into())
            .await
            .map_err(|_| first)
    }

    async fn dial(self: &Arc<Self>, address: IpAddr) -> io::Result<tokio::net::TcpStream> {
        let this = Arc::clone(self);
        let socket = tokio::task::spawn_blocking(move || this.take())
            .await
            .map_err(io::Error::other)??;
        socket.set_nonblocking(true)?;
        let dual = sockopt::socket_domain(&socket)? == AddressFamily::INET6;
        let address = match address {
            IpAddr::V4(v4) if dual => v4.to_ipv6_mapped().into(),
            other => other,
        };
        TcpSocket::from_std_stream(socket)
            .connect(SocketAddr::new(address, self.inside))
            .await
    }

    fn take(&self) -> io::Result<TcpStream> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.is_empty() {
            *spare = (self.make)(BATCH)?;
        }
        spare
            .pop()
            .ok_or_else(|| io::Error::other("the sandbox has no sockets to give"))
    }
}
