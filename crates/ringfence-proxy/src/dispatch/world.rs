//! A session's proxy for tests: a policy from text, a recorder that keeps, a resolver over loopback.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use hickory_proto::op::Message;
use hickory_proto::rr::{RData, Record, RecordType};
use ringfence_policy::event::Event;
use ringfence_policy::plan::AskFor;
use ringfence_policy::{Answer, Grant, Policy, RevealPermit, Scope};
use tokio::net::{TcpListener, TcpStream};
use zeroize::Zeroizing;

use super::Server;
use crate::context::Context;
use crate::setup::{
    Approver, Question, RecordError, Recorder, ResolverSetup, SecretError, Secrets, Setup,
};

/// What every test of the session's outside needs.
pub(crate) struct World {
    pub(crate) server: Arc<Server>,
    pub(crate) kept: Arc<Kept>,
}

/// What to change about the usual world.
#[derive(Default)]
pub(crate) struct Wish {
    /// `[network]` of the configuration.
    pub(crate) network: String,
    pub(crate) hosts: Vec<(&'static str, IpAddr)>,
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) connections: Option<usize>,
    pub(crate) token: Option<&'static str>,
}

#[derive(Default)]
pub(crate) struct Kept {
    events: Mutex<Vec<Event>>,
    broken: AtomicBool,
}

impl Kept {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn break_down(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    /// Waits until an event of this kind is there.
    pub(crate) async fn wait(&self, wanted: impl Fn(&Event) -> bool) -> Event {
        for _ in 0..500 {
            if let Some(event) = self.events().into_iter().find(&wanted) {
                return event;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no such event among {:#?}", self.events());
    }
}

impl Recorder for Kept {
    fn record(&self, event: Event) -> Result<(), RecordError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(RecordError("disk full".into()));
        }
        self.events.lock().unwrap().push(event);
        Ok(())
    }
}

struct Nobody;

impl Approver for Nobody {
    fn ask(&self, _: Question) -> BoxFuture<'_, Answer> {
        Box::pin(async {
            Answer {
                grant: Grant::Deny,
                scope: Scope::Timeout,
            }
        })
    }
}

impl Secrets for Nobody {
    fn reveal(&self, permit: &RevealPermit) -> Result<Zeroizing<String>, SecretError> {
        Err(SecretError {
            name: permit.name().into(),
            reason: "there are no secrets here".into(),
        })
    }
}

impl World {
    pub(crate) fn new(wish: Wish) -> Self {
        let kept = Arc::new(Kept::default());
        let mut hosts: HashMap<String, Vec<IpAddr>> = HashMap::new();
        for (name, address) in wish.hosts {
            hosts.entry(name.into()).or_default().push(address);
        }
        let setup = Setup {
            policy: Arc::new(policy(&wish.network)),
            credentials: Vec::new(),
            approver: Arc::new(Nobody),
            recorder: kept.clone(),
            secrets: Arc::new(Nobody),
            peers: None,
            roots: Box::new(rustls::RootCertStore::empty),
            resolvers: ResolverSetup {
                servers: wish.servers,
                hosts,
                timeout_ms: Some(3000),
            },
            max_connections: wish.connections.unwrap_or(64),
            ask_for: AskFor::default(),
            filter: None,
            display_name: "test".into(),
            token: wish.token.map(Into::into),
        };
        let server = Server::new(Arc::new(Context::new(setup).unwrap()));
        Self { server, kept }
    }

    /// A connection of the sandbox, captured on its way to `destination`.
    pub(crate) async fn captured(&self, destination: SocketAddr) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let server = Arc::clone(&self.server);
        tokio::spawn(async move {
            let slot = server.door.enter().unwrap();
            server.captured(stream, peer, destination, slot).await
        });
        client
    }

    /// A connection to a name, as a program makes it that asks the session's DNS first.
    pub(crate) async fn connect(&self, name: &str, port: u16) -> TcpStream {
        let pair = self.server.ctx.names.assign(name).unwrap();
        self.captured((pair.v4, port).into()).await
    }
}

/// Where connections end up; counts them.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            listener,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) async fn accept(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }

    /// Whether anybody has connected and was not accepted yet.
    pub(crate) async fn was_reached(&self) -> bool {
        let moment = std::time::Duration::from_millis(100);
        tokio::time::timeout(moment, self.listener.accept())
            .await
            .is_ok()
    }
}

/// A DNS server on loopback that gives the answers in turn, the last one for ever.
pub(crate) struct StubDns {
    pub(crate) address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl StubDns {
    pub(crate) async fn new(answers: Vec<Vec<IpAddr>>) -> Self {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut buffer = [0; 1500];
            let mut a_queries = 0;
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                count.fetch_add(1, Ordering::SeqCst);
                let query = Message::from_vec(&buffer[..length]).unwrap();
                let question = query.queries[0].clone();
                let set = &answers[a_queries.min(answers.len() - 1)];
                let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
                reply.metadata.recursion_available = true;
                for ip in set {
                    let wanted = match ip {
                        IpAddr::V4(_) => RecordType::A,
                        IpAddr::V6(_) => RecordType::AAAA,
                    };
                    if question.query_type == wanted {
                        let data = RData::from(*ip);
                        reply.add_answer(Record::from_rdata(question.name.clone(), 0, data));
                    }
                }
                if question.query_type == RecordType::A {
                    a_queries += 1;
                }
                reply.add_query(question);
                socket
                    .send_to(&reply.to_vec().unwrap(), from)
                    .await
                    .unwrap();
            }
        });
        Self { address, asked }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The policy of a configuration with this `[network]` table.
pub(crate) fn policy(network: &str) -> Policy {
    Policy::from_toml(network, None).unwrap()
}
