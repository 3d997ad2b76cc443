//! The payload's terminal, out of the sandbox's own devpts.

use std::os::fd::OwnedFd;

use ringfence_policy::spec::TerminalSize;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::error::{Fault, Step};

/// Opens a pair, (master, slave), of this size.
pub(super) fn open(size: TerminalSize) -> Result<(OwnedFd, OwnedFd), Fault> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let master =
        rustix::fs::open("/dev/ptmx", flags, Mode::empty()).step("opening the terminal")?;
    unlockpt(&master).step("unlocking the terminal")?;
    let size = Winsize {
        ws_row: size.rows,
        ws_col: size.cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&master, size).step("sizing the terminal")?;
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let slave = ioctl_tiocgptpeer(&master, flags).step("opening the terminal")?;
    Ok((master, slave))
}
