//! Private models: the [`Store`] on disk, and how models get into it and are looked at.
//!
//! Files are named by [`ModelName`](ringfence_inference::ModelName) and [`Digest`](ringfence_inference::Digest) only, which can not
//! hold a path, and opened below the store's directory without following a symlink. What is loaded is hashed first, every time.
#![forbid(unsafe_code)]

pub mod chat;
mod client;
pub mod connect;
mod create;
pub mod identity;
mod import;
pub mod limits;
mod load;
pub mod local;
mod own;
mod pull;
pub mod quote;
pub mod server;
mod show;
mod store;
pub mod switches;

pub use create::{CreateError, create};
pub use import::{ImportError, import};
pub use pull::{PullError, Pulled, Pulling, REDIRECTED, pull, registry_host};
pub use show::{Shown, show};
pub use store::{
    Adding, Download, Entry, NewBlob, Opened, Removed, Store, StoreError, Stored, place,
};
