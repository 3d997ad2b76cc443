//! Rows of the collection of incidents that have no row in this table, each with the reason.

/// Incident, and why no case stands for it here.
pub(super) const ELSEWHERE: [(&str, &str); 9] = [
    (
        "N10",
        "a session's policy never changes while it runs, so no tunnel can outlive one",
    ),
    ("F7", "nothing is undone, restored or copied on write"),
    ("F9", "there is no learn mode"),
    ("P4", "no helper of the host opens anything for the sandbox"),
    (
        "P5",
        "tool servers are children of the agent and start inside",
    ),
    ("P10", "a sandbox is used once; there is no pool"),
    ("P11", "nothing is cloned from a running interpreter"),
    ("P14", "no filter inside a language is used as a boundary"),
    ("P12", "there is no pool to claim from"),
];
