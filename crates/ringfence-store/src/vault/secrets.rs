//! Named secrets: a conversation of their own, written anew as a whole for every change, so that no old value stays behind a key.

use zeroize::Zeroizing;

use super::limits::{MAX_SECRET, MAX_SECRET_NAME, MAX_SECRETS};
use super::{Id, Purpose, Vault, VaultError};

type Values = crate::keys::Secrets;

impl Vault {
    /// The names, sorted.
    ///
    /// # Errors
    /// The secrets can not be read or are damaged.
    pub fn secrets(&self) -> Result<Vec<String>, VaultError> {
        Ok(self.values()?.into_iter().map(|(name, _)| name).collect())
    }

    /// The value of one.
    ///
    /// # Errors
    /// The secrets can not be read or are damaged.
    pub fn secret(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let mut values = self.values()?;
        Ok(values
            .iter()
            .position(|(n, _)| n == name)
            .map(|at| values.swap_remove(at).1))
    }

    /// Sets one; the value before is destroyed.
    ///
    /// # Errors
    /// The name is none, the value too long, or the vault can not be written.
    pub fn set_secret(&mut self, name: &str, value: &[u8]) -> Result<(), VaultError> {
        if !is_name(name) {
            return Err(VaultError::Name(
                name.chars().take(MAX_SECRET_NAME).collect(),
            ));
        }
        if value.len() > MAX_SECRET {
            return Err(VaultError::Limit {
                what: "the length of a secret",
                limit: MAX_SECRET as u64,
            });
        }
        let _lock = self.begin_change()?;
        let mut values = self.values()?;
        let before = values.len();
        values.retain(|(n, _)| n != name);
        let replaced = values.len() < before;
        values.push((name.to_owned(), Zeroizing::new(value.to_vec())));
        if values.len() > MAX_SECRETS {
            return Err(VaultError::Limit {
                what: "the number of secrets",
                limit: MAX_SECRETS as u64,
            });
        }
        self.put(values, replaced)
    }

    /// Destroys one; `false` when there is none of this name.
    ///
    /// # Errors
    /// The vault can not be written.
    pub fn forget_secret(&mut self, name: &str) -> Result<bool, VaultError> {
        let _lock = self.begin_change()?;
        let mut values = self.values()?;
        let before = values.len();
        values.retain(|(n, _)| n != name);
        if values.len() == before {
            return Ok(false);
        }
        self.put(values, true)?;
        Ok(true)
    }

    /// Every one with its value.
    pub(crate) fn all_secrets(&self) -> Result<Values, VaultError> {
        self.values()
    }

    fn secrets_id(&self) -> Option<Id> {
        self.table
            .rows
            .iter()
            .find(|row| row.purpose == Purpose::Secrets && !row.forgotten)
            .map(|row| row.id)
    }

    fn values(&self) -> Result<Values, VaultError> {
        let Some(id) = self.secrets_id() else {
            return Ok(Vec::new());
        };
        let contents = self.read(id)?;
        if let Some(damage) = contents.damage.into_iter().next() {
            return Err(VaultError::Damaged { id, damage });
        }
        let mut values: Values = contents
            .records
            .into_iter()
            .filter_map(|(_, record)| split(record))
            .collect();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(values)
    }

    /// Writes all of them into a new file with a new key, which takes the place of the old one in one step. With `destroy`, what the
    /// old file held and the new one does not is destroyed, which takes a new epoch; otherwise exports stay good.
    fn put(&mut self, mut values: Values, destroy: bool) -> Result<(), VaultError> {
        values.sort_by(|a, b| a.0.cmp(&b.0));
        let old = self.secrets_id();
        let (mut row, mut file) = self.make(Purpose::Secrets)?;
        for (name, value) in &values {
            let mut record = Zeroizing::new(Vec::with_capacity(1 + name.len() + value.len()));
            record.push(name.len() as u8);
            record.extend_from_slice(name.as_bytes());
            record.extend_from_slice(value);
            file.append(&record)?;
        }
        row.records = file.head().records;
        row.link = file.head().link;
        // Until the table names it the file is nothing.
        if destroy {
            self.table.rows.push(row);
            return self.new_epoch(|row| Some(row.id) == old);
        }
        self.put_row(row, old)
    }
}

fn is_name(name: &str) -> bool {
    (1..=MAX_SECRET_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn split(record: Zeroizing<Vec<u8>>) -> Option<(String, Zeroizing<Vec<u8>>)> {
    let (length, rest) = record.split_first()?;
    let (name, value) = rest.split_at_checked(usize::from(*length))?;
    let name = std::str::from_utf8(name)
        .ok()
        .filter(|name| is_name(name))?;
    Some((name.to_owned(), Zeroizing::new(value.to_vec())))
}
