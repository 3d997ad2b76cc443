//! The ring in the desktop's key store, through the `keyring` crate: Secret Service (gnome-keyring, KWallet), Keychain, Credential
//! Manager.

use std::sync::mpsc;

use keyring::v1::Entry;
use zeroize::Zeroizing;

use super::limits::STORE_WAIT;
use super::{KeyStore, KeyStoreError, StoreKind};

const SERVICE: &str = "ringfence";

/// One item of the desktop's key store.
pub struct SecretServiceStore {
    item: String,
}

impl SecretServiceStore {
    /// The item of this name; nothing is asked of the store yet.
    pub fn new(item: &str) -> Self {
        SecretServiceStore {
            item: item.to_owned(),
        }
    }

    /// Whether the store answers, by looking for the item.
    ///
    /// # Errors
    /// Why it does not.
    pub fn probe(&mut self) -> Result<(), KeyStoreError> {
        self.load().map(drop)
    }

    /// In a thread of its own, so that a store which waits for somebody does not keep this process for ever.
    fn within<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Entry) -> keyring::v1::Result<T> + Send + 'static,
    ) -> Result<Result<T, keyring::v1::Error>, KeyStoreError> {
        let (sender, receiver) = mpsc::channel();
        let item = self.item.clone();
        std::thread::spawn(move || {
            let answer = Entry::new(SERVICE, &item).map_err(status).map(|e| what(&e));
            // Nobody listens any more after the time is over.
            let _ = sender.send(answer);
        });
        receiver.recv_timeout(STORE_WAIT).map_err(|_| {
            KeyStoreError::Locked(format!(
                "no answer from the Secret Service within {} s; unlock it and try again",
                STORE_WAIT.as_secs()
            ))
        })?
    }
}

/// Why there is no store at all.
fn status(error: keyring::v1::Error) -> KeyStoreError {
    match Entry::store_status() {
        Err(reason) => KeyStoreError::Gone(describe(reason)),
        Ok(()) => failure(error),
    }
}

/// The error without what it carries: some variants hold the secret.
fn describe(error: &keyring::v1::Error) -> String {
    use keyring::v1::Error;
    match error {
        Error::PlatformFailure(reason) | Error::NoStorageAccess(reason) => {
            reason.to_string().chars().take(200).collect()
        }
        Error::NoDefaultStore => "there is none on this machine".to_owned(),
        Error::NoEntry => "there is no such item".to_owned(),
        Error::TooLong(..) => "the item is too long for it".to_owned(),
        Error::Ambiguous(_) => "more than one item has this name".to_owned(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            "the item is not in the form in which it was put there".to_owned()
        }
        _ => "it refused".to_owned(),
    }
}

fn failure(error: keyring::v1::Error) -> KeyStoreError {
    use keyring::v1::Error;
    let text = describe(&error);
    let lower = text.to_lowercase();
    match error {
        Error::NoStorageAccess(_) => KeyStoreError::Locked(text),
        _ if lower.contains("locked") || lower.contains("prompt") => KeyStoreError::Locked(text),
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::Ambiguous(_) => {
            KeyStoreError::Damaged(text)
        }
        _ => KeyStoreError::Failed(text),
    }
}

impl KeyStore for SecretServiceStore {
    fn kind(&self) -> StoreKind {
        StoreKind::SecretService
    }

    fn place(&self) -> String {
        format!(
            "Secret Service, item {:?} of service {SERVICE:?}",
            self.item
        )
    }

    fn load(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        match self.within(|entry| entry.get_secret().map(Zeroizing::new))? {
            Ok(ring) => Ok(Some(ring)),
            Err(keyring::v1::Error::NoEntry) => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }

    fn save(&mut self, ring: &[u8]) -> Result<(), KeyStoreError> {
        let ring = Zeroizing::new(ring.to_vec());
        self.within(move |entry| entry.set_secret(&ring))?
            .map_err(failure)
    }

    fn delete(&mut self) -> Result<(), KeyStoreError> {
        match self.within(Entry::delete_credential)? {
            Ok(()) | Err(keyring::v1::Error::NoEntry) => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }
}
