//! The loopback interface of a fenced namespace: up, with an address of its own, and every other address local to it.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{ACK, Batch, CREATE, EXCLUSIVE, attribute, open};

const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const RTM_NEWROUTE: u16 = 24;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IFF_UP: u32 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_F_NODAD: u8 = 0x02;
const RTA_OIF: u16 = 4;
const RTA_PREFSRC: u16 = 7;
const RT_TABLE_LOCAL: u8 = 255;
const RTPROT_STATIC: u8 = 4;
const RT_SCOPE_UNIVERSE: u8 = 0;
const RT_SCOPE_HOST: u8 = 254;
const RTN_LOCAL: u8 = 2;
/// The loopback interface is the first of every network namespace.
const LOOPBACK: u32 = 1;

/// What [`capture_everything`] achieved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Routed {
    /// IPv6 is captured. `false` when the kernel has none: then there is no way out by it either.
    pub(crate) ipv6: bool,
}

/// Brings the loopback interface up and nothing else.
pub(crate) fn loopback_up() -> io::Result<()> {
    let mut batch = Batch::default();
    link_up(&mut batch);
    let outcomes = batch.send(&open(None)?)?;
    match outcomes.first() {
        Some(outcome) if outcome.errno == 0 => Ok(()),
        Some(outcome) => Err(io::Error::from_raw_os_error(outcome.errno)),
        None => Err(io::Error::other("no answer from rtnetlink")),
    }
}

/// Makes every address local to the loopback interface of the current namespace, with `v4` and `v6` as source addresses.
///
/// A route without a source would use the destination as source, which lets a TCP socket connect to itself.
///
/// # Errors
/// The errno of the first IPv4 step that failed. IPv6 steps fail together with IPv6 itself and are reported in [`Routed`].
pub(crate) fn capture_everything(v4: Ipv4Addr, v6: Ipv6Addr) -> io::Result<Routed> {
    let mut batch = Batch::default();
    link_up(&mut batch);
    address(&mut batch, AF_INET, &v4.octets());
    route(&mut batch, AF_INET, RT_SCOPE_HOST, &v4.octets());
    let first_v6 = 3;
    address(&mut batch, AF_INET6, &v6.octets());
    route(&mut batch, AF_INET6, RT_SCOPE_UNIVERSE, &v6.octets());

    let socket = open(None)?;
    let mut outcomes = batch.send(&socket)?;
    // send() stops reading at the first failure; only IPv6 may fail, and what follows it is IPv6 as well.
    let mut ipv6 = true;
    outcomes.sort_by_key(|outcome| outcome.request);
    for expected in 0..first_v6 {
        match outcomes.iter().find(|outcome| outcome.request == expected) {
            Some(outcome) if outcome.errno == 0 => {}
            Some(outcome) => return Err(io::Error::from_raw_os_error(outcome.errno)),
            None => return Err(io::Error::other("no answer from rtnetlink")),
        }
    }
    if outcomes.iter().filter(|outcome| outcome.errno == 0).count() != batch.acks() {
        ipv6 = false;
    }
    Ok(Routed { ipv6 })
}

fn link_up(batch: &mut Batch) {
    batch.request(RTM_NEWLINK, ACK, |out| {
        // struct ifinfomsg: family, pad, type, index, flags, change mask
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&LOOPBACK.to_ne_bytes());
        out.extend_from_slice(&IFF_UP.to_ne_bytes());
        out.extend_from_slice(&IFF_UP.to_ne_bytes());
    });
}

fn address(batch: &mut Batch, family: u8, octets: &[u8]) {
    let bits = if family == AF_INET { 32 } else { 128 };
    batch.request(RTM_NEWADDR, ACK | CREATE | EXCLUSIVE, |out| {
        // struct ifaddrmsg: family, prefix length, flags, scope, index
        out.extend_from_slice(&[family, bits, IFA_F_NODAD, RT_SCOPE_UNIVERSE]);
        out.extend_from_slice(&LOOPBACK.to_ne_bytes());
        attribute(out, IFA_LOCAL, octets);
        attribute(out, IFA_ADDRESS, octets);
    });
}

fn route(batch: &mut Batch, family: u8, scope: u8, source: &[u8]) {
    batch.request(RTM_NEWROUTE, ACK | CREATE | EXCLUSIVE, |out| {
        // struct rtmsg: family, dst length, src length, tos, table, protocol, scope, type, flags
        out.extend_from_slice(&[
            family,
            0,
            0,
            0,
            RT_TABLE_LOCAL,
            RTPROT_STATIC,
            scope,
            RTN_LOCAL,
        ]);
        out.extend_from_slice(&[0; 4]);
        attribute(out, RTA_PREFSRC, source);
        attribute(out, RTA_OIF, &LOOPBACK.to_ne_bytes());
    });
}
