//! Tests of matched secrets: checksums and structures. Each is a [`crate::Validator`].
