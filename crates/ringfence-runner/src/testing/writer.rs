//! Writes GGUF version 3 from its parts, without checking any of them.

/// A value to write.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the format's own types")]
pub enum Entry {
    U32(u32),
    F32(f32),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    Integers(Vec<i32>),
    /// A type and bytes as they are.
    Raw(u32, Vec<u8>),
}

/// A file in the making.
#[derive(Debug, Clone)]
pub struct Writer {
    /// 3, unless a test wants another.
    pub version: u32,
    pairs: Vec<(String, Entry)>,
    tensors: Vec<(String, Vec<u64>, u32, Vec<u8>)>,
}

const ALIGNMENT: usize = 32;

impl Writer {
    /// Without anything in it.
    pub fn new() -> Self {
        Self {
            version: 3,
            pairs: Vec::new(),
            tensors: Vec::new(),
        }
    }

    /// Adds a pair.
    pub fn pair(&mut self, key: &str, entry: Entry) -> &mut Self {
        self.pairs.push((key.to_owned(), entry));
        self
    }

    /// Puts another value under a key that is there, or takes the key out.
    pub fn replace(&mut self, key: &str, entry: Option<Entry>) -> &mut Self {
        self.pairs.retain(|(k, _)| k != key);
        if let Some(entry) = entry {
            self.pair(key, entry);
        }
        self
    }

    /// Adds a tensor: the row's length first, the number of its type, its bytes.
    pub fn tensor(
        &mut self,
        name: &str,
        dimensions: &[u64],
        kind: u32,
        bytes: Vec<u8>,
    ) -> &mut Self {
        self.tensors
            .push((name.to_owned(), dimensions.to_vec(), kind, bytes));
        self
    }

    /// Takes a tensor out.
    pub fn without_tensor(&mut self, name: &str) -> &mut Self {
        self.tensors.retain(|(n, ..)| n != name);
        self
    }

    /// The file.
    pub fn finish(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(self.version.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.pairs.len() as u64).to_le_bytes());
        for (key, entry) in &self.pairs {
            text(&mut out, key);
            value(&mut out, entry);
        }
        let mut offset = 0_usize;
        for (name, dimensions, kind, bytes) in &self.tensors {
            text(&mut out, name);
            out.extend((dimensions.len() as u32).to_le_bytes());
            for n in dimensions {
                out.extend(n.to_le_bytes());
            }
            out.extend(kind.to_le_bytes());
            out.extend((offset as u64).to_le_bytes());
            offset = (offset + bytes.len()).next_multiple_of(ALIGNMENT);
        }
        for (.., bytes) in &self.tensors {
            out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
            out.extend(bytes);
        }
        out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
        out
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn value(out: &mut Vec<u8>, entry: &Entry) {
    let kind = |out: &mut Vec<u8>, number: u32| out.extend(number.to_le_bytes());
    let array = |out: &mut Vec<u8>, of: u32, count: usize| {
        out.extend(9_u32.to_le_bytes());
        out.extend(of.to_le_bytes());
        out.extend((count as u64).to_le_bytes());
    };
    match entry {
        Entry::U32(n) => {
            kind(out, 4);
            out.extend(n.to_le_bytes());
        }
        Entry::F32(n) => {
            kind(out, 6);
            out.extend(n.to_le_bytes());
        }
        Entry::Bool(yes) => {
            kind(out, 7);
            out.push(u8::from(*yes));
        }
        Entry::Text(string) => {
            kind(out, 8);
            text(out, string);
        }
        Entry::Texts(all) => {
            array(out, 8, all.len());
            all.iter().for_each(|string| text(out, string));
        }
        Entry::Integers(all) => {
            array(out, 5, all.len());
            all.iter().for_each(|n| out.extend(n.to_le_bytes()));
        }
        Entry::Raw(number, bytes) => {
            kind(out, *number);
            out.extend(bytes);
        }
    }
}
