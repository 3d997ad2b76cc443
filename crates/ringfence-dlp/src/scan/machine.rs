//! Cuts a text into tokens and chains, in any number of steps with the same result.
use crate::filter::Filter;
use crate::known::Matcher;
use crate::limits;
use crate::scan::chain::{Chain, Fragment, Token};
use crate::scan::class::{
    CLASS, DASH, DIGIT, ESC, LEAD, LETTER, LINE, LOWER, OTHER, QUOTE, START, STOP, TOKEN, UNSEEN,
    UPPER, class, unseen,
};
use crate::scan::judge::{self, Work};
use crate::scan::mark::Mark;
use crate::scan::pem::{Head, Pem};
use crate::scan::prefilter::{Hit, Written, prefilter};
use crate::scan::skip::{Near, Skip};

/// A window of a text, with the offset of its first byte.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) base: u64,
}

impl<'a> Text<'a> {
    pub(crate) fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    pub(crate) fn slice(&self, start: u64, end: u64) -> &'a [u8] {
        let from = start.saturating_sub(self.base) as usize;
        let to = end.saturating_sub(self.base) as usize;
        self.bytes
            .get(from..to.min(self.bytes.len()))
            .unwrap_or_default()
    }

    pub(crate) fn byte(&self, at: u64) -> Option<u8> {
        self.bytes.get(at.checked_sub(self.base)? as usize).copied()
    }
}

/// How far before a fragment of a secret its name may begin, in bytes.
pub(crate) const FRAGMENT: u64 = 48;

/// The state between two steps.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) depth: u8,
    /// Text that was turned is being read: how. It is not turned again.
    pub(crate) turned: Option<Written>,
    cursor: u64,
    scanned: u64,
    open: Option<u64>,
    flags: u16,
    chain: Chain,
    /// The last token is random: a name may follow, both backwards.
    backwards: bool,
    value: Token,
    pub(crate) hits: Vec<Hit>,
    pub(crate) first: usize,
    heads: Vec<Hit>,
    /// End of the last head that was followed.
    taken: u64,
    pub(crate) pem: Pem,
    /// Keys that ended lately: nothing else is found in them.
    pub(crate) keys: Vec<(u64, u64)>,
    known: Matcher,
    pub(crate) marks: Vec<Mark>,
}

/// What a step needs besides the state.
pub(crate) struct Scene<'a, 'b> {
    pub(crate) filter: &'a Filter,
    pub(crate) text: Text<'a>,
    pub(crate) work: &'b mut Work,
    /// Nothing follows this text.
    pub(crate) last: bool,
}

impl Machine {
    pub(crate) fn new(depth: u8, turned: Option<Written>) -> Self {
        Self {
            depth,
            turned,
            cursor: 0,
            scanned: 0,
            open: None,
            flags: 0,
            chain: Chain::default(),
            backwards: false,
            value: Token::default(),
            hits: Vec::new(),
            first: 0,
            heads: Vec::new(),
            taken: 0,
            pem: Pem::default(),
            keys: Vec::new(),
            known: Matcher::default(),
            marks: Vec::new(),
        }
    }

    /// Reads the text up to its end.
    pub(crate) fn advance(&mut self, scene: &mut Scene<'_, '_>) {
        let text = scene.text;
        self.keywords(&text);
        if !scene.filter.known.is_empty() {
            self.known
                .feed(&scene.filter.known, &text, self.scanned, &mut self.marks);
        }
        self.scanned = text.end();
        self.segment(scene);
        if scene.last {
            self.finish(scene);
        }
    }

    /// Offset before which everything is decided.
    pub(crate) fn decided(&mut self, scene: &mut Scene<'_, '_>) -> u64 {
        let text = scene.text;
        let mut decided = self.cursor;
        if let Some(from) = self.pem.hold() {
            decided = decided.min(from);
        } else if self.chain.count > 0 {
            let gap_end = self.open.unwrap_or(self.cursor);
            let gap = text.slice(self.chain.last.end, gap_end);
            let goes_on = self.chain.is_open()
                && match self.open {
                    Some(start) => self
                        .chain
                        .joins(gap, text.slice(start, self.cursor), false)
                        .is_some(),
                    None => self.chain.may_go_on(gap),
                };
            if goes_on {
                decided = decided.min(self.chain.start);
            } else {
                self.end_chain(scene);
            }
        }
        if self.backwards
            && !self.pem.is_open()
            && judge::turns(text.slice(self.value.end, self.open.unwrap_or(self.cursor)))
        {
            decided = decided.min(self.value.start);
        }
        if let Some(start) = self.open {
            decided = decided.min(start);
        }
        if !scene.filter.known.is_empty()
            && let Some(from) = self.known.hold(&scene.filter.known, &text)
        {
            decided = decided.min(from);
        }
        decided
    }

    fn keywords(&mut self, text: &Text<'_>) {
        // A key that turns out to be none is read again as text, from where it is held.
        let horizon = self
            .open
            .unwrap_or(self.cursor)
            .min(self.pem.hold().unwrap_or(self.cursor))
            .min(self.cursor)
            .saturating_sub(limits::LOOKBACK as u64 + 64);
        if self.first > 0 || self.hits.first().is_some_and(|hit| hit.start < horizon) {
            self.hits.retain(|hit| hit.start >= horizon);
            self.first = 0;
        }
        let old = self.hits.len();
        prefilter().find(
            text.bytes,
            text.base,
            (self.scanned - text.base) as usize,
            &mut self.hits,
        );
        if self.hits.len() > old {
            let keywords = &prefilter().keywords;
            let mut at = old;
            while at < self.hits.len() {
                if keywords[self.hits[at].keyword as usize].head.is_some() {
                    self.heads.push(self.hits.remove(at));
                } else {
                    at += 1;
                }
            }
            self.hits
                .sort_by_key(|hit| (hit.start, hit.end, hit.keyword));
        }
    }

    fn segment(&mut self, scene: &mut Scene<'_, '_>) {
        let end = scene.text.end();
        loop {
            if self.pem.is_open() {
                let before = self.marks.len();
                self.cursor =
                    self.pem
                        .advance(&scene.text, self.cursor, scene.last, &mut self.marks);
                self.keys
                    .extend(self.marks[before..].iter().map(|key| (key.start, key.end)));
                if self.pem.is_open() {
                    return;
                }
            }
            let head = self.next_head(scene);
            let stop = head.map_or(end, |(stop, _)| stop).min(end);
            if self.cursor < stop {
                self.tokens(scene, stop);
                if self.cursor < stop {
                    return;
                }
            }
            let Some((_, written)) = head else { return };
            self.taken = stop;
            if let Some(start) = self.open.take() {
                self.close(scene, start, stop, self.flags);
            }
            self.end_chain(scene);
            self.backwards = false;
            self.pem.begin(stop, written);
        }
    }

    /// Where the first private key after the cursor begins, as far as its head is whole.
    fn next_head(&mut self, scene: &Scene<'_, '_>) -> Option<(u64, Written)> {
        let (text, cursor, turned, taken) =
            (scene.text, self.cursor, self.turned.is_some(), self.taken);
        let mut first: Option<(u64, Written)> = None;
        self.heads.retain(|hit| {
            let written = prefilter().keywords[hit.keyword as usize].written;
            if turned && written != Written::Plain {
                return false;
            }
            // It ends behind the one that was found: looked at when its turn comes.
            if first.is_some_and(|(other, _)| hit.end >= other) {
                return true;
            }
            match Pem::head(text.slice(hit.end, text.end()), written) {
                Head::No => false,
                Head::Begun => true,
                Head::Whole(length) => {
                    let end = hit.end + length as u64;
                    if end < cursor || end <= taken {
                        return false;
                    }
                    if first.is_none_or(|(other, _)| end < other) {
                        first = Some((end, written));
                    }
                    true
                }
            }
        });
        first
    }

    /// Tokens up to `stop`. Stops before it only where more bytes are needed to tell what a byte is.
    fn tokens(&mut self, scene: &mut Scene<'_, '_>, stop: u64) {
        let Text { bytes, base } = scene.text;
        let stop = (stop - base) as usize;
        let mut at = (self.cursor - base) as usize;
        let mut skip = Skip::default();
        loop {
            let Some(start) = self.open else {
                if !self.backwards
                    && !self.chain.is_open()
                    && (self.marks.is_empty() || scene.filter.known.is_empty())
                {
                    let hits = &self.hits;
                    at = skip.next(bytes, at, stop, &Near { hits, base });
                }
                let rest = bytes.get(at..stop).unwrap_or_default();
                match rest
                    .iter()
                    .position(|b| CLASS[*b as usize] & START != 0 || *b == ESC)
                {
                    // The letters of a control sequence are not the beginning of what it colours.
                    Some(gap) if rest[gap] == ESC => {
                        at += gap;
                        match unseen(&bytes[at..]) {
                            None if !scene.last => {
                                self.cursor = base + at as u64;
                                return;
                            }
                            None | Some(0) => at += 1,
                            Some(length) => at += length,
                        }
                        continue;
                    }
                    Some(gap) => at += gap,
                    None => {
                        self.cursor = base + stop as u64;
                        return;
                    }
                }
                self.open = Some(base + at as u64);
                self.flags = 0;
                continue;
            };
            let begin = (start - base) as usize;
            let limit = stop.min(begin + limits::BLOCK);
            let closed = loop {
                let mut flags = self.flags;
                for byte in bytes.get(at..limit).unwrap_or_default() {
                    let class = CLASS[*byte as usize];
                    if class & STOP != 0 {
                        break;
                    }
                    flags |= class;
                    at += 1;
                }
                self.flags = flags;
                if at >= limit {
                    break false;
                }
                let kind = class(bytes[at]);
                if kind & TOKEN != 0 {
                    at += 1;
                    if ends_word(bytes, begin, at - 1, flags) {
                        break true;
                    }
                    self.flags |= kind & TOKEN;
                    continue;
                }
                if kind & (UNSEEN | LEAD) != 0 {
                    let rest = &bytes[at..];
                    match unseen(rest) {
                        // Two NULs in a row are no UTF-16.
                        Some(1) if rest.len() < 2 && !scene.last => {}
                        Some(1) if rest.get(1) == Some(&0) => break true,
                        None if !scene.last => {}
                        None | Some(0) => break true,
                        Some(length) => {
                            self.flags |= UNSEEN;
                            at += length;
                            continue;
                        }
                    }
                    self.cursor = base + at as u64;
                    return;
                }
                break true;
            };
            let here = base + at as u64;
            if closed {
                self.open = None;
                self.cursor = here;
                if self.is_plain_word(at - begin, bytes.get(at)) && self.marks.is_empty() {
                    self.chain.begin(Token {
                        start,
                        end: here,
                        flags: self.flags,
                    });
                } else {
                    self.close(scene, start, here, self.flags);
                }
            } else if at >= begin + limits::BLOCK {
                self.cut(scene, start, here);
            } else {
                self.cursor = here;
                return;
            }
        }
    }

    /// A short word in running text, by far the most common token: it joins nothing and is nothing.
    #[inline]
    fn is_plain_word(&self, length: usize, closer: Option<&u8>) -> bool {
        (3..limits::TOKEN_MIN).contains(&length)
            && self.flags & (DIGIT | UNSEEN) == 0
            && !self.backwards
            && !self.chain.is_open()
            && closer.is_some_and(|byte| CLASS[*byte as usize] & (LINE | QUOTE) == 0)
    }

    /// A token longer than a block: judge the block, go on with what overlaps.
    fn cut(&mut self, scene: &mut Scene<'_, '_>, start: u64, here: u64) {
        self.end_chain(scene);
        self.chain.count = 0;
        let known = self.marks.len();
        judge::token(
            self,
            scene,
            Token {
                start,
                end: here,
                flags: self.flags,
            },
        );
        let middle = start + limits::WINDOW as u64;
        self.open = Some(clip(&mut self.marks, known, middle, here));
        self.cursor = here;
    }

    fn close(&mut self, scene: &mut Scene<'_, '_>, start: u64, end: u64, flags: u16) {
        let text = scene.text;
        let token = Token { start, end, flags };
        let bytes = text.slice(start, end);
        let closer = text.byte(end);
        if self.chain.is_open() {
            self.join(scene, token, bytes);
        } else {
            self.chain.begin(token);
        }
        if token.len() >= limits::TOKEN_MIN {
            judge::token(self, scene, token);
            if self.backwards {
                judge::backwards(self, scene, self.value, token);
            }
            // A value, then its name, both backwards: judged when the name is there.
            self.backwards = flags & DIGIT != 0
                && flags & LETTER != 0
                && token.len() >= 16
                && matches!(closer, Some(b' ' | b'"' | b'\'' | b'`'))
                && looks_random(bytes);
            self.value = token;
        } else {
            self.backwards = false;
        }
        if !scene.filter.known.is_empty() {
            spread(&mut self.marks, start, end);
        }
        let fragment = match closer {
            Some(byte) if CLASS[byte as usize] & (LINE | QUOTE) != 0 => {
                // A wrapped block goes on as long as its lines are full.
                if CLASS[byte as usize] & LINE != 0 && self.chain.line_is_full() {
                    Fragment::Strong
                } else {
                    self.fragment(&text, token)
                }
            }
            _ => Fragment::No,
        };
        self.chain.closed_by(bytes, closer, fragment);
        if self.chain.is_full() {
            self.split_chain(scene, token);
        }
    }

    /// Adds a token to the chain if it joins; ends the chain and begins one if not.
    fn join(&mut self, scene: &mut Scene<'_, '_>, token: Token, bytes: &[u8]) {
        let text = scene.text;
        let gap = text.slice(self.chain.last.end, token.start);
        match self.chain.joins(gap, bytes, true) {
            Some(kind) => {
                let first = self.chain.start;
                self.chain.add(kind, token, gap, || {
                    let before = text.slice(
                        first.saturating_sub(limits::LOOKBACK as u64).max(text.base),
                        first,
                    );
                    before.iter().rev().take_while(|b| **b != b'\n').count() as u64
                });
            }
            None => {
                self.end_chain(scene);
                self.chain.begin(token);
            }
        }
    }

    /// A chain longer than a block: judge it, go on with what overlaps.
    fn split_chain(&mut self, scene: &mut Scene<'_, '_>, token: Token) {
        let middle = self.chain.start + limits::WINDOW as u64;
        let known = self.marks.len();
        let next = self
            .chain
            .pieces
            .iter()
            .map(|piece| piece.0)
            .find(|start| *start >= middle);
        let next = next
            .filter(|next| *next < token.start)
            .unwrap_or(token.start);
        self.end_chain(scene);
        clip(&mut self.marks, known, next, u64::MAX);
        self.chain.begin(Token {
            start: next,
            ..token
        });
        let closer = scene.text.byte(token.end);
        let wrapped = closer.is_some_and(|byte| CLASS[byte as usize] & LINE != 0);
        let fragment = if wrapped {
            Fragment::Strong
        } else {
            Fragment::No
        };
        self.chain
            .closed_by(scene.text.slice(token.start, token.end), closer, fragment);
    }

    /// Whether a token at the end of its line can be the first piece of something secret. Strict: the last word of an ordinary line,
    /// an address or a path must not be held.
    fn fragment(&self, text: &Text<'_>, token: Token) -> Fragment {
        let bytes = text.slice(token.start, token.end);
        if token.len() >= 16 && looks_random(bytes) {
            return Fragment::Strong;
        }
        let keywords = &prefilter().keywords;
        let (mut assigned, mut named) = (false, false);
        let hits = self.hits.get(self.first..).unwrap_or_default();
        let near = hits.partition_point(|hit| hit.start + FRAGMENT < token.start);
        for hit in hits.get(near..).unwrap_or_default() {
            if hit.start >= token.end {
                break;
            }
            let keyword = &keywords[hit.keyword as usize];
            if keyword.written != Written::Plain || hit.end > token.end {
                continue;
            }
            if hit.start >= token.start {
                if keyword.rows.iter().any(|row| judge::is_prefix(*row)) {
                    return Fragment::Strong;
                }
                named |= keyword.word;
            }
            assigned |= keyword.word;
        }
        // `scheme://user:` and the beginning of a password.
        let colon = text.byte(token.start.wrapping_sub(1)) == Some(b':');
        if colon
            && token.flags & LETTER != 0
            && text
                .slice(token.start.saturating_sub(40).max(text.base), token.start)
                .windows(3)
                .any(|part| part == b"://")
        {
            return Fragment::Weak;
        }
        if !assigned {
            return Fragment::No;
        }
        // After the name of a secret and a sign of assignment, or in the middle of the name.
        let equals = bytes
            .iter()
            .position(|b| *b == b'=')
            .is_some_and(|at| at + 1 < bytes.len());
        let before = text.slice(token.start.saturating_sub(4).max(text.base), token.start);
        let sign = before.iter().any(|b| matches!(b, b':' | b'='));
        let quote = before.last().is_some_and(|b| class(*b) & QUOTE != 0);
        let broken_name = named && token.flags & DASH != 0 && token.len() >= 10;
        if equals || sign && (quote || token.flags & (DIGIT | UPPER | OTHER) != 0) || broken_name {
            Fragment::Weak
        } else {
            Fragment::No
        }
    }

    pub(crate) fn end_chain(&mut self, scene: &mut Scene<'_, '_>) {
        if self.chain.count > 1 {
            let chain = std::mem::take(&mut self.chain);
            judge::chain(self, scene, &chain);
            let last = chain.last;
            self.chain = chain;
            self.chain.begin(last);
        }
        self.chain.close();
    }

    fn finish(&mut self, scene: &mut Scene<'_, '_>) {
        if let Some(start) = self.open.take() {
            self.close(scene, start, scene.text.end(), self.flags);
        }
        self.end_chain(scene);
        self.cursor = scene.text.end();
        self.known.finish(&mut self.marks);
    }
}

/// Marks of a block that was cut: what reaches over the middle ends there, what begins after it is found again.
/// Gives the place from which the next block is read.
fn clip(marks: &mut Vec<Mark>, from: usize, middle: u64, end: u64) -> u64 {
    let mut next = middle;
    let mut at = from;
    while at < marks.len() {
        if marks[at].start >= middle {
            marks.swap_remove(at);
            continue;
        }
        if marks[at].end > middle {
            if marks[at].end < end && end != u64::MAX {
                next = next.max(marks[at].end);
            } else {
                marks[at].end = middle;
            }
        }
        at += 1;
    }
    next
}

/// A known value in an encoding covers the whole token in which it ends. One that ends later is none of this token's: whether it is
/// found already depends on how much of the text is there.
fn spread(marks: &mut [Mark], start: u64, end: u64) {
    for mark in marks
        .iter_mut()
        .filter(|mark| mark.spread && mark.end > start && mark.end <= end)
    {
        mark.end = end;
        mark.start = mark.start.min(start);
    }
}

/// Punctuation that ends a word at once, so that `Password:`, `Continue?`, `Loading...` and `45%` do not wait.
fn ends_word(bytes: &[u8], start: usize, at: usize, flags: u16) -> bool {
    let letters = flags & !LETTER == 0;
    match bytes[at] {
        b':' => letters && at - start >= 3,
        b'?' => letters,
        b'.' => flags & !(LETTER | OTHER) == 0 && at > start && bytes[at - 1] == b'.',
        b'%' => flags & DIGIT != 0 && flags & !(DIGIT | OTHER) == 0 && at - start <= 5,
        _ => false,
    }
}

/// Changes between lower case, upper case and digits.
pub(crate) fn turns(bytes: &[u8]) -> usize {
    let mut last = 0;
    let mut turns = 0;
    for byte in bytes {
        let kind = CLASS[*byte as usize] & (LOWER | UPPER | DIGIT);
        turns += usize::from(kind != last);
        last = kind;
    }
    turns
}

/// Digits and letters mixed as in an encoding, not as in a name with a number.
pub(crate) fn looks_random(bytes: &[u8]) -> bool {
    let tail = bytes
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'))
        .count();
    if tail < 16 {
        return bytes
            .iter()
            .filter(|b| matches!(b, b'%' | b'\\' | b'&'))
            .count()
            >= 4;
    }
    let run = &bytes[bytes.len() - tail..];
    if run.iter().all(u8::is_ascii_hexdigit) {
        return true;
    }
    let digits = run.iter().filter(|b| b.is_ascii_digit()).count();
    let turns = turns(run);
    digits >= 2 && turns * 4 >= run.len()
}
