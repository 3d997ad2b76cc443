//! The table of formats: one row a format, in files by area. `docs/detectors.md` and `ringfence filter --rules` show it.
mod ai;
mod ai_2;
mod aws;
mod azure;
mod bare;
mod chat;
mod chat_2;
mod chat_3;
mod ci;
mod ci_2;
mod cloud;
mod cloud_2;
mod commerce;
mod databases;
mod databases_2;
mod devtools;
mod devtools_2;
mod devtools_3;
mod generic;
mod github;
mod gitlab;
mod google;
mod hosting;
mod identity;
mod identity_2;
mod keys;
mod mail;
mod monitoring;
mod monitoring_2;
mod monitoring_3;
mod packages;
mod payments;
mod payments_2;
mod row;
mod urls;
pub mod validate;
mod vcs;
mod wallets;

use crate::detector::Detector;
use std::sync::LazyLock;

pub use bare::bare;

/// The files of the table, in the order of the reports. Where two rows find the same bytes, the earlier one names them.
static FILES: [&[Detector]; 36] = [
    github::ROWS,
    gitlab::ROWS,
    vcs::ROWS,
    packages::ROWS,
    aws::ROWS,
    azure::ROWS,
    google::ROWS,
    cloud::ROWS,
    cloud_2::ROWS,
    hosting::ROWS,
    ai::ROWS,
    ai_2::ROWS,
    payments::ROWS,
    payments_2::ROWS,
    commerce::ROWS,
    chat::ROWS,
    chat_2::ROWS,
    chat_3::ROWS,
    ci::ROWS,
    ci_2::ROWS,
    databases::ROWS,
    databases_2::ROWS,
    monitoring::ROWS,
    monitoring_2::ROWS,
    monitoring_3::ROWS,
    identity::ROWS,
    identity_2::ROWS,
    mail::ROWS,
    devtools::ROWS,
    devtools_2::ROWS,
    devtools_3::ROWS,
    wallets::ROWS,
    keys::ROWS,
    urls::ROWS,
    generic::ROWS,
    bare::ROWS,
];

static TABLE: LazyLock<Vec<Detector>> =
    LazyLock::new(|| FILES.iter().flat_map(|rows| rows.iter().copied()).collect());

/// Every detector, in the order of the reports.
#[must_use]
pub fn detectors() -> &'static [Detector] {
    &TABLE
}

#[cfg(test)]
mod tests;
