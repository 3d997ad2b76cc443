//! The table of formats.
mod bare;
pub mod validate;

use crate::detector::Detector;
use crate::finding::Tier;

pub use bare::bare;

/// Every detector with a keyword, in the order of the reports.
#[must_use]
pub fn detectors() -> &'static [Detector] {
    &TABLE
}

static TABLE: [Detector; 2] = [
    Detector {
        id: "github-pat",
        name: "GitHub personal access token",
        vendor: "GitHub",
        tier: Tier::Block,
        keywords: &["ghp_"],
        pattern: r"\bghp_[A-Za-z0-9]{36}\b",
        group: 0,
        validate: None,
        entropy: 3.0,
        since: "0.1.0",
        examples: &["ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
        negatives: &["ghp_short"],
    },
    Detector {
        id: "aws-access-key-id",
        name: "AWS access key id",
        vendor: "Amazon Web Services",
        tier: Tier::Block,
        keywords: &["AKIA"],
        pattern: r"\bAKIA[A-Z2-7]{16}\b",
        group: 0,
        validate: None,
        entropy: 3.0,
        since: "0.1.0",
        examples: &["AKIALAG6ORMPP3EDBYBT"],
        negatives: &["AKIAIOSFODNN7"],
    },
];
