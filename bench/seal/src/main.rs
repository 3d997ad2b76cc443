//! Measures sealed exchanges in process, both ends on one thread, and prints the table of `docs/benchmarks.md`. CPU time, so that a
//! busy machine shows less; the median of the rounds.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // A measuring program, not a product.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;

use ringfence_seal::{
    Claim, Digest, Field, Kem, Level, ReplayCache, RequestHead, RequestOpener, RequestSealer,
    ResponseOpener, ResponseSealer, RunnerKey, ServerKey, SignedStatement, UnixTime,
    VerifiedRunner, Wanted,
};
use rustix::time::{ClockId, clock_gettime};

const NOW: UnixTime = UnixTime(1_800_000_000);
/// Rounds of each measurement; the first word of the command line says otherwise.
const ROUNDS: usize = 300;
/// A prompt of 1 KiB, an answer of 200 tokens, each a line of the size that Ollama's API makes of it.
const PROMPT: usize = 1024;
const TOKENS: usize = 200;
const LINE: usize = 130;

fn main() {
    let rounds = std::env::args()
        .nth(1)
        .map_or(ROUNDS, |word| word.parse().unwrap());
    println!(
        "Sealed exchanges, CPU time of both ends, median of {rounds}; one token is a line of {LINE} bytes.\n"
    );
    println!("| | X-Wing | X25519 |\n|---|---|---|");
    let columns = [Kem::XWing, Kem::X25519].map(|kem| Bench::new(kem).rows(rounds));
    for (row, (name, first)) in columns[0].iter().enumerate() {
        println!(
            "| {name} | {} | {} |",
            shown(*first),
            shown(columns[1][row].1)
        );
    }
}

fn shown(nanoseconds: f64) -> String {
    if nanoseconds < 100_000.0 {
        format!("{:.2} µs", nanoseconds / 1e3)
    } else {
        format!("{:.3} ms", nanoseconds / 1e6)
    }
}

fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Median time of `run`, each with what `prepare` made outside the time.
fn measure<T>(rounds: usize, mut prepare: impl FnMut() -> T, mut run: impl FnMut(T)) -> f64 {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let prepared = prepare();
            let start = cpu();
            run(prepared);
            cpu() - start
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[rounds / 2]
}

struct Bench {
    key: Arc<RunnerKey>,
    server: ServerKey,
    claim: Claim,
    runner: VerifiedRunner,
    head: RequestHead,
}

impl Bench {
    fn new(kem: Kem) -> Self {
        let key = RunnerKey::generate(kem, 1).unwrap();
        let claim = Claim {
            key: key.config().clone(),
            model: "tiny".into(),
            manifest: Digest::of(b"manifest"),
            binary: Digest::of(b"binary"),
            sandbox: Digest::of(b"sandbox"),
            level: Level::Standard,
            protections: BTreeSet::from(["no-network".to_owned()]),
            issued: NOW,
            expires: NOW.after(3600),
        };
        let server = ServerKey::from_seed(&[1; 32]).unwrap();
        let wanted = Wanted {
            allow_classical: true,
            ..Wanted::model("tiny")
        };
        let (runner, _) = server
            .sign(claim.clone())
            .unwrap()
            .first_use(&wanted, NOW)
            .unwrap();
        let head = RequestHead {
            method: "POST".into(),
            path: "/api/chat".into(),
            fields: vec![
                Field::new("content-type", "application/json"),
                Field::new("accept", "*/*"),
            ],
        };
        Self {
            key: Arc::new(key),
            server,
            claim,
            runner,
            head,
        }
    }

    fn rows(&self, rounds: usize) -> Vec<(&'static str, f64)> {
        let prompt = vec![b'p'; PROMPT];
        let line = vec![b'l'; LINE];
        let kib = vec![b'k'; 1024];
        let megabyte = vec![b'm'; 1 << 20];
        let mut seen = ReplayCache::new();
        let turn = measure(rounds, || (), |()| self.turn(&prompt, &line, &mut seen));
        let seal = measure(rounds, || (), |()| drop(black_box(self.seal(&prompt))));
        let open = measure(
            rounds,
            || self.seal(&prompt).0,
            |request| drop(black_box(self.open(&request, &mut seen))),
        );
        // One frame takes less than the clock can tell: a thousand of them.
        let streams = |seen: &mut ReplayCache| {
            let (request, opener) = self.seal(&prompt);
            (self.open(&request, seen), opener)
        };
        let token_sealed = measure(
            rounds,
            || streams(&mut seen).0,
            |(mut sealer, mut out)| {
                for _ in 0..1000 {
                    sealer.data(&line, &mut out).unwrap();
                }
                black_box(out);
            },
        );
        let message_sealed = measure(
            rounds,
            || streams(&mut seen).0,
            |(mut sealer, mut out)| {
                for _ in 0..1000 {
                    out.clear();
                    sealer.data(&kib, &mut out).unwrap();
                }
                black_box(out);
            },
        );
        let filled = |seen: &mut ReplayCache, data: &[u8]| {
            let ((mut sealer, mut out), opener) = streams(seen);
            for _ in 0..1000 {
                sealer.data(data, &mut out).unwrap();
            }
            (opener, out)
        };
        let read = |(mut opener, out): (ResponseOpener, Vec<u8>)| {
            let mut body = Vec::with_capacity(out.len());
            opener.push(&out, &mut body).unwrap();
            black_box(body);
        };
        let token_opened = measure(rounds, || filled(&mut seen, &line), read);
        let message_opened = measure(rounds, || filled(&mut seen, &kib), read);
        let bulk = measure(
            rounds.min(50),
            || streams(&mut seen),
            |((mut sealer, mut out), mut opener)| {
                sealer.data(&megabyte, &mut out).unwrap();
                let mut body = Vec::new();
                opener.push(&out, &mut body).unwrap();
                black_box(body);
            },
        );
        let sign = measure(
            rounds,
            || self.claim.clone(),
            |claim| drop(black_box(self.server.sign(claim).unwrap())),
        );
        let statement = self.server.sign(self.claim.clone()).unwrap().encode();
        let wanted = Wanted {
            allow_classical: true,
            ..Wanted::model("tiny")
        };
        let verify = measure(
            rounds,
            || (),
            |()| {
                black_box(
                    SignedStatement::decode(&statement)
                        .unwrap()
                        .first_use(&wanted, NOW)
                        .unwrap(),
                );
            },
        );
        let kem = self.claim.key.kem();
        let generate = measure(
            rounds,
            || (),
            |()| drop(black_box(RunnerKey::generate(kem, 1).unwrap())),
        );
        vec![
            ("**a turn: 1 KiB prompt, 200 tokens, both ends**", turn),
            ("request of 1 KiB: key agreement and seal (client)", seal),
            (
                "request of 1 KiB: key agreement and open, response begun (runner)",
                open,
            ),
            ("a token sealed (runner)", token_sealed / 1e3),
            ("a token opened (client)", token_opened / 1e3),
            (
                "**1 KiB sealed in a running exchange**",
                message_sealed / 1e3,
            ),
            ("1 KiB opened in a running exchange", message_opened / 1e3),
            ("1 MiB sealed and opened", bulk),
            ("a runner's key made", generate),
            ("a statement signed", sign),
            ("a statement read and verified", verify),
        ]
    }

    fn seal(&self, prompt: &[u8]) -> (Vec<u8>, ResponseOpener) {
        let mut out = Vec::new();
        let mut sealer = RequestSealer::start(&self.runner, &self.head, NOW, &mut out).unwrap();
        sealer.body(prompt, &mut out).unwrap();
        let opener = sealer.finish(&mut out).unwrap();
        (out, opener)
    }

    fn open(&self, request: &[u8], seen: &mut ReplayCache) -> (ResponseSealer, Vec<u8>) {
        if seen.len() > 10_000 {
            *seen = ReplayCache::new();
        }
        let mut opener = RequestOpener::new(self.key.clone());
        opener.push(request).unwrap();
        let opened = opener.finish(seen, NOW).unwrap();
        let mut out = Vec::new();
        let fields = [Field::new("content-type", "application/x-ndjson")];
        (opened.responder.head(200, &fields, &mut out).unwrap(), out)
    }

    /// As in a chat: every token is sealed, sent and opened by itself.
    fn turn(&self, prompt: &[u8], line: &[u8], seen: &mut ReplayCache) {
        let (request, mut opener) = self.seal(prompt);
        let (mut sealer, mut out) = self.open(&request, seen);
        let mut body = Vec::new();
        for _ in 0..TOKENS {
            sealer.data(line, &mut out).unwrap();
            opener.push(&out, &mut body).unwrap();
            out.clear();
        }
        sealer.finish(&mut out).unwrap();
        opener.push(&out, &mut body).unwrap();
        opener.finish(&mut body).unwrap();
        assert_eq!(body.len(), TOKENS * line.len());
    }
}
