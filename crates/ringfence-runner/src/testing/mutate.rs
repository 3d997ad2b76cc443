//! Mutations of a file, from a number: the same number gives the same file on every machine.

/// SplitMix64; for tests, never for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit as u64) as usize
    }

    /// From -1 to 1.
    pub fn weight(&mut self) -> f32 {
        (self.number() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Numbers on which size computations break.
const EDGES: [u64; 12] = [
    0,
    1,
    0x7f,
    0xff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 40,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

/// The file with one to four changes: bits, bytes, lengths of 4 and 8 bytes at edges of their range, pieces cut out, doubled or
/// moved, the end cut off. Nine of ten changes fall into the first `header` bytes, where parsers look.
pub fn mutated(file: &[u8], header: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut out = file.to_vec();
    for _ in 0..=random.below(4) {
        if out.len() < 16 {
            break;
        }
        let reach = match random.below(10) {
            0 => out.len(),
            _ => header.clamp(16, out.len()),
        };
        let at = random.below(reach - 8);
        let edge = EDGES[random.below(EDGES.len())];
        match random.below(9) {
            0 => out[at] ^= 1 << random.below(8),
            1 => out[at] = random.number() as u8,
            2 => out[at..at + 4].copy_from_slice(&(edge as u32).to_le_bytes()),
            3 => out[at..at + 8].copy_from_slice(&edge.to_le_bytes()),
            4 => {
                let small = u32::from_le_bytes(out[at..at + 4].try_into().expect("four"));
                let near = small.wrapping_add(random.below(5) as u32).wrapping_sub(2);
                out[at..at + 4].copy_from_slice(&near.to_le_bytes());
            }
            5 => {
                let end = (at + 1 + random.below(64)).min(out.len());
                out.drain(at..end);
            }
            6 => {
                let end = (at + 1 + random.below(64)).min(out.len());
                let piece = out[at..end].to_vec();
                let to = random.below(reach);
                out.splice(to..to, piece);
            }
            7 => {
                let other = random.below(reach - 8);
                let piece = out[other..other + 8].to_vec();
                out[at..at + 8].copy_from_slice(&piece);
            }
            _ => out.truncate(at.max(random.below(file.len().max(1)))),
        }
    }
    out
}
