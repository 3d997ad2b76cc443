//! A name server that knows every name.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::server::EXFILTRATED;

/// Answers one question: the name in lower case, and the message. `None` for what is no question.
pub(crate) fn answer(question: &[u8], anywhere: Ipv4Addr) -> Option<(String, Vec<u8>)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*question.get(at)?);
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(question.get(at + 1..at + 1 + length)?).to_lowercase());
        at += 1 + length;
    }
    let end = at + 5;
    let kind = u16::from_be_bytes([*question.get(at + 1)?, *question.get(at + 2)?]);
    question.get(..end)?;
    let name = labels.join(".");
    let data: Vec<u8> = match kind {
        1 => address(&name, anywhere).octets().to_vec(),
        28 if name.starts_with("mapped.") => Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets().to_vec(),
        28 if name.starts_with("six.") => Ipv6Addr::LOCALHOST.octets().to_vec(),
        _ => Vec::new(),
    };
    let mut message = question[..2].to_vec();
    message.extend([0x81, 0x80, 0, 1, 0, u8::from(!data.is_empty()), 0, 0, 0, 0]);
    message.extend(&question[12..end]);
    if !data.is_empty() {
        // Pointer to the name, type, class IN, time to live 0.
        message.extend([0xc0, 12]);
        message.extend(kind.to_be_bytes());
        message.extend([0, 1, 0, 0, 0, 0, 0, data.len() as u8]);
        message.extend(data);
    }
    Some((name, message))
}

fn address(name: &str, anywhere: Ipv4Addr) -> Ipv4Addr {
    match name.split('.').next() {
        Some("unspecified") => Ipv4Addr::UNSPECIFIED,
        Some("metadata") => Ipv4Addr::new(169, 254, 169, 254),
        Some("rebind") => Ipv4Addr::LOCALHOST,
        _ if name.ends_with("exfil.test") => EXFILTRATED,
        _ => anywhere,
    }
}
