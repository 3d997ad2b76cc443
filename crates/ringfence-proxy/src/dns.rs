//! The DNS responder of a session. It answers out of [`Names`] and asks nobody: no query of the sandbox ever makes a
//! packet leave (INCIDENTS N13). Names get synthetic addresses whether they are allowed or not, so that a refusal has a
//! connection to be spoken on; every type but A, AAAA and PTR is empty, so there is no ECH key, no HTTP/3 hint, no TXT channel.

mod flood;
mod serve;

pub(crate) use serve::Desk;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, PTR};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use ringfence_policy::{Event, Host};

use crate::limits::DNS_TTL_S;
use crate::names::{Meaning, Names};

const HEADER: usize = 12;
/// Payload size that we offer by EDNS; the value of DNS flag day 2020.
const EDNS_PAYLOAD: u16 = 1232;

/// What came of one message.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What to send back; `None` where silence is right (responses, and too short to carry an id).
    pub(crate) reply: Option<Vec<u8>>,
    /// What to write into the audit log.
    pub(crate) event: Event,
}

/// The answer to one question, before it is put into a message.
enum Answer {
    Records(Vec<RData>),
    NoData,
    Code(ResponseCode),
}

/// Answers one message, without the length prefix of TCP.
pub(crate) fn answer(names: &Names, bytes: &[u8]) -> Outcome {
    let Ok(query) = Message::from_vec(bytes) else {
        return Outcome {
            reply: format_error(bytes),
            event: event("", "", "malformed"),
        };
    };
    if query.metadata.message_type != MessageType::Query {
        return Outcome {
            reply: None,
            event: event("", "", "malformed"),
        };
    }
    let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
    reply.metadata.recursion_desired = query.metadata.recursion_desired;
    // Go's resolver takes an empty answer without this bit for a lame referral and asks the next server.
    reply.metadata.recursion_available = true;
    let mut answer = None;
    let (mut name, mut kind) = (String::new(), String::new());
    if let [question] = query.queries.as_slice() {
        name = printable(&question.name);
        kind = question.query_type.to_string();
        reply.add_query(question.clone());
        answer = Some(resolve(names, question));
    }
    let mut bad_version = false;
    if let Some(edns) = &query.edns {
        let mut ours = Edns::new();
        ours.set_max_payload(EDNS_PAYLOAD).set_version(0);
        bad_version = edns.version() != 0;
        reply.set_edns(ours);
    }
    let answer = match answer {
        _ if query.metadata.op_code != OpCode::Query => Answer::Code(ResponseCode::NotImp),
        _ if bad_version => Answer::Code(ResponseCode::BADVERS),
        // No client sends several questions, and the standard does not say what the answer would be (RFC 9619).
        None => Answer::Code(ResponseCode::FormErr),
        Some(answer) => answer,
    };
    let said = match answer {
        Answer::Records(records) => {
            if let [question] = query.queries.as_slice() {
                for data in records {
                    reply.add_answer(Record::from_rdata(question.name.clone(), DNS_TTL_S, data));
                }
            }
            "synthetic"
        }
        Answer::NoData => "nodata",
        Answer::Code(code) => {
            reply.metadata.response_code = code;
            match code {
                ResponseCode::FormErr | ResponseCode::NotImp | ResponseCode::BADVERS => "malformed",
                ResponseCode::ServFail => "limit",
                _ => "refused",
            }
        }
    };
    let reply = reply.to_vec().ok().or_else(|| format_error(bytes));
    Outcome {
        reply,
        event: event(&name, &kind, said),
    }
}

fn resolve(names: &Names, question: &Query) -> Answer {
    if question.query_class != DNSClass::IN {
        return Answer::Code(ResponseCode::Refused);
    }
    match question.query_type {
        RecordType::ANY
        | RecordType::AXFR
        | RecordType::IXFR
        | RecordType::NULL
        | RecordType::OPT
        | RecordType::TSIG
        | RecordType::ZERO => return Answer::Code(ResponseCode::Refused),
        RecordType::PTR => return reverse(names, &question.name),
        _ => {}
    }
    if question.name.is_root() {
        return Answer::NoData;
    }
    if question.name.is_localhost() {
        return localhost(question.query_type);
    }
    let Some(name) = text(&question.name) else {
        return Answer::Code(ResponseCode::NXDomain);
    };
    // RFC 6761: never exists. The other name is how Firefox asks whether DNS over HTTPS is unwanted here.
    if name == "invalid" || name.ends_with(".invalid") || name == "use-application-dns.net" {
        return Answer::Code(ResponseCode::NXDomain);
    }
    let wanted = question.query_type;
    if !matches!(wanted, RecordType::A | RecordType::AAAA) {
        return Answer::NoData;
    }
    // What policy can not take for a host name (an address, an odd character) gets no address that would stand for it.
    let Ok(Host::Name(host)) = Host::parse(&name) else {
        return Answer::Code(ResponseCode::NXDomain);
    };
    match names.assign(&host) {
        Ok(pair) if wanted == RecordType::A => Answer::Records(vec![RData::A(A(pair.v4))]),
        Ok(pair) => Answer::Records(vec![RData::AAAA(AAAA(pair.v6))]),
        Err(_) => Answer::Code(ResponseCode::ServFail),
    }
}

/// The name of a synthetic address; nothing else has one here.
fn reverse(names: &Names, name: &Name) -> Answer {
    let Ok(net) = name.parse_arpa_name() else {
        return Answer::Code(ResponseCode::NXDomain);
    };
    let full = match net.addr() {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    if net.prefix_len() != full {
        return Answer::Code(ResponseCode::NXDomain);
    }
    let host = match names.meaning(net.addr()) {
        Meaning::Name(host) => host.to_string(),
        Meaning::Literal(ip) if ip.is_loopback() => "localhost".to_string(),
        _ => return Answer::Code(ResponseCode::NXDomain),
    };
    match Name::from_ascii(format!("{host}.")) {
        Ok(name) => Answer::Records(vec![RData::PTR(PTR(name))]),
        Err(_) => Answer::Code(ResponseCode::NXDomain),
    }
}

/// `localhost` and below is the sandbox's own loopback (RFC 6761).
fn localhost(kind: RecordType) -> Answer {
    match kind {
        RecordType::A => Answer::Records(vec![RData::A(A(Ipv4Addr::LOCALHOST))]),
        RecordType::AAAA => Answer::Records(vec![RData::AAAA(AAAA(Ipv6Addr::LOCALHOST))]),
        _ => Answer::NoData,
    }
}

/// The name as text, if no byte of it needs an escape.
fn text(name: &Name) -> Option<String> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let labels: Option<Vec<String>> = name
        .iter()
        .map(|label| {
            label
                .iter()
                .all(plain)
                .then(|| String::from_utf8_lossy(label).to_ascii_lowercase())
        })
        .collect();
    labels.map(|labels| labels.join("."))
}

/// The name for the audit log, everything odd escaped.
fn printable(name: &Name) -> String {
    let mut out = String::with_capacity(name.len());
    for label in name.iter() {
        if !out.is_empty() {
            out.push('.');
        }
        out.extend(
            label
                .iter()
                .flat_map(|byte| std::ascii::escape_default(*byte))
                .map(char::from),
        );
    }
    out
}

/// A bare FORMERR, when the message is long enough to carry an id and is no response itself.
fn format_error(bytes: &[u8]) -> Option<Vec<u8>> {
    let header = bytes.get(..HEADER)?;
    if header[2] & 0x80 != 0 {
        return None;
    }
    // id; QR, the opcode and RD as sent; RA; FORMERR; no sections.
    let mut reply = vec![header[0], header[1], 0x80 | header[2] & 0x79, 0x81];
    reply.resize(HEADER, 0);
    Some(reply)
}

fn event(name: &str, kind: &str, answer: &str) -> Event {
    Event::Dns {
        name: name.into(),
        kind: kind.into(),
        answer: answer.into(),
    }
}

#[cfg(test)]
mod tests;
