//! The egress filter of a session: what it knows to be secret, and what it does at the network.

use std::collections::BTreeMap;
use std::sync::Arc;

use ringfence_dlp::{Document, Filter, Known, Settings, limits};
use ringfence_policy::{FilterAction, FilterPlan};
use ringfence_proxy::PLACEHOLDER;
use zeroize::Zeroizing;

use crate::credentials::Vault;
use crate::error::RunError;

/// Every credential of the session, and what stands for it inside. A value that is too short to be looked for is named in a
/// warning: it could not be told from ordinary text.
pub(crate) fn known(vault: &Vault, placeholders: &BTreeMap<String, String>) -> Vec<Known> {
    let values = vault
        .values()
        .map(|(name, value)| (name.to_owned(), value.as_bytes()));
    let placeholders = placeholders
        .iter()
        .map(|(name, text)| (format!("{name}{PLACEHOLDER}"), text.as_bytes()));
    values
        .chain(placeholders)
        .filter_map(|(name, value)| {
            if (limits::KNOWN_MIN..=limits::KNOWN_MAX).contains(&value.len()) {
                let value = Zeroizing::new(value.to_vec());
                return Some(Known { name, value });
            }
            tracing::warn!(
                "the value of {name} has {} bytes; the egress filter looks for values of {} to {} bytes, so not for this one",
                value.len(),
                limits::KNOWN_MIN,
                limits::KNOWN_MAX
            );
            None
        })
        .collect()
}

/// The filter at the network; `None` where every place of it is off.
///
/// # Errors
/// When the filter can not be built.
pub(crate) fn at_network(
    plan: FilterPlan,
    known: Vec<Known>,
    context: Vec<Document>,
) -> Result<Option<(Arc<Filter>, FilterPlan)>, RunError> {
    let places = [plan.url, plan.headers, plan.body, plan.responses];
    if places.iter().all(|place| *place == FilterAction::Off) {
        return Ok(None);
    }
    let settings = Settings {
        known,
        context,
        ..Settings::default()
    };
    Ok(Some((Filter::new(settings)?, plan)))
}
