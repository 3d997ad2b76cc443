//! Every endpoint reads a body or refuses it with a message; the first byte chooses the endpoint.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_inference::api::Endpoint;

const PATHS: [&str; 9] = [
    "/api/generate",
    "/api/chat",
    "/api/embed",
    "/api/embeddings",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/responses",
    "/v1/messages",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, body)) = bytes.split_first() else {
        return;
    };
    let path = PATHS[usize::from(*choice) % PATHS.len()];
    let endpoint = Endpoint::of_path(path).expect("a path of the table");
    if let Err(failure) = endpoint.read(body) {
        assert!(!failure.message.is_empty());
        assert!(!endpoint.api().error(&failure).is_empty());
    }
});
