#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::testing::{Entry, SENTENCE, Shape, Storage, Tiny, Writer, mutated};

fn tiny() -> Writer {
    Tiny::script(SENTENCE).writer()
}

fn refused(file: &[u8]) -> String {
    match Gguf::read(&file.to_vec()) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

/// The tiny model with one key changed (or gone) is refused, and the error says why.
fn refused_with(key: &str, entry: Option<Entry>, why: &str) {
    let error = refused(&tiny().replace(key, entry).finish());
    assert!(error.contains(key) && error.contains(why), "{error}");
}

#[test]
fn a_whole_file_is_read_by_slice_and_by_descriptor() {
    for storage in [Storage::F32, Storage::F16, Storage::Q8_0] {
        let model = Tiny {
            storage,
            ..Tiny::script(SENTENCE)
        };
        let file = model.file();
        let read = Gguf::read(&file).unwrap();
        assert_eq!(read.architecture(), "llama");
        assert_eq!(read.vocabulary(), 1024);
        assert_eq!(read.of_architecture("context_length"), Some(2048));
        assert!(
            read.chat_template()
                .unwrap()
                .contains("add_generation_prompt")
        );
        assert_eq!(read.tensors.len(), 3 + 2 * 9);
        let used: u64 = read.tensors.iter().map(|tensor| tensor.bytes).sum();
        assert!(read.data_start + used <= file.len() as u64);

        let mut on_disk = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut on_disk, &file).unwrap();
        let again = Gguf::read(&on_disk).unwrap();
        assert_eq!(again.pairs, read.pairs);
        assert_eq!(again.tensors, read.tensors);
    }
    let noise = Tiny::random(Shape::TINY, Storage::Q8_0, 7).file();
    assert!(Gguf::read(&noise).is_ok());
}

#[test]
fn version_2_is_read_and_others_are_not() {
    let mut writer = tiny();
    writer.version = 2;
    assert_eq!(Gguf::read(&writer.finish()).unwrap().version, 2);
    for version in [0, 1, 4, 3_u32.swap_bytes()] {
        writer.version = version;
        assert!(refused(&writer.finish()).contains("format version"));
    }
    assert!(refused(b"PK\x03\x04 an archive, not a model").contains("byte 0: it begins with"));
    assert!(refused(b"").contains("0 are left"));
}

#[test]
fn a_directory_and_a_device_are_no_models() {
    for path in ["/", "/dev/zero"] {
        let file = std::fs::File::open(path).unwrap();
        let error = Gguf::read(&file).unwrap_err().to_string();
        assert!(error.contains("not a regular file"), "{error}");
    }
}

#[test]
fn every_truncation_is_an_error() {
    let file = tiny().finish();
    let header = Gguf::read(&file).unwrap().data_start as usize;
    for end in (0..header).step_by(7).chain([file.len() - 64]) {
        refused(&file[..end]);
    }
}

/// Counts that would make a naive reader allocate or loop.
#[test]
fn hostile_counts_are_refused_where_they_stand() {
    let file = tiny().finish();
    for (place, word) in [(8, "tensors"), (16, "key-value pairs")] {
        for count in [limits::TENSORS + 1, 1 << 40, u64::MAX] {
            let mut broken = file.clone();
            broken[place..place + 8].copy_from_slice(&count.to_le_bytes());
            let error = refused(&broken);
            assert!(
                error.contains(&format!("byte {place}")) && error.contains(word),
                "{error}"
            );
        }
    }
    for (kind, count) in [
        (8_u32, u64::MAX),
        (10, 1 << 61),
        (0, 1 << 40),
        (8, limits::ELEMENTS),
    ] {
        let raw = [kind.to_le_bytes().as_slice(), &count.to_le_bytes()].concat();
        let error = refused(&tiny().pair("x", Entry::Raw(9, raw)).finish());
        assert!(error.contains("elements of an array"), "{error}");
    }
    let endless = refused(
        &tiny()
            .pair("x", Entry::Raw(8, u64::MAX.to_le_bytes().to_vec()))
            .finish(),
    );
    assert!(endless.contains("bytes of a string"), "{endless}");
}

#[test]
fn unknown_types_nesting_and_truth_values_are_refused() {
    let one_each = |depth: usize| {
        let level = [9_u32.to_le_bytes().as_slice(), &1_u64.to_le_bytes()].concat();
        [
            level.repeat(depth),
            0_u32.to_le_bytes().to_vec(),
            0_u64.to_le_bytes().to_vec(),
        ]
        .concat()
    };
    assert!(Gguf::read(&tiny().pair("x", Entry::Raw(9, one_each(3))).finish()).is_ok());
    for (entry, why) in [
        (Entry::Raw(13, vec![0; 8]), "value type 13"),
        (
            Entry::Raw(9, [13_u32.to_le_bytes().as_slice(), &[0; 8]].concat()),
            "value type 13",
        ),
        (Entry::Raw(9, one_each(4)), "nested deeper"),
        (Entry::Raw(9, one_each(100_000)), "nested deeper"),
        (Entry::Raw(7, vec![2]), "2 as a truth value"),
    ] {
        let error = refused(&tiny().pair("x", entry).finish());
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn keys_and_tensors_stand_once() {
    let error = refused(
        &tiny()
            .pair("general.name", Entry::Text("again".into()))
            .finish(),
    );
    assert!(
        error.contains("the key \"general.name\" stands here for the second time"),
        "{error}"
    );
    let error = refused(
        &tiny()
            .tensor("output.weight", &[128, 1024], 0, vec![0; 4 << 17])
            .finish(),
    );
    assert!(error.contains("\"output.weight\" stands here"), "{error}");
    for key in ["", "a\0b"] {
        assert!(refused(&tiny().pair(key, Entry::Bool(true)).finish()).contains("is no key"));
    }
}

#[test]
fn tensors_of_impossible_shape_are_refused() {
    let cases: [(&[u64], u32, &str); 9] = [
        (&[], 0, "0 dimensions"),
        (&[1, 1, 1, 1, 1], 0, "5 dimensions"),
        (&[0, 4], 0, "or none"),
        (&[4, 4], 4, "unknown type 4"),
        (&[4, 4], u32::MAX, "unknown type"),
        (&[33], 8, "stored in blocks of 32"),
        (&[1 << 32, 1 << 31], 0, "63 bits"),
        // The product of elements wraps to a small number (CVE-2026-33298, CVE-2025-53630).
        (&[1 << 32, 1 << 32, 4], 0, "63 bits"),
        (&[1 << 20], 0, "and the file has"),
    ];
    for (dimensions, kind, why) in cases {
        let error = refused(&tiny().tensor("x", dimensions, kind, vec![0; 64]).finish());
        assert!(
            error.contains("tensor \"x\"") && error.contains(why),
            "{error}"
        );
    }
    let long = "x".repeat(64);
    assert!(refused(&tiny().tensor(&long, &[1], 0, vec![0; 4]).finish()).contains("limit is 63"));
    assert!(refused(&tiny().tensor("a\0b", &[1], 0, vec![0; 4]).finish()).contains("no name"));
}

#[test]
fn tensors_lie_in_the_file_aligned_and_apart() {
    let file = tiny().finish();
    let read = Gguf::read(&file).unwrap();
    let name = b"output_norm.weight";
    let at = file.windows(name.len()).position(|w| w == name).unwrap();
    // name, number of dimensions, one dimension, type
    let offset = at + name.len() + 4 + 8 + 4;
    for (value, why) in [
        (33_u64, "not a multiple"),
        (0, "another tensor"),
        (u64::MAX - 31, "and the file has"),
    ] {
        let mut broken = file.clone();
        broken[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        let error = refused(&broken);
        assert!(error.contains(why), "{error}");
    }
    assert!(read.tensors.iter().all(|t| t.offset.is_multiple_of(32)));
}

#[test]
fn the_alignment_is_a_power_of_two() {
    for entry in [
        Entry::U32(0),
        Entry::U32(3),
        Entry::U32(1 << 20),
        Entry::F32(32.0),
    ] {
        refused_with("general.alignment", Some(entry), "power of two");
    }
}

#[test]
fn the_vocabulary_agrees_with_itself() {
    let tokens = "tokenizer.ggml.tokens";
    refused_with(tokens, None, "missing");
    refused_with(tokens, Some(Entry::U32(1)), "array of strings");
    refused_with(
        tokens,
        Some(Entry::Texts(vec!["a".into(), "b".into(), "a".into()])),
        "twice",
    );
    refused_with(
        "tokenizer.ggml.token_type",
        Some(Entry::Integers(vec![1; 1023])),
        "1024 tokens",
    );
    refused_with(
        "tokenizer.ggml.token_type",
        Some(Entry::Integers(vec![7; 1024])),
        "type 7",
    );
    refused_with(
        "tokenizer.ggml.scores",
        Some(Entry::Integers(vec![0; 1024])),
        "1024 tokens",
    );
    for merge in ["ab", " a", "a ", ""] {
        refused_with(
            "tokenizer.ggml.merges",
            Some(Entry::Texts(vec![merge.into()])),
            "merge 0",
        );
    }
    refused_with("tokenizer.ggml.merges", None, "missing");
    for key in ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.bos_token_id"] {
        refused_with(key, Some(Entry::U32(1024)), "1024 tokens");
        refused_with(key, Some(Entry::Bool(true)), "1024 tokens");
    }
    refused_with("llama.vocab_size", Some(Entry::U32(1023)), "1024 tokens");
}

/// Each was a division by zero or an allocation without bound somewhere (CVE-2024-8063, CVE-2025-0317).
#[test]
fn counts_that_are_divided_by_are_not_zero() {
    for key in ["block_count", "embedding_length", "context_length"] {
        for n in [0, u32::MAX] {
            refused_with(
                &format!("llama.{key}"),
                Some(Entry::U32(n)),
                "a count from 1",
            );
        }
    }
    for key in [
        "llama.attention.head_count",
        "llama.attention.head_count_kv",
    ] {
        refused_with(key, Some(Entry::U32(0)), "not a count");
        refused_with(key, Some(Entry::Text("4".into())), "not a count");
        refused_with(key, Some(Entry::Integers(vec![1])), "not a count");
    }
    refused_with(
        "llama.attention.head_count_kv",
        Some(Entry::U32(3)),
        "4 heads can not share 3",
    );
}

#[test]
fn matrices_fit_the_vocabulary_and_the_width() {
    let mut writer = tiny();
    writer.without_tensor("output.weight");
    let with = |dimensions: &[u64]| {
        let bytes = dimensions.iter().product::<u64>() as usize * 4;
        refused(
            &writer
                .clone()
                .tensor("output.weight", dimensions, 0, vec![0; bytes])
                .finish(),
        )
    };
    assert!(with(&[64, 1024]).contains("64 wide, and the model 128"));
    assert!(with(&[128, 1023]).contains("1023 rows for 1024 tokens"));
    assert!(with(&[128 * 1024]).contains("two dimensions"));
}

#[test]
fn text_is_utf_8_without_nul_and_errors_show_no_control_characters() {
    let raw = |bytes: &[u8]| Entry::Raw(8, [&(bytes.len() as u64).to_le_bytes(), bytes].concat());
    refused_with("general.name", Some(raw(b"a\0b")), "a NUL");
    refused_with(
        "tokenizer.chat_template",
        Some(raw(b"\xff\xfe")),
        "not UTF-8",
    );
    refused_with(
        "general.architecture",
        Some(raw(b"../../etc")),
        "letters, digits",
    );
    let error = refused(
        &tiny()
            .pair("\u{1b}]0;owned\u{7}", Entry::Raw(99, vec![]))
            .finish(),
    );
    assert!(
        !error.contains('\u{1b}') && !error.contains('\u{7}'),
        "{error:?}"
    );
}

#[test]
fn one_part_of_several_is_refused() {
    let error = refused(&tiny().pair("split.count", Entry::U32(2)).finish());
    assert!(error.contains("llama-gguf-split --merge"), "{error}");
}

#[test]
fn types_have_the_sizes_of_the_library() {
    // Whole tensors of a model of the library's own, in bytes a 256 elements: F16, Q4_K, Q6_K, Q8_0.
    for (number, bytes) in [
        (1, 512),
        (12, 144),
        (14, 210),
        (8, 272),
        (39, 136),
        (40, 144),
    ] {
        let kind = TensorType::from_number(number).unwrap();
        assert_eq!(256 / kind.block * kind.bytes, bytes, "{}", kind.name);
    }
    for withdrawn in [4, 5, 31, 32, 33, 36, 37, 38, 43] {
        assert!(TensorType::from_number(withdrawn).is_none());
    }
}

#[test]
fn mutated_files_are_read_or_refused_and_nothing_else() {
    let file = tiny().finish();
    let header = Gguf::read(&file).unwrap().data_start as usize;
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..2_000 {
        match Gguf::read(&mutated(&file, header, seed)) {
            Ok(read) => {
                taken += 1;
                assert!(
                    read.tensors
                        .iter()
                        .all(|t| read.data_start + t.offset + t.bytes <= read.file_bytes)
                );
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    // Mutations that change weights or names only are none of a parser's business: digests find those.
    assert!(refused > taken, "{refused} refused, {taken} taken");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_an_error_or_a_model(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let _ = Gguf::read(&bytes);
        let _ = Gguf::read(&[b"GGUF\x03\0\0\0".as_slice(), &bytes].concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// What lies beyond the window of the cursor is read as what lies in it.
    #[test]
    fn strings_of_any_length_come_back(sizes in proptest::collection::vec(0_usize..200_000, 1..6)) {
        let mut writer = tiny();
        for (n, size) in sizes.iter().enumerate() {
            let text: String = (0..*size).map(|i| char::from(b'a' + (i * 7 % 26) as u8)).collect();
            writer.pair(&format!("x.{n}"), Entry::Text(text));
        }
        let read = Gguf::read(&writer.finish()).unwrap();
        for (n, size) in sizes.iter().enumerate() {
            let text = read.text(&format!("x.{n}")).unwrap();
            prop_assert_eq!(text.len(), *size);
            prop_assert!(text.bytes().enumerate().all(|(i, b)| b == b'a' + (i * 7 % 26) as u8));
        }
    }
}
