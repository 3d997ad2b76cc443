//! Capture against plain loopback, in the same run: what `bench/capture.sh` prints. The server is outside and the client
//! inside in every variant, so that only the way between them differs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Instant;

use super::harness::{Payload, alone, capture};
use crate::capture::enter::Report;
use crate::capture::{CaptureSockets, Choice, Method, establish_with, loopback_only};

const CONNECTS: usize = 2000;
const WARM_UP: usize = 100;
const BLOCK: usize = 64 * 1024;
const BYTES: usize = 512 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Variant {
    Loopback,
    Tproxy,
    AnyIp,
}

const VARIANTS: [(Variant, &str, &str); 3] = [
    (Variant::Loopback, "loopback", "127.0.0.1:4443"),
    (Variant::Tproxy, "tproxy (SYN)", "1.2.3.4:4443"),
    (Variant::AnyIp, "anyip", "1.2.3.4:443"),
];

/// Connect and first byte in microseconds (median), bytes up and down in MB/s.
#[derive(Clone, Copy, Default)]
struct Sample([f64; 3]);

#[test]
#[ignore = "a measurement, not a test: run bench/capture.sh"]
fn capture_against_loopback() {
    let _alone = alone();
    let rounds = std::env::var("ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(9);
    let mut samples: [Vec<Sample>; 3] = Default::default();
    for round in 0..rounds {
        for step in 0..VARIANTS.len() {
            let which = (round + step) % VARIANTS.len();
            samples[which].push(measure(VARIANTS[which].0, VARIANTS[which].2));
        }
    }
    println!(
        "\n| capture | connect + 1 byte p50 µs | ratio | up MB/s | ratio | down MB/s | ratio |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (which, (_, name, _)) in VARIANTS.iter().enumerate() {
        print!("| {name} |");
        for column in 0..3 {
            let value = median(samples[which].iter().map(|sample| sample.0[column]));
            // Ratio within each round first: foreign load changes between rounds more than within one.
            let pairs = samples[which].iter().zip(&samples[0]);
            let ratio = median(pairs.map(|(one, base)| one.0[column] / base.0[column]));
            print!(" {value:.1} | {ratio:.2} |");
        }
        println!();
    }
    println!(
        "\nmedians of {rounds} interleaved rounds, {CONNECTS} connections and {} MB each way",
        BYTES >> 20
    );
}

fn measure(variant: Variant, target: &'static str) -> Sample {
    let (from, to) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    let prepare = || match variant {
        Variant::Loopback => {
            loopback_only().map_err(|e| e.to_string())?;
            let listener = TcpListener::bind(target).map_err(|e| e.to_string())?;
            Ok((Report::Sockets, vec![OwnedFd::from(listener)]))
        }
        Variant::Tproxy | Variant::AnyIp => {
            let method = if variant == Variant::Tproxy {
                Method::Tproxy
            } else {
                Method::AnyIp
            };
            let sockets =
                establish_with(&capture(), Choice::Only(method)).map_err(|e| e.to_string())?;
            let (manifest, fds) = sockets.into_fds();
            Ok((Report::Captured(manifest), fds))
        }
    };
    let client = || {
        let sample = client(target.parse().map_err(|_| "address")?).map_err(|e| e.to_string())?;
        let bytes: Vec<u8> = sample
            .0
            .iter()
            .flat_map(|number| number.to_ne_bytes())
            .collect();
        rustix::io::write(&to, &bytes)
            .map(drop)
            .map_err(|e| e.to_string())
    };
    let (child, report, mut fds) = Payload::start(false, prepare, client);
    let target: SocketAddr = target.parse().unwrap();
    let listener = match report {
        Report::Captured(manifest) => {
            let mut sockets = CaptureSockets::from_fds(&manifest, fds).unwrap();
            let wanted = if variant == Variant::Tproxy {
                crate::capture::CAPTURE_PORT
            } else {
                target.port()
            };
            let serves = |socket: &TcpListener| {
                socket
                    .local_addr()
                    .is_ok_and(|address| address.is_ipv4() && address.port() == wanted)
            };
            let place = sockets.tcp.iter().position(serves).unwrap();
            sockets.tcp.swap_remove(place)
        }
        _ => fds.remove(0).into(),
    };
    child.go();
    serve(&listener).unwrap();
    child.finish();
    let mut bytes = [0; 24];
    assert_eq!(rustix::io::read(&from, &mut bytes), Ok(24));
    Sample([0, 8, 16].map(|at| f64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap())))
}

fn client(target: SocketAddr) -> std::io::Result<Sample> {
    let mut times = Vec::with_capacity(CONNECTS);
    for _ in 0..CONNECTS + WARM_UP {
        let started = Instant::now();
        let mut stream = TcpStream::connect(target)?;
        stream.read_exact(&mut [0])?;
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    let connect = median(times.split_off(WARM_UP).into_iter());
    let mut block = vec![7u8; BLOCK];
    let speed = |started: Instant| BYTES as f64 / 1e6 / started.elapsed().as_secs_f64();

    let mut stream = TcpStream::connect(target)?;
    let started = Instant::now();
    for _ in 0..BYTES / BLOCK {
        stream.write_all(&block)?;
    }
    stream.read_exact(&mut [0])?;
    let up = speed(started);

    let mut stream = TcpStream::connect(target)?;
    let started = Instant::now();
    while stream.read(&mut block)? > 0 {}
    Ok(Sample([connect, up, speed(started)]))
}

fn serve(listener: &TcpListener) -> std::io::Result<()> {
    listener.set_nonblocking(false)?;
    for _ in 0..CONNECTS + WARM_UP {
        listener.accept()?.0.write_all(&[1])?;
    }
    let mut block = vec![7u8; BLOCK];
    let (mut up, _) = listener.accept()?;
    let mut left = BYTES;
    while left > 0 {
        left -= up.read(&mut block)?.min(left);
    }
    up.write_all(&[1])?;
    let (mut down, _) = listener.accept()?;
    for _ in 0..BYTES / BLOCK {
        down.write_all(&block)?;
    }
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[test]
#[ignore = "a measurement, not a test: run bench/capture.sh"]
fn cost_of_setting_up() {
    let _alone = alone();
    let (from, to) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    let mut samples: [Vec<f64>; 3] = Default::default();
    for _ in 0..50 {
        let pid = crate::sys::net::fork_and_run(|| {
            let micros = |started: Instant| started.elapsed().as_secs_f64() * 1e6;
            let mut times = [0.0; 3];
            let started = Instant::now();
            let namespaces = super::harness::new_namespaces();
            times[0] = micros(started);
            let started = Instant::now();
            let anyip = crate::netlink::route::capture_everything(
                crate::capture::OWN_V4,
                crate::capture::OWN_V6,
            );
            times[1] = micros(started);
            let started = Instant::now();
            let steered =
                crate::netlink::nft::steer(15001, crate::capture::OWN_V4, crate::capture::OWN_V6);
            times[2] = micros(started);
            let bytes: Vec<u8> = times
                .iter()
                .flat_map(|number| number.to_ne_bytes())
                .collect();
            u8::from(
                namespaces.is_err()
                    || anyip.is_err()
                    || steered.is_err()
                    || rustix::io::write(&to, &bytes).is_err(),
            )
        })
        .unwrap();
        rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty()).unwrap();
        let mut bytes = [0; 24];
        assert_eq!(rustix::io::read(&from, &mut bytes), Ok(24));
        for (column, samples) in samples.iter_mut().enumerate() {
            samples.push(f64::from_ne_bytes(
                bytes[column * 8..column * 8 + 8].try_into().unwrap(),
            ));
        }
    }
    println!("\n| step | p50 µs | min µs |\n|---|---|---|");
    for (name, samples) in ["namespaces", "addresses and routes", "nf_tables rules"]
        .iter()
        .zip(samples)
    {
        let least = samples.iter().copied().fold(f64::INFINITY, f64::min);
        println!(
            "| {name} | {:.0} | {least:.0} |",
            median(samples.into_iter())
        );
    }
}
