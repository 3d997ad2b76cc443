//! Measures the egress filter in process and prints JSON; `bench/dlp/run.py` makes the inputs and the tables.
//!
//! - `speed FILE [DOCUMENT]`: CPU time of a pass over the file in chunks of 64 KiB, and findings by tier.
//! - `state FILE [DOCUMENT]`: memory of a stream that is open in the middle of the file.
//! - `judge [DOCUMENT] < CASES`: a verdict a line; `{"content": HEX, "known": HEX?}` a line.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::exit,
    clippy::print_stderr
)] // A measuring program, not a product.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::sync::Arc;

use ringfence_dlp::{Document, Filter, Finding, Known, Settings};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

const CHUNK: usize = 64 * 1024;
/// Passes of `speed`; the best time of each chunk counts, so that a busy machine shows less.
const PASSES: usize = 3;
/// Findings that `speed` lists.
const LISTED: usize = 5000;
/// Streams of `state`.
const STREAMS: usize = 500;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["speed", file] => speed(file, None),
        ["speed", file, document] => speed(file, Some(document)),
        ["state", file] => state(file, None),
        ["state", file, document] => state(file, Some(document)),
        ["judge"] => return judge(None),
        ["judge", document] => return judge(Some(document)),
        _ => {
            eprintln!("usage: speed FILE [DOCUMENT] | state FILE [DOCUMENT] | judge [DOCUMENT]");
            std::process::exit(2);
        }
    };
    println!("{result}");
}

fn settings(document: Option<&str>) -> Settings {
    Settings {
        context: document
            .map(|path| Document {
                name: "document".into(),
                text: std::fs::read(path).unwrap(),
            })
            .into_iter()
            .collect(),
        budget: Some(u64::MAX),
        ..Settings::default()
    }
}

/// CPU time of this thread, in microseconds.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn speed(file: &str, document: Option<&str>) -> Value {
    let data = std::fs::read(file).unwrap();
    let settings = settings(document);
    let before = cpu();
    let filter = Filter::new(settings).unwrap();
    let mut out = Vec::with_capacity(2 * CHUNK);
    filter.stream().push(b"a first line\n", &mut out).unwrap();
    let start = cpu() - before;
    let mut best = vec![f64::MAX; data.len().div_ceil(CHUNK)];
    let (mut rates, mut held, mut by) = (Vec::new(), 0, BTreeMap::new());
    let mut list = Vec::new();
    for pass in 0..PASSES {
        let mut stream = filter.stream();
        let begin = cpu();
        for (chunk, best) in data.chunks(CHUNK).zip(&mut best) {
            out.clear();
            let before = cpu();
            stream.push(chunk, &mut out).unwrap();
            *best = best.min(cpu() - before);
            held = held.max(stream.held());
            if pass == 0 {
                for finding in stream.findings() {
                    let tier = tier(&finding);
                    if list.len() < LISTED {
                        list.push(json!([tier, finding.detector, finding.offset]));
                    }
                    *by.entry(format!("{tier} {}", finding.detector))
                        .or_insert(0) += 1;
                }
            } else {
                stream.findings();
            }
        }
        stream.finish(&mut out).unwrap();
        rates.push(data.len() as f64 / (cpu() - begin));
    }
    best.sort_by(f64::total_cmp);
    json!({
        "bytes": data.len(),
        "mb_per_s": rates.iter().copied().fold(0.0, f64::max),
        "start_ms": start / 1e3,
        "chunk_p50_us": best[best.len() / 2],
        "chunk_p99_us": best[best.len() * 99 / 100],
        "chunk_max_us": best[best.len() - 1],
        "held": held,
        "findings": by,
        "list": list,
    })
}

fn tier(finding: &Finding) -> String {
    format!("{:?}", finding.tier).to_lowercase()
}

fn state(file: &str, document: Option<&str>) -> Value {
    let data = std::fs::read(file).unwrap();
    let filter = Filter::new(settings(document)).unwrap();
    let mut out = Vec::with_capacity(4 * CHUNK);
    // What all streams share is made by the first ones.
    let mut streams: Vec<_> = (0..8)
        .map(|number| open(&filter, &data, number, &mut out))
        .collect();
    let before = resident();
    streams.extend((0..STREAMS).map(|number| open(&filter, &data, number, &mut out)));
    let held: usize = streams.iter().map(ringfence_dlp::Stream::held).sum();
    json!({
        "bytes_a_stream": (resident() - before) / STREAMS as u64,
        "held_a_stream": held / streams.len(),
    })
}

fn open(
    filter: &Arc<Filter>,
    data: &[u8],
    number: usize,
    out: &mut Vec<u8>,
) -> ringfence_dlp::Stream {
    let mut stream = filter.stream();
    let start = number * 131_071 % data.len().saturating_sub(4 * CHUNK).max(1);
    let part = data.get(start..).unwrap_or_default();
    for chunk in part.chunks(CHUNK).take(4) {
        out.clear();
        stream.push(chunk, out).unwrap();
        stream.findings();
    }
    stream
}

fn judge(document: Option<&str>) {
    let shared = Filter::new(settings(document)).unwrap();
    for line in std::io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let content = bytes(&case["content"]);
        let known = bytes(&case["known"]);
        let filter = if known.is_empty() {
            Arc::clone(&shared)
        } else {
            let value = zeroize::Zeroizing::new(known.clone());
            let mut settings = settings(None);
            settings.known.push(Known {
                name: "k".into(),
                value,
            });
            Filter::new(settings).unwrap()
        };
        let (mut stream, mut out) = (filter.stream(), Vec::new());
        let mut found = Vec::new();
        for chunk in content.chunks(CHUNK) {
            stream.push(chunk, &mut out).unwrap();
            found.extend(stream.findings());
        }
        stream.finish(&mut out).unwrap();
        found.extend(stream.findings());
        let found: Vec<Value> = found.iter().map(|f| json!([f.detector, f.tier])).collect();
        let leaked = !known.is_empty() && out.windows(known.len()).any(|window| window == known);
        println!("{}", json!({ "found": found, "leaked": leaked }));
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap_or_default();
    text.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}
