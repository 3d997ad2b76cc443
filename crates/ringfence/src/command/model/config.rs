//! `ringfence model config --example`: every setting of private models, explained.

use std::io::Write;

use crate::arguments::model::Config;
use crate::command::output_failed;
use crate::error::Failure;

/// The template. What is commented out is the default.
const EXAMPLE: &str = include_str!("secllama.example");

/// Prints it.
pub fn run(arguments: &Config) -> Result<(), Failure> {
    if arguments.example {
        let mut out = std::io::stdout().lock();
        out.write_all(EXAMPLE.as_bytes()).map_err(output_failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use clap::CommandFactory;
    use ringfence_model::switches::{Flags, SETTINGS, Switches};

    use super::EXAMPLE;
    use crate::arguments::Arguments;

    /// Words that begin with these characters, without what stands around them.
    fn words(text: &str, is: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        text.split(|c| !part(c))
            .filter(|word| is(word))
            .map(str::to_owned)
            .collect()
    }

    /// The long flags of a subcommand of `model`, but for those that every command has.
    fn flags_of(name: &str) -> BTreeSet<String> {
        let mut all = Arguments::command();
        all.build();
        let model = all.find_subcommand("model").unwrap();
        let command = model.find_subcommand(name).unwrap();
        command
            .get_arguments()
            .filter(|argument| !argument.is_global_set())
            .filter_map(|argument| argument.get_long())
            .filter(|long| *long != "help")
            .map(|long| format!("--{long}"))
            .collect()
    }

    #[test]
    fn the_template_and_the_code_have_the_same_settings() {
        let flags = words(EXAMPLE, |word| word.starts_with("--"));
        assert_eq!(flags, flags_of("serve"));
        let variables = words(EXAMPLE, |word| {
            word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        });
        let known: BTreeSet<String> = SETTINGS
            .iter()
            .map(|setting| setting.variable.to_owned())
            .chain([
                "RINGFENCE_MODELS".into(),
                "XDG_DATA_HOME".into(),
                "OLLAMA_HOST".into(),
            ])
            .collect();
        assert_eq!(variables, known);
        for setting in SETTINGS {
            assert!(flags.contains(setting.flag), "{}", setting.flag);
        }
    }

    #[test]
    fn what_the_template_sets_is_the_default() {
        let lines = EXAMPLE
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        let set: Vec<(&str, &str)> = lines.map(|line| line.split_once('=').unwrap()).collect();
        let env = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        assert!(
            SETTINGS
                .iter()
                .all(|setting| env(setting.variable).is_some())
        );
        assert_eq!(
            Switches::read(env, &Flags::default()),
            Ok(Switches::default())
        );
    }
}
