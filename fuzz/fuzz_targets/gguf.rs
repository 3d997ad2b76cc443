//! Any bytes are a model or an error; what is taken lies within the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_runner::gguf::Gguf;

fuzz_target!(|data: &[u8]| {
    let Ok(read) = Gguf::read(&data.to_vec()) else {
        return;
    };
    for tensor in &read.tensors {
        assert!(read.data_start + tensor.offset + tensor.bytes <= data.len() as u64);
    }
});
