//! What a sealed runner must not be able to do, tried by whoever calls it.

use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use rustix::io::Errno;

/// Asks a driver something (`ioctl`). That it does not know the question is an answer of its own, and no filter's.
pub(super) fn tell(what: impl AsFd) -> std::io::Result<()> {
    match rustix::io::ioctl_fionread(what) {
        Ok(_) | Err(Errno::NOTTY) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Tries each thing once: its name, and `done` or the error. Run it where nothing forbids it as well: an attack that fails there
/// proves nothing.
pub fn attacks() -> Vec<(String, String)> {
    let told = |result: std::io::Result<()>| match result {
        Ok(()) => "done".to_owned(),
        Err(error) => error.to_string(),
    };
    let program = || {
        Command::new("/proc/self/exe")
            .arg("--nothing")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .and_then(|mut child| child.kill().and_then(|()| child.wait()).map(drop))
    };
    let all: Vec<(&str, std::io::Result<()>)> = vec![
        ("read a file", std::fs::File::open("/").map(drop)),
        ("list a directory", std::fs::read_dir("/").map(drop)),
        ("look at a file", std::fs::metadata("/").map(drop)),
        ("listen on TCP", TcpListener::bind("127.0.0.1:0").map(drop)),
        ("bind UDP", UdpSocket::bind("127.0.0.1:0").map(drop)),
        ("make a socket pair", UnixStream::pair().map(drop)),
        ("start a process", program()),
        (
            "start a thread",
            std::thread::Builder::new()
                .spawn(|| ())
                .map(|thread| drop(thread.join())),
        ),
        (
            "make a file in memory",
            rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::CLOEXEC)
                .map(drop)
                .map_err(Into::into),
        ),
        ("tell a device", tell(std::io::stdin())),
        (
            "make a pipe",
            rustix::pipe::pipe().map(drop).map_err(Into::into),
        ),
        (
            "change the working directory",
            rustix::process::chdir("/").map_err(Into::into),
        ),
        (
            "signal its group",
            rustix::process::test_kill_current_process_group().map_err(Into::into),
        ),
        (
            "watch a file",
            rustix::fs::inotify::init(rustix::fs::inotify::CreateFlags::CLOEXEC)
                .map(drop)
                .map_err(Into::into),
        ),
    ];
    all.into_iter()
        .map(|(name, result)| (name.to_owned(), told(result)))
        .collect()
}
