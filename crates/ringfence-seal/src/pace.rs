//! The pace of a response: who watches frames go by should learn when a model answers, not how long each token is.

use zeroize::Zeroize;

use crate::error::SealError;
use crate::runner::ResponseSealer;
use crate::secret::{Secret, append};

/// Gathers the body of a response. The first piece goes out at once; from then on at most one batch an interval, so that its size is
/// that of many tokens. Time is passed in, in milliseconds of any clock that only goes forward.
pub struct Pacer {
    interval: u64,
    gathered: Secret,
    /// When the last batch went out.
    sent: Option<u64>,
}

impl Pacer {
    /// A batch every so many milliseconds: [`limits::BATCH_INTERVAL`](crate::limits::BATCH_INTERVAL) as a rule.
    #[must_use]
    pub fn new(interval: u64) -> Self {
        Self {
            interval,
            gathered: Secret::default(),
            sent: None,
        }
    }

    /// Adds to the body; appends frames to `out` if a batch is due.
    pub fn data(
        &mut self,
        sealer: &mut ResponseSealer,
        data: &[u8],
        now: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        append(&mut self.gathered, data);
        self.tick(sealer, now, out)
    }

    /// When [`Pacer::tick`] has to be called if no more data comes before. `None` when nothing waits.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        let waits = !self.gathered.is_empty();
        waits.then(|| {
            self.sent
                .map_or(0, |sent| sent.saturating_add(self.interval))
        })
    }

    /// Appends frames to `out` if a batch is due.
    pub fn tick(
        &mut self,
        sealer: &mut ResponseSealer,
        now: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        if self.due().is_some_and(|due| due <= now) {
            sealer.data(&self.gathered, out)?;
            self.gathered.zeroize();
            self.sent = Some(now);
        }
        Ok(())
    }

    /// Ends the response, with what waits and the last frame.
    pub fn finish(self, mut sealer: ResponseSealer, out: &mut Vec<u8>) -> Result<(), SealError> {
        sealer.data(&self.gathered, out)?;
        sealer.finish(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kem;
    use crate::limits::BATCH_INTERVAL;
    use crate::tests::support::{frames, read, setup};

    /// Two answers of as many tokens and bytes, the tokens of one all short and long by turns: the frames tell no difference.
    #[test]
    fn batches_go_out_at_intervals_and_hide_the_lengths_of_tokens() {
        let shape = |lengths: [usize; 2]| {
            let mut setup = setup(Kem::X25519);
            let (request, opener) = setup.seal("/", &[]);
            let opened = setup.open(&request, 4096).unwrap();
            let (mut out, mut pacer) = (Vec::new(), Pacer::new(BATCH_INTERVAL));
            let mut sealer = opened.responder.head(200, &[], &mut out).unwrap();
            let (mut times, mut body) = (Vec::new(), Vec::new());
            for token in 0..100u64 {
                let (now, before) = (1000 + token * 10, out.len());
                let piece = vec![b'x'; lengths[token as usize % 2]];
                body.extend_from_slice(&piece);
                pacer.data(&mut sealer, &piece, now, &mut out).unwrap();
                if out.len() > before {
                    times.push(now);
                    assert_eq!(pacer.due(), None);
                } else {
                    assert_eq!(pacer.due(), times.last().map(|sent| sent + BATCH_INTERVAL));
                }
            }
            pacer.finish(sealer, &mut out).unwrap();
            assert!(
                times[0] == 1000
                    && times
                        .windows(2)
                        .all(|pair| pair[1] - pair[0] == BATCH_INTERVAL)
            );
            assert_eq!(times.len(), 20);
            let sizes: Vec<usize> = frames(&out, 32)
                .iter()
                .map(|frame| frame.2 - frame.1)
                .collect();
            assert_eq!(read(opener, &out, 4096).0, body);
            sizes
        };
        assert_eq!(shape([20, 20]), shape([2, 38]));
    }

    #[test]
    fn what_waits_goes_out_when_it_is_due_without_more_data() {
        let mut setup = setup(Kem::X25519);
        let (request, opener) = setup.seal("/", &[]);
        let mut out = Vec::new();
        let mut sealer = setup
            .open(&request, 4096)
            .unwrap()
            .responder
            .head(200, &[], &mut out)
            .unwrap();
        let mut pacer = Pacer::new(50);
        assert_eq!(pacer.due(), None);
        pacer.data(&mut sealer, b"a", 7, &mut out).unwrap();
        pacer.data(&mut sealer, b"b", 8, &mut out).unwrap();
        let length = out.len();
        pacer.tick(&mut sealer, 56, &mut out).unwrap();
        assert_eq!((out.len(), pacer.due()), (length, Some(57)));
        pacer.tick(&mut sealer, 57, &mut out).unwrap();
        assert!(out.len() > length && pacer.due().is_none());
        pacer.data(&mut sealer, b"c", 58, &mut out).unwrap();
        pacer.finish(sealer, &mut out).unwrap();
        assert_eq!(read(opener, &out, 4096).0, b"abc");
    }
}
