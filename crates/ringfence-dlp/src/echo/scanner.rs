//! One stream, looked at for echoes of the context. What is found depends on the stream alone and not on how it was cut.

use super::Span;
use super::bounds::{BLOCK, CHAINS, GRAM, HISTORY};
use super::budget::Budget;
use super::chain::Chain;
use super::prints::{Prints, fingerprint, sampled, words};
use super::symbols::Reader;

/// The state of one stream: about 6 KB.
#[derive(Debug)]
pub struct Scanner {
    reader: Reader,
    /// The last [`HISTORY`] symbols, then those of the block.
    text: Box<[u8; HISTORY + BLOCK]>,
    at: Box<[u16; BLOCK]>,
    picks: Box<[u16; BLOCK]>,
    /// Bytes of the stream before the block.
    offset: u64,
    chains: Vec<Chain>,
    /// What lies before this offset has been judged.
    reported: u64,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            reader: Reader::default(),
            text: Box::new([0; HISTORY + BLOCK]),
            at: Box::new([0; BLOCK]),
            picks: Box::new([0; BLOCK]),
            offset: 0,
            chains: Vec::new(),
            reported: 0,
        }
    }
}

impl Scanner {
    pub(super) fn push(
        &mut self,
        prints: &Prints,
        budget: &Budget,
        raw: &[u8],
        out: &mut Vec<Span>,
    ) {
        for block in raw.chunks(BLOCK) {
            self.block(prints, budget, block, out);
        }
        for chain in &mut self.chains {
            chain.settle(self.offset);
            report(chain, &mut self.reported, prints, out);
        }
    }

    pub(super) fn finish(&mut self, prints: &Prints, budget: &Budget, out: &mut Vec<Span>) {
        let mut chains = std::mem::take(&mut self.chains);
        let held = chains.iter().filter_map(Chain::held).min();
        let recent = &self.text[..HISTORY];
        if !chains.iter().any(|chain| chain.echo.is_some())
            && let Some(index) = chains.iter_mut().position(|c| c.excerpt(recent, prints))
        {
            let mut chain = chains.swap_remove(index);
            chain.sound(held.unwrap_or(chain.end).max(self.reported), self.offset);
            chains = vec![chain];
        }
        for chain in chains {
            self.close(chain, self.offset, prints, budget, out);
        }
    }

    /// The offset from which on bytes may still turn out to be, or are, part of an echo.
    pub(super) fn hold(&self) -> Option<u64> {
        let holds = self
            .chains
            .iter()
            .filter_map(|chain| chain.hold(self.offset));
        holds.min().map(|hold| hold.max(self.reported))
    }

    fn block(&mut self, prints: &Prints, budget: &Budget, raw: &[u8], spans: &mut Vec<Span>) {
        let Some(out) = self.text.last_chunk_mut::<BLOCK>() else {
            return;
        };
        let count = self.reader.read(raw, out, &mut self.at);
        let picked = self.pick(count);
        self.follow(prints, budget, HISTORY + count, picked, spans);
        self.text.copy_within(count..count + HISTORY, 0);
        self.offset += raw.len() as u64;
    }

    /// Notes the places in the block where a fingerprint ends.
    fn pick(&mut self, count: usize) -> usize {
        let mut picked = 0;
        let text = &self.text[HISTORY - 7..HISTORY + count];
        for (place, eight) in text.windows(8).enumerate() {
            let Some(eight) = eight.first_chunk::<8>() else {
                break;
            };
            self.picks[picked & (BLOCK - 1)] = place as u16;
            picked += usize::from(sampled(u64::from_le_bytes(*eight)));
        }
        picked
    }

    fn follow(
        &mut self,
        prints: &Prints,
        budget: &Budget,
        last: usize,
        picked: usize,
        spans: &mut Vec<Span>,
    ) {
        let (mut here, mut pick) = (HISTORY, 0);
        while here < last {
            if self.chains.is_empty() {
                let Some((place, chain)) = self.look(prints, here, &mut pick, picked) else {
                    return;
                };
                self.chains.push(chain);
                here = place + 1;
                continue;
            }
            let offset = self.offset + u64::from(self.at[here - HISTORY]) + 1;
            let mut index = 0;
            while index < self.chains.len() {
                let recent = &self.text[here + 1 - HISTORY..=here];
                if self.chains[index].step(recent, offset, prints) {
                    index += 1;
                } else {
                    let chain = self.chains.remove(index);
                    self.close(chain, offset, prints, budget, spans);
                }
            }
            while pick < picked && usize::from(self.picks[pick]) + HISTORY < here {
                pick += 1;
            }
            if pick < picked && usize::from(self.picks[pick]) + HISTORY == here {
                self.consider(prints, here, offset);
            }
            let recent = &self.text[here + 1 - HISTORY..=here];
            let judged = self.chains.iter_mut().position(|c| c.judge(recent, prints));
            if let Some(index) = judged {
                let mut chain = self.chains.swap_remove(index);
                let held = self
                    .chains
                    .iter()
                    .chain([&chain])
                    .filter_map(Chain::held)
                    .min();
                for other in std::mem::take(&mut self.chains) {
                    if other.echo.is_some() {
                        self.close(other, offset, prints, budget, spans);
                    }
                }
                chain.sound(held.unwrap_or(chain.end).max(self.reported), offset);
                self.chains.push(chain);
            }
            here += 1;
        }
    }

    /// A fingerprint ends here: it may be of another place than those that are followed.
    fn consider(&mut self, prints: &Prints, here: usize, offset: u64) {
        if self.chains.iter().any(Chain::sounds) {
            return;
        }
        let Some((next, matched)) = hit(&self.text[..], prints, here) else {
            return;
        };
        if self.chains.iter().any(|chain| chain.expects(next)) {
            return;
        }
        if self.chains.len() == CHAINS {
            // The weakest gives way, unless it holds bytes: those are not let go for another guess.
            let weakest = self
                .chains
                .iter()
                .enumerate()
                .filter(|(_, c)| c.held().is_none());
            let weakest = weakest.min_by_key(|(_, chain)| chain.matched);
            match weakest.map(|(index, chain)| (index, chain.matched)) {
                Some((index, least)) if least < matched => drop(self.chains.swap_remove(index)),
                _ => return,
            }
        }
        self.chains.push(Chain::new(next, matched, offset));
    }

    /// The next fingerprint of the block that is in the context.
    fn look(
        &self,
        prints: &Prints,
        here: usize,
        pick: &mut usize,
        picked: usize,
    ) -> Option<(usize, Chain)> {
        while *pick < picked {
            let place = usize::from(self.picks[*pick]);
            *pick += 1;
            if place + HISTORY < here {
                continue;
            }
            if let Some((next, matched)) = hit(&self.text[..], prints, place + HISTORY) {
                let end = self.offset + u64::from(self.at[place]) + 1;
                return Some((place + HISTORY, Chain::new(next, matched, end)));
            }
        }
        None
    }

    /// A match has ended, as was seen at this offset: an echo is reported, a shorter one counted.
    fn close(
        &mut self,
        mut chain: Chain,
        offset: u64,
        prints: &Prints,
        budget: &Budget,
        spans: &mut Vec<Span>,
    ) {
        chain.parts.extend(chain.rest());
        report(&mut chain, &mut self.reported, prints, spans);
        if chain.echo.is_some() {
            budget.charge(chain.before_hold(prints));
        } else if let Some(hold) = chain.hold(offset)
            && chain.dense()
            && !budget.charge(chain.characters(prints))
            && !self.chains.iter().any(|other| other.echo.is_some())
        {
            let start = hold.max(self.reported);
            if start < chain.end {
                self.reported = chain.end;
                spans.push(Span {
                    start,
                    end: chain.end,
                    document: prints.views.document(chain.from),
                    over_budget: true,
                });
            }
        }
    }
}

/// Adds the parts of a running echo that are complete.
fn report(chain: &mut Chain, reported: &mut u64, prints: &Prints, spans: &mut Vec<Span>) {
    let document = prints.views.document(chain.from);
    for (start, end) in chain.parts.drain(..) {
        *reported = end;
        spans.push(Span {
            start,
            end,
            document,
            over_budget: false,
        });
    }
}

/// Whether the gram that ends at this symbol is in the context; the place after it, and how far back the two agree.
fn hit(text: &[u8], prints: &Prints, end: usize) -> Option<(u32, u32)> {
    let gram = text.get(end + 1 - GRAM..=end)?;
    let (first, last) = words(gram)?;
    let print = fingerprint(first, last);
    if !prints.maybe(print) {
        return None;
    }
    let next = prints.find(print, gram)?;
    let before = prints.views.text.get(..next as usize)?;
    let matched = text[end + 1 - HISTORY..=end]
        .iter()
        .rev()
        .zip(before.iter().rev())
        .take_while(|(a, b)| a == b && **a != 0)
        .count();
    Some((next, matched as u32))
}
