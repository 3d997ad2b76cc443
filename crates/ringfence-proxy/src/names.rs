//! The map between names and the synthetic addresses that the sandbox is told: one address pair a name, never re-used
//! within a session, so that an address names exactly one host for as long as the sandbox lives.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringfence_policy::Host;

use crate::limits::NAMES;

/// First address of 198.18.0.0/15 (RFC 2544, benchmarking: never routed on the Internet).
const NET4: u32 = 0xc612_0000;
const MASK4: u32 = 0xfffe_0000;
/// Addresses at the start of the range that are never given out.
const FIRST: u32 = 256;

/// The two synthetic addresses of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    /// Out of 198.18.0.0/15.
    pub(crate) v4: Ipv4Addr,
    /// Out of the session's ULA /64.
    pub(crate) v6: Ipv6Addr,
}

/// All [`NAMES`] address pairs of this session are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this session has asked for {NAMES} different names, which is the limit")]
pub(crate) struct Full;

/// What a destination address is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The synthetic address of this name.
    Name(Host),
    /// In the synthetic range, but given to no name in this session.
    Stale,
    /// An address that the client chose itself.
    Literal(IpAddr),
}

/// The map of one session.
#[derive(Debug)]
pub(crate) struct Names {
    prefix6: u64,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    index: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// An empty map with a ULA prefix of its own (RFC 4193), so that a stale address of another session means nothing here.
    pub(crate) fn new() -> Self {
        // The prefix need not be secret, only different: the hasher's keys come from the system's random source.
        let random = RandomState::new().hash_one(0u8);
        Self {
            prefix6: (0xfd << 56) | (random >> 8),
            table: Mutex::default(),
        }
    }

    /// The addresses of a name in normal form, made on first use.
    ///
    /// # Errors
    /// [`Full`] once [`NAMES`] names are known; known names go on being answered.
    pub(crate) fn assign(&self, name: &str) -> Result<Pair, Full> {
        let mut table = self.table();
        if let Some(index) = table.index.get(name) {
            return Ok(self.pair(*index));
        }
        if table.names.len() >= NAMES {
            return Err(Full);
        }
        let index = u32::try_from(table.names.len()).map_err(|_| Full)?;
        let name: Arc<str> = name.into();
        table.names.push(Arc::clone(&name));
        table.index.insert(name, index);
        Ok(self.pair(index))
    }

    /// What a client means by a destination address.
    pub(crate) fn meaning(&self, address: IpAddr) -> Meaning {
        let address = address.to_canonical();
        let index = match address {
            IpAddr::V4(v4) if v4.to_bits() & MASK4 == NET4 => {
                (v4.to_bits() - NET4).checked_sub(FIRST)
            }
            IpAddr::V6(v6) if (v6.to_bits() >> 64) as u64 == self.prefix6 => {
                u32::try_from(v6.to_bits() as u64)
                    .ok()
                    .and_then(|low| low.checked_sub(FIRST))
            }
            _ => return Meaning::Literal(address),
        };
        let name = index.and_then(|index| self.table().names.get(index as usize).cloned());
        name.map_or(Meaning::Stale, |name| {
            Meaning::Name(Host::Name(name.to_string()))
        })
    }

    fn pair(&self, index: u32) -> Pair {
        let low = FIRST + index;
        Pair {
            v4: Ipv4Addr::from_bits(NET4 + low),
            v6: Ipv6Addr::from_bits((u128::from(self.prefix6) << 64) | u128::from(low)),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing panics between the two insertions, so a poisoned table is still a whole one.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_pair_and_both_lead_back() {
        let names = Names::new();
        let a = names.assign("a.example").unwrap();
        let b = names.assign("b.example").unwrap();
        assert_ne!(a, b);
        assert_eq!(names.assign("a.example"), Ok(a));
        for (pair, name) in [(a, "a.example"), (b, "b.example")] {
            let named = Meaning::Name(Host::Name(name.into()));
            assert_eq!(names.meaning(pair.v4.into()), named);
            assert_eq!(names.meaning(pair.v6.into()), named);
            let mapped = pair.v4.to_ipv6_mapped();
            assert_eq!(names.meaning(mapped.into()), named, "v4-mapped");
        }
    }

    #[test]
    fn the_range_is_never_a_literal_and_the_rest_always_is() {
        let names = Names::new();
        for stale in ["198.18.0.0", "198.18.0.1", "198.19.255.255", "198.18.1.0"] {
            assert_eq!(
                names.meaning(stale.parse().unwrap()),
                Meaning::Stale,
                "{stale}"
            );
        }
        for literal in [
            "198.17.255.255",
            "198.20.0.0",
            "127.0.0.1",
            "::1",
            "fe80::1",
        ] {
            let address = literal.parse().unwrap();
            assert_eq!(
                names.meaning(address),
                Meaning::Literal(address),
                "{literal}"
            );
        }
        let mapped = names.meaning("::ffff:10.0.0.1".parse().unwrap());
        assert_eq!(mapped, Meaning::Literal("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_pair_of_another_session_means_nothing() {
        let (one, two) = (Names::new(), Names::new());
        let pair = one.assign("secret.example").unwrap();
        assert_eq!(two.meaning(pair.v4.into()), Meaning::Stale);
        assert!(!matches!(two.meaning(pair.v6.into()), Meaning::Name(_)));
    }

    #[test]
    fn the_limit_holds_and_what_is_known_stays() {
        let names = Names::new();
        let first = names.assign("0.example").unwrap();
        for n in 1..NAMES {
            names.assign(&format!("{n}.example")).unwrap();
        }
        assert_eq!(names.assign("one-too-many.example"), Err(Full));
        assert_eq!(names.assign("0.example"), Ok(first));
        let last = names.assign(&format!("{}.example", NAMES - 1)).unwrap();
        assert_eq!(last.v4.to_bits() & MASK4, NET4);
    }
}
