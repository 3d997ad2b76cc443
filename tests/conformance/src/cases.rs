//! The table.

mod credentials;
mod files;
mod network;
mod processes;

use crate::case::Case;

/// Every case, in the order of the collection of incidents.
pub fn table() -> Vec<Case> {
    let mut cases = network::cases();
    cases.extend(credentials::cases());
    cases.extend(files::cases());
    cases.extend(processes::cases());
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_name_their_incident() {
        let cases = super::table();
        let ids: BTreeSet<&str> = cases.iter().map(|case| case.id).collect();
        assert_eq!(ids.len(), cases.len());
        for case in &cases {
            let (letter, number) = case.incident.split_at(1);
            let known =
                matches!(letter, "N" | "C" | "F" | "P" | "L") && number.parse::<u32>().is_ok();
            assert!(known, "{}", case.id);
            assert!(
                !case.title.is_empty() && case.title.len() <= 90,
                "{}",
                case.title
            );
        }
    }
}
