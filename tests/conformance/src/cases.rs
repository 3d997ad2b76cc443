//! The table.

mod credentials;
mod elsewhere;
mod files;
mod network;
mod processes;

use elsewhere::ELSEWHERE;

use crate::case::Case;

/// Incidents that have no row, each with the reason.
pub fn elsewhere() -> &'static [(&'static str, &'static str)] {
    &ELSEWHERE
}

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
    fn every_incident_has_a_row_or_a_reason() {
        let table = super::table();
        let rows: BTreeSet<&str> = table.iter().map(|case| case.incident).collect();
        let all = [("N", 20), ("C", 7), ("F", 10), ("P", 14)];
        for incident in all
            .iter()
            .flat_map(|(letter, last)| (1..=*last).map(move |n| format!("{letter}{n}")))
        {
            let elsewhere = super::ELSEWHERE.iter().any(|(known, _)| *known == incident);
            assert_ne!(
                rows.contains(incident.as_str()),
                elsewhere,
                "{incident}: a row or a reason, not both"
            );
        }
    }

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
