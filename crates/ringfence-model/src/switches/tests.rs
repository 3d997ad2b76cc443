#![allow(clippy::unwrap_used)]

use super::*;

fn read(variables: &[(&str, &str)], flags: Flags) -> Result<Switches, SwitchError> {
    let env = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Switches::read_as(env, &flags, false)
}

/// A setting of the table as a flag and as a field.
fn row(index: usize) -> (Setting, Flags, Switches) {
    let mut flags = Flags::default();
    let mut switches = Switches::default();
    let (flag, on) = match index {
        0 => (&mut flags.no_encryption, &mut switches.encryption),
        1 => (&mut flags.no_sandbox, &mut switches.sandbox),
        _ => (
            &mut flags.no_network_isolation,
            &mut switches.strict_network,
        ),
    };
    (*flag, *on) = (true, false);
    (SETTINGS[index], flags, switches)
}

#[test]
fn all_are_on_unless_said() {
    let all = Switches {
        encryption: true,
        sandbox: true,
        strict_network: true,
    };
    assert_eq!(Switches::default(), all);
    assert_eq!(read(&[], Flags::default()), Ok(all));
    for setting in SETTINGS {
        for on in ["", "  ", "true", "TRUE", "1", "yes", "on", " On "] {
            assert_eq!(read(&[(setting.variable, on)], Flags::default()), Ok(all));
        }
    }
}

#[test]
fn off_takes_the_variable_and_its_own_flag() {
    for index in 0..SETTINGS.len() {
        let (setting, flags, off) = row(index);
        for value in ["false", "False", "0", "no", "off", " OFF\n"] {
            let variables = [(setting.variable, value)];
            assert_eq!(read(&variables, flags), Ok(off), "{value}");
            // The variable alone, and the variable with the others' flags.
            let others = Flags {
                no_encryption: !flags.no_encryption,
                no_sandbox: !flags.no_sandbox,
                no_network_isolation: !flags.no_network_isolation,
            };
            let alone = read(&variables, Flags::default()).unwrap_err();
            assert!(matches!(alone, SwitchError::FlagMissing { .. }), "{alone}");
            let said = alone.to_string();
            assert!(said.contains(setting.variable) && said.contains(setting.flag));
            assert!(read(&variables, others).is_err());
        }
        // The flag alone, and against a variable that says on.
        for variables in [&[][..], &[(setting.variable, "true")]] {
            let alone = read(variables, flags).unwrap_err();
            assert!(
                matches!(alone, SwitchError::VariableMissing { .. }),
                "{alone}"
            );
            let said = alone.to_string();
            assert!(said.contains(setting.variable) && said.contains(setting.flag));
        }
    }
}

#[test]
fn a_value_that_is_none_is_named_with_what_may_stand_there() {
    for setting in SETTINGS {
        for bad in ["2", "falsch", "disabled", "-1", "true false", "\u{1b}[2J"] {
            for flags in [Flags::default(), row(0).1, row(1).1, row(2).1] {
                let error = read(&[(setting.variable, bad)], flags);
                let Err(error) = error else {
                    panic!("{bad:?} is a value");
                };
                let said = error.to_string();
                assert!(!said.contains('\u{1b}'), "{said:?}");
                if let SwitchError::Value { .. } = error {
                    assert!(said.contains(setting.variable), "{said}");
                    assert!(said.contains("true, false, 1, 0, yes, no, on or off"));
                }
            }
        }
        let long = read(&[(setting.variable, &"x".repeat(5_000))], Flags::default());
        assert!(long.unwrap_err().to_string().len() < 200);
    }
}

#[test]
fn root_never_goes_without_a_sandbox() {
    let (setting, flags, off) = row(1);
    let env = |name: &str| (name == setting.variable).then(|| "false".to_owned());
    assert_eq!(Switches::read_as(env, &flags, true), Err(SwitchError::Root));
    assert_eq!(Switches::read_as(env, &flags, false), Ok(off));
    assert_eq!(
        Switches::read_as(|_| None, &Flags::default(), true),
        Ok(Switches::default())
    );
}

#[test]
fn what_is_off_is_named() {
    assert_eq!(Switches::default().to_string(), "none");
    assert!(Switches::default().off().is_empty());
    let none = Switches {
        encryption: false,
        sandbox: false,
        strict_network: false,
    };
    assert_eq!(none.to_string(), "encryption, sandbox, strict_network");
    assert_eq!(serde_json::to_string(&row(1).2).unwrap(), "[\"sandbox\"]");
}
