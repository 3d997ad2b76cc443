//! Messages with descriptors over a socket pair.
