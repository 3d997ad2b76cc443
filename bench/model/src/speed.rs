//! Tokens a second and the time to the first one, in several ways that take turns: the engine in this process, a runner asked
//! directly, the server on loopback, and the server behind `connect`, sealed. Each round has a prompt of its own, so that nothing of
//! it is known already.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use ringfence_inference::KeepAlive;
use ringfence_model::connect::{self, Address, Connect};
use ringfence_model::server::{Listen, ServeError, Server, Settings, Stopper, Tokens};
use ringfence_model::{Store, import};
use ringfence_runner::engine::Engine;
use ringfence_runner::testing::{SENTENCE, Shape, Storage, Tiny};
use ringfence_runner::{Runner, Step};
use ringfence_runtime::outbound::Outbound;
use ringfence_sandbox::Spawner;
use ringfence_seal::ServerKey;

use crate::client::{Answer, Client};
use crate::figures::{difference, median, milliseconds, ratio};
use crate::model::{Model, config, job};

/// About 200 million parameters: what a token of a small model for a laptop costs.
const LARGER: Shape = Shape {
    width: 1024,
    layers: 12,
    heads: 16,
    heads_kv: 4,
    inner: 4096,
    vocabulary: 8192,
    context: 4096,
};

/// Tokens of an answer.
const WORDS: u32 = 128;

/// A model of these sizes that says so many words, each another.
fn talker(shape: Shape) -> Tiny {
    let words: Vec<String> = (0..WORDS).map(|n| format!("word{n}")).collect();
    Tiny {
        shape,
        storage: Storage::Q8_0,
        ..Tiny::script(&words.join(" "))
    }
}

/// A way from a prompt to tokens.
enum Way {
    Bare(Box<dyn Engine>),
    Runner(Box<Runner>),
    Http(Client),
}

impl Way {
    fn answer(&mut self, model: &str, prompt: &str, tokens: u32) -> Answer {
        let began = Instant::now();
        let (mut count, mut first) = (0, None);
        match self {
            Self::Http(client) => return client.generate(model, prompt, tokens),
            Self::Bare(engine) => {
                let mut each = |_| {
                    count += 1;
                    first.get_or_insert_with(|| began.elapsed());
                    ControlFlow::Continue(())
                };
                engine
                    .generate(&job(prompt, tokens), &mut each)
                    .expect("an answer");
            }
            Self::Runner(runner) => {
                for step in runner.generate(job(prompt, tokens)).expect("an answer") {
                    if let Step::Piece(_) = step.expect("a step") {
                        count += 1;
                        first.get_or_insert_with(|| began.elapsed());
                    }
                }
            }
        }
        Answer {
            tokens: count,
            first: first.unwrap_or_default(),
            whole: began.elapsed(),
        }
    }
}

pub fn measure(spawner: &Arc<Spawner>, quick: bool) {
    let dir = tempfile::tempdir().expect("directory");
    let mut models = vec![
        (
            "tiny",
            "0.5 M, to the first token",
            Tiny::script(SENTENCE),
            1,
            100,
        ),
        ("small", "40 M", talker(Shape::SMALL), WORDS, 9),
    ];
    if !quick {
        models.push(("larger", "200 M", talker(LARGER), WORDS / 2, 9));
    }
    let store = dir.path().join("store");
    let mut ready = Vec::new();
    for (name, what, tiny, tokens, rounds) in models {
        let model = Model::new(&tiny);
        let into = Store::open(&store).expect("store");
        import(
            &into,
            model.file.path(),
            &name.parse().expect("name"),
            &mut |_, _| {},
        )
        .expect("import");
        ready.push((
            name,
            what,
            model,
            tokens,
            if quick { rounds / 3 } else { rounds },
        ));
    }
    let served = Served::new(&store, spawner);
    let connected = served.sealed(dir.path());
    println!(
        "Tokens a second and the time to the first token, prompts of about 300 tokens, one thread; medians of rounds in turn.\n"
    );
    println!(
        "| model | way | tokens/s | × bare | first token, ms | added |\n|---|---|---|---|---|---|"
    );
    for (name, what, model, tokens, rounds) in &ready {
        let mut ways = [
            ("bare engine", Way::Bare(model.engine())),
            (
                "sandboxed runner",
                Way::Runner(Box::new(model.runner(spawner))),
            ),
            ("server, plain", Way::Http(Client::new(served.address))),
            (
                "connect, sealed, server",
                Way::Http(Client::new(connected.address)),
            ),
        ];
        let mut rates = vec![Vec::new(); ways.len()];
        let mut firsts = vec![Vec::new(); ways.len()];
        for round in 0..=*rounds {
            let words = if *tokens == 1 {
                ""
            } else {
                &"a word or two ".repeat(40)
            };
            let answers: Vec<_> = ways
                .iter_mut()
                .enumerate()
                // Two of the ways lead to the same runner, which would know the prompt of the other.
                .map(|(index, (_, way))| {
                    way.answer(name, &format!("{round} {index} {words}"), *tokens)
                })
                .collect();
            // The first round loads the model.
            if round == 0 || answers.iter().any(|a| a.tokens < *tokens as usize) {
                continue;
            }
            for (index, answer) in answers.iter().enumerate() {
                rates[index].push(answer.tokens as f64 / answer.whole.as_secs_f64());
                firsts[index].push(milliseconds(answer.first));
            }
        }
        for (index, (way, _)) in ways.iter().enumerate() {
            let speed = match tokens {
                1 => "| ".to_owned(),
                _ => format!(
                    "{:.1} | {:.3}",
                    median(&rates[index]),
                    ratio(&rates[index], &rates[0])
                ),
            };
            println!(
                "| {what} | {way} | {speed} | {:.2} | {:.2} |",
                median(&firsts[index]),
                difference(&firsts[index], &firsts[0])
            );
        }
    }
}

/// A server in threads of this process.
struct Served {
    address: SocketAddr,
    stopper: Stopper,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Served {
    fn new(store: &Path, spawner: &Arc<Spawner>) -> Self {
        let listen = Listen::Tcp("127.0.0.1:0".parse().expect("address"));
        let mut settings = Settings::new(listen, "bench");
        settings.runner = config();
        settings.keep_alive = KeepAlive::Forever;
        settings.identity = Some(Arc::new(ServerKey::from_seed(&[7; 32]).expect("key")));
        let store = Store::open(store).expect("store");
        let server = Server::bind(settings, store, Arc::clone(spawner)).expect("server");
        Self {
            address: server.address().expect("address"),
            stopper: server.stopper(),
            thread: Some(std::thread::spawn(move || server.run())),
        }
    }

    /// The client's end of sealed mode in front of it.
    fn sealed(&self, directory: &Path) -> Self {
        let server: Address = format!("http://{}", self.address).parse().expect("address");
        let outbound = Outbound::new(None, vec![server.rule()]).expect("outbound");
        let connect = Connect::bind(connect::Settings {
            listen: Listen::Tcp("127.0.0.1:0".parse().expect("address")),
            tokens: Tokens::default(),
            origins: Vec::new(),
            server,
            server_token: None,
            pins: directory.join("pins"),
            outbound,
            quote: None,
            encryption: true,
            told: None,
        })
        .expect("connect");
        Self {
            address: connect.address().expect("address"),
            stopper: connect.stopper(),
            thread: Some(std::thread::spawn(move || connect.run())),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
