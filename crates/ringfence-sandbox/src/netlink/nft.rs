//! One nfnetlink batch that steers every new TCP connection to a transparent listener.
//!
//! The rules, as `nft` would print them:
//!
//! ```text
//! table inet ringfence { chain capture { type filter hook prerouting priority mangle; policy accept;
//!     @th,96,32 & 0x00170000 != 0x00020000 return      # tcp flags & (fin|syn|rst|ack) != syn
//!     ip  daddr 127.0.0.0/8 return
//!     ip  daddr <own v4>    return
//!     ip6 daddr ::1         return
//!     ip6 daddr <own v6>    return
//!     tcp dport 53          return
//!     meta l4proto tcp tproxy to :<port> accept } }
//! ```
//!
//! Only the SYN is steered: all later packets find their socket by themselves. Port 53 has listeners of its own.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use rustix::net::netlink::NETFILTER;

use super::{ACK, APPEND, Batch, CREATE, attribute, nest, open, text};

const SUBSYS_NFTABLES: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const NEW_TABLE: u16 = SUBSYS_NFTABLES << 8;
const NEW_CHAIN: u16 = (SUBSYS_NFTABLES << 8) | 3;
const NEW_RULE: u16 = (SUBSYS_NFTABLES << 8) | 6;

const FAMILY_INET: u8 = 1;
const NFPROTO_IPV4: u8 = 2;
const NFPROTO_IPV6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const HOOK_PREROUTING: u32 = 0;
const PRIORITY_MANGLE: i32 = -150;
const VERDICT_ACCEPT: i32 = 1;
const VERDICT_RETURN: i32 = -5;

const REG_VERDICT: u32 = 0;
const REG_1: u32 = 1;
const META_NFPROTO: u32 = 15;
const META_L4PROTO: u32 = 16;
const CMP_EQ: u32 = 0;
const CMP_NEQ: u32 = 1;
const BASE_NETWORK: u32 = 1;
const BASE_TRANSPORT: u32 = 2;
const LIST_ELEM: u16 = 1;
const EXPR_NAME: u16 = 1;
const EXPR_DATA: u16 = 2;
const DATA_VALUE: u16 = 1;

const TABLE: &str = "ringfence";
const CHAIN: &str = "capture";
/// Data offset, flags and window of the TCP header: four aligned bytes, because the kernel loads, masks and compares
/// these inline, and every packet of the sandbox passes here.
const FLAGS_OFFSET: u32 = 12;
const FIN_SYN_RST_ACK: [u8; 4] = [0, 0x17, 0, 0];
const SYN: [u8; 4] = [0, 0x02, 0, 0];
const DNS: u16 = 53;

/// Why connections could not be steered.
#[derive(Debug)]
pub(crate) enum SteerError {
    /// The kernel has no nf_tables, or no tproxy in it. Another method may do.
    Unsupported(io::Error),
    /// Anything else.
    Failed(io::Error),
}

/// Steers new TCP connections of the current network namespace to `port`, except those to its own addresses and to port 53.
pub(crate) fn steer(port: u16, v4: Ipv4Addr, v6: Ipv6Addr) -> Result<(), SteerError> {
    let socket = open(Some(NETFILTER)).map_err(SteerError::Unsupported)?;
    let batch = rules(port, v4, v6);
    let outcomes = batch.send(&socket).map_err(SteerError::Failed)?;
    match outcomes.iter().find(|outcome| outcome.errno != 0) {
        Some(outcome) => {
            let error = io::Error::from_raw_os_error(outcome.errno);
            // A missing expression or chain type is ENOENT, a missing subsystem EOPNOTSUPP or EINVAL for the batch itself.
            match outcome.errno {
                libc::ENOENT | libc::EOPNOTSUPP | libc::EPROTONOSUPPORT => {
                    Err(SteerError::Unsupported(error))
                }
                _ => Err(SteerError::Failed(error)),
            }
        }
        None if outcomes.len() == batch.acks() => Ok(()),
        None => Err(SteerError::Failed(io::Error::other(
            "no answer from nfnetlink",
        ))),
    }
}

fn rules(port: u16, v4: Ipv4Addr, v6: Ipv6Addr) -> Batch {
    let mut batch = Batch::default();
    bracket(&mut batch, BATCH_BEGIN);
    batch.request(NEW_TABLE, CREATE, |out| {
        header(out, FAMILY_INET, 0);
        text(out, 1, TABLE);
    });
    batch.request(NEW_CHAIN, CREATE, |out| {
        header(out, FAMILY_INET, 0);
        text(out, 1, TABLE);
        text(out, 3, CHAIN);
        nest(out, 4, |hook| {
            attribute(hook, 1, &HOOK_PREROUTING.to_be_bytes());
            attribute(hook, 2, &PRIORITY_MANGLE.to_be_bytes());
        });
        attribute(out, 5, &VERDICT_ACCEPT.to_be_bytes());
        text(out, 7, "filter");
    });
    // Not asked whether it is TCP at all: what else passes here, the last rule does not take.
    rule(&mut batch, 0, |e| {
        payload(e, BASE_TRANSPORT, FLAGS_OFFSET, 4);
        mask(e, FIN_SYN_RST_ACK);
        compare(e, CMP_NEQ, &SYN);
        verdict(e, VERDICT_RETURN);
    });
    destination(&mut batch, NFPROTO_IPV4, 16, &[127]);
    destination(&mut batch, NFPROTO_IPV4, 16, &v4.octets());
    destination(&mut batch, NFPROTO_IPV6, 24, &Ipv6Addr::LOCALHOST.octets());
    destination(&mut batch, NFPROTO_IPV6, 24, &v6.octets());
    rule(&mut batch, 0, |e| {
        meta(e, META_L4PROTO);
        compare(e, CMP_EQ, &[IPPROTO_TCP]);
        payload(e, BASE_TRANSPORT, 2, 2);
        compare(e, CMP_EQ, &DNS.to_be_bytes());
        verdict(e, VERDICT_RETURN);
    });
    // The last rule asks for the acknowledgement: nfnetlink sends it after the commit of the whole batch.
    rule(&mut batch, ACK, |e| {
        meta(e, META_L4PROTO);
        compare(e, CMP_EQ, &[IPPROTO_TCP]);
        expression(e, "immediate", |d| {
            attribute(d, 1, &REG_1.to_be_bytes());
            nest(d, 2, |v| attribute(v, DATA_VALUE, &port.to_be_bytes()));
        });
        expression(e, "tproxy", |d| {
            attribute(d, 1, &0u32.to_be_bytes()); // both families
            attribute(d, 3, &REG_1.to_be_bytes());
        });
        verdict(e, VERDICT_ACCEPT);
    });
    bracket(&mut batch, BATCH_END);
    batch
}

fn bracket(batch: &mut Batch, kind: u16) {
    batch.request(kind, 0, |out| header(out, 0, SUBSYS_NFTABLES));
}

/// `struct nfgenmsg`: family, version, resource.
fn header(out: &mut Vec<u8>, family: u8, resource: u16) {
    out.extend_from_slice(&[family, 0]);
    out.extend_from_slice(&resource.to_be_bytes());
}

fn rule(batch: &mut Batch, flags: u16, expressions: impl FnOnce(&mut Vec<u8>)) {
    batch.request(NEW_RULE, CREATE | APPEND | flags, |out| {
        header(out, FAMILY_INET, 0);
        text(out, 1, TABLE);
        text(out, 2, CHAIN);
        nest(out, 4, expressions);
    });
}

/// `ip daddr … return` for one family; a shorter `octets` is a prefix.
fn destination(batch: &mut Batch, family: u8, offset: u32, octets: &[u8]) {
    rule(batch, 0, |e| {
        meta(e, META_NFPROTO);
        compare(e, CMP_EQ, &[family]);
        payload(
            e,
            BASE_NETWORK,
            offset,
            u32::try_from(octets.len()).unwrap_or(0),
        );
        compare(e, CMP_EQ, octets);
        verdict(e, VERDICT_RETURN);
    });
}

fn expression(out: &mut Vec<u8>, name: &str, data: impl FnOnce(&mut Vec<u8>)) {
    nest(out, LIST_ELEM, |element| {
        text(element, EXPR_NAME, name);
        nest(element, EXPR_DATA, data);
    });
}

fn meta(out: &mut Vec<u8>, key: u32) {
    expression(out, "meta", |d| {
        attribute(d, 2, &key.to_be_bytes());
        attribute(d, 1, &REG_1.to_be_bytes());
    });
}

fn payload(out: &mut Vec<u8>, base: u32, offset: u32, length: u32) {
    expression(out, "payload", |d| {
        attribute(d, 1, &REG_1.to_be_bytes());
        attribute(d, 2, &base.to_be_bytes());
        attribute(d, 3, &offset.to_be_bytes());
        attribute(d, 4, &length.to_be_bytes());
    });
}

fn mask(out: &mut Vec<u8>, bits: [u8; 4]) {
    expression(out, "bitwise", |d| {
        attribute(d, 1, &REG_1.to_be_bytes());
        attribute(d, 2, &REG_1.to_be_bytes());
        attribute(d, 3, &4u32.to_be_bytes());
        nest(d, 4, |v| attribute(v, DATA_VALUE, &bits));
        nest(d, 5, |v| attribute(v, DATA_VALUE, &[0; 4]));
    });
}

fn compare(out: &mut Vec<u8>, operator: u32, value: &[u8]) {
    expression(out, "cmp", |d| {
        attribute(d, 1, &REG_1.to_be_bytes());
        attribute(d, 2, &operator.to_be_bytes());
        nest(d, 3, |v| attribute(v, DATA_VALUE, value));
    });
}

fn verdict(out: &mut Vec<u8>, code: i32) {
    expression(out, "immediate", |d| {
        attribute(d, 1, &REG_VERDICT.to_be_bytes());
        nest(d, 2, |v| {
            nest(v, 2, |code_of| attribute(code_of, 1, &code.to_be_bytes()))
        });
    });
}
