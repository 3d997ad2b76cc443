//! The three settings of SecLlama: encryption, sandbox, strict network isolation. All are on; one is off only when its variable says
//! so and its flag on the command line says so as well, because one line in a copied file must not take a protection away.
//!
//! What "off" means is written in `docs/model.md`, and no more than that may come of it.

use std::fmt;

use serde::Serialize;

/// Which protections are in force. See [`Switches::read`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Switches {
    /// What leaves this machine's own hop is sealed to the runner, and histories are kept encrypted. Off: `connect` may hand
    /// requests on in clear, and no history is written at all.
    pub encryption: bool,
    /// A model runs in its sandbox. Off: it is an ordinary child process.
    pub sandbox: bool,
    /// A pull goes to the registry that was named, and where the policy allows, only. Off: wherever the registry redirects to in
    /// public networks, but for what the policy blocks. The server listens on loopback and a runner has no network, either way.
    pub strict_network: bool,
}

/// The flags that have to stand on the command line as well, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// `--danger-no-encryption`
    pub no_encryption: bool,
    /// `--danger-no-sandbox`
    pub no_sandbox: bool,
    /// `--danger-no-network-isolation`
    pub no_network_isolation: bool,
}

/// Why the settings can not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SwitchError {
    /// A value that is neither yes nor no.
    #[error(
        "{variable}={value:?} is neither on nor off; it may be true, false, 1, 0, yes, no, on or off"
    )]
    Value {
        /// Which.
        variable: &'static str,
        /// As it was, at most 40 characters.
        value: String,
    },
    /// The variable alone.
    #[error(
        "{variable} turns {what} off, and the command line does not: unset it, or add {flag} if you mean it (a variable alone, which may come from a file that was copied, takes no protection away)"
    )]
    FlagMissing {
        /// Which.
        variable: &'static str,
        /// What it turns off.
        what: &'static str,
        /// What is missing.
        flag: &'static str,
    },
    /// The flag alone.
    #[error(
        "{flag} only allows what {variable}=false asks for, and that is not set: leave it out, and {what} stays on; or set the variable if you mean it"
    )]
    VariableMissing {
        /// Which.
        flag: &'static str,
        /// What is missing.
        variable: &'static str,
        /// What would be turned off.
        what: &'static str,
    },
    /// As root.
    #[error(
        "without a sandbox no model runs as root, who may do everything: run it as an ordinary user, or in its sandbox"
    )]
    Root,
}

/// One setting: its variable, its flag, its name, and what to say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// In the environment.
    pub variable: &'static str,
    /// On the command line.
    pub flag: &'static str,
    /// In `/api/version`, `ps` and the audit log.
    pub name: &'static str,
    what: &'static str,
}

/// The settings, in the order of the fields of [`Switches`].
pub const SETTINGS: [Setting; 3] = [
    Setting {
        variable: "SECLLAMA_ENABLE_ENCRYPTION",
        flag: "--danger-no-encryption",
        name: "encryption",
        what: "encryption",
    },
    Setting {
        variable: "SECLLAMA_ENABLE_SANDBOX",
        flag: "--danger-no-sandbox",
        name: "sandbox",
        what: "the sandbox",
    },
    Setting {
        variable: "SECLLAMA_STRICT_NETWORK_ISOLATION",
        flag: "--danger-no-network-isolation",
        name: "strict_network",
        what: "strict network isolation",
    },
];

impl Default for Switches {
    /// All on.
    fn default() -> Self {
        Self {
            encryption: true,
            sandbox: true,
            strict_network: true,
        }
    }
}

impl Switches {
    /// From the environment and the command line. A variable that is empty counts as unset, and unset is on.
    ///
    /// # Errors
    /// A value that is none; a variable without its flag, or a flag without its variable; no sandbox as root.
    pub fn read(env: impl Fn(&str) -> Option<String>, flags: &Flags) -> Result<Self, SwitchError> {
        Self::read_as(env, flags, rustix::process::getuid().is_root())
    }

    fn read_as(
        env: impl Fn(&str) -> Option<String>,
        flags: &Flags,
        root: bool,
    ) -> Result<Self, SwitchError> {
        let [encryption, sandbox, strict_network] = SETTINGS;
        let switches = Self {
            encryption: encryption.read(&env, flags.no_encryption)?,
            sandbox: sandbox.read(&env, flags.no_sandbox)?,
            strict_network: strict_network.read(&env, flags.no_network_isolation)?,
        };
        match !switches.sandbox && root {
            true => Err(SwitchError::Root),
            false => Ok(switches),
        }
    }

    /// The names of what is off, in a fixed order.
    pub fn off(&self) -> Vec<&'static str> {
        let on = [self.encryption, self.sandbox, self.strict_network];
        let off = SETTINGS.iter().zip(on).filter(|(_, on)| !on);
        off.map(|(setting, _)| setting.name).collect()
    }
}

impl fmt::Display for Switches {
    /// What is off: `sandbox, strict_network`; `none` when all are on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.off().as_slice() {
            [] => f.write_str("none"),
            off => f.write_str(&off.join(", ")),
        }
    }
}

impl Serialize for Switches {
    /// The list of what is off.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.off().serialize(serializer)
    }
}

impl Setting {
    /// Whether it is on.
    fn read(
        &self,
        env: &impl Fn(&str) -> Option<String>,
        flagged: bool,
    ) -> Result<bool, SwitchError> {
        let value = env(self.variable);
        let on = match value.as_deref().map(str::trim) {
            None | Some("") => true,
            Some(value) => match value.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => true,
                "false" | "0" | "no" | "off" => false,
                _ => {
                    return Err(SwitchError::Value {
                        variable: self.variable,
                        value: value.chars().take(40).collect(),
                    });
                }
            },
        };
        match (on, flagged) {
            (true, false) => Ok(true),
            (false, true) => Ok(false),
            (false, false) => Err(SwitchError::FlagMissing {
                variable: self.variable,
                what: self.what,
                flag: self.flag,
            }),
            (true, true) => Err(SwitchError::VariableMissing {
                flag: self.flag,
                variable: self.variable,
                what: self.what,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
