//! One stream, looked at for echoes of the context. What is found depends on the stream alone and not on how it was cut.

use super::Span;
use super::bounds::{BLOCK, GRAM, HISTORY};
use super::budget::Budget;
use super::chain::Chain;
use super::prints::{Prints, fingerprint, sampled, words};
use super::symbols::Reader;

/// The state of one stream: about 11 KB.
#[derive(Debug)]
pub struct Scanner {
    reader: Reader,
    /// The last [`HISTORY`] symbols, then those of the block.
    text: Box<[u8; HISTORY + BLOCK]>,
    at: Box<[u16; BLOCK]>,
    picks: Box<[u16; BLOCK]>,
    /// Bytes of the stream before the block.
    offset: u64,
    chain: Option<Chain>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            reader: Reader::default(),
            text: Box::new([0; HISTORY + BLOCK]),
            at: Box::new([0; BLOCK]),
            picks: Box::new([0; BLOCK]),
            offset: 0,
            chain: None,
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
        if let Some(chain) = &mut self.chain {
            chain.settle(self.offset);
            report(chain, prints, out);
        }
    }

    pub(super) fn finish(&mut self, prints: &Prints, budget: &Budget, out: &mut Vec<Span>) {
        if let Some(chain) = self.chain.take() {
            end(chain, self.offset, prints, budget, out);
        }
    }

    /// The offset from which on bytes may still turn out to be, or are, part of an echo.
    pub(super) fn hold(&self) -> Option<u64> {
        self.chain.as_ref()?.hold(self.offset)
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
            match self.chain.as_mut() {
                None => {
                    let Some((place, chain)) = self.look(prints, here, &mut pick, picked) else {
                        return;
                    };
                    self.chain = Some(chain);
                    here = place + 1;
                }
                Some(chain) if !chain.broken() => {
                    let expected = prints
                        .views
                        .text
                        .get(chain.next as usize..)
                        .unwrap_or_default();
                    let run = common(&self.text[here..last], expected, chain.stride());
                    if run > 0 {
                        here += run;
                        let offset = self.offset + u64::from(self.at[here - 1 - HISTORY]) + 1;
                        chain.advance(run as u32, offset, prints);
                    } else {
                        chain.interrupt();
                    }
                }
                Some(chain) => {
                    let offset = self.offset + u64::from(self.at[here - HISTORY]) + 1;
                    let recent = &self.text[..=here];
                    if !chain.bridge(recent, offset, prints) {
                        if let Some(chain) = self.chain.take() {
                            end(chain, offset, prints, budget, spans);
                        }
                    } else if chain.broken() {
                        while pick < picked && usize::from(self.picks[pick]) + HISTORY < here {
                            pick += 1;
                        }
                        if pick < picked
                            && usize::from(self.picks[pick]) + HISTORY == here
                            && let Some((next, matched)) = hit(&self.text[..], prints, here)
                            && matched >= chain.worth_leaving()
                        {
                            chain.jump(next, matched, offset, prints);
                        }
                    }
                    here += 1;
                }
            }
        }
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
}

/// Adds the parts of a running echo that are complete.
fn report(chain: &mut Chain, prints: &Prints, spans: &mut Vec<Span>) {
    let document = prints.views.document(chain.from);
    for (start, end) in chain.parts.drain(..) {
        spans.push(Span {
            start,
            end,
            document,
            over_budget: false,
        });
    }
}

/// A match has ended, as was seen at this offset: an echo is reported, a shorter one counted.
fn end(mut chain: Chain, offset: u64, prints: &Prints, budget: &Budget, spans: &mut Vec<Span>) {
    chain.parts.extend(chain.rest());
    report(&mut chain, prints, spans);
    if chain.echo.is_some() {
        budget.charge(chain.before_hold(prints));
    } else if let Some(start) = chain.hold(offset)
        && !budget.charge(chain.characters(prints))
        && start < chain.end
    {
        spans.push(Span {
            start,
            end: chain.end,
            document: prints.views.document(chain.from),
            over_budget: true,
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

/// How many symbols the two have in common at their start, up to `most`.
fn common(a: &[u8], b: &[u8], most: usize) -> usize {
    a.iter()
        .zip(b)
        .take(most)
        .take_while(|(a, b)| a == b)
        .count()
}
