//! The presets that ship inside the binary, one file per tool.

/// Tool names with the text of their presets.
pub const PRESETS: &[(&str, &str)] = &[
    ("claude", include_str!("../../../policies/claude.toml")),
    ("codex", include_str!("../../../policies/codex.toml")),
    ("cursor", include_str!("../../../policies/cursor.toml")),
    ("windsurf", include_str!("../../../policies/windsurf.toml")),
    ("gemini", include_str!("../../../policies/gemini.toml")),
];

/// The preset of a tool, with its name.
pub fn of(tool: &str) -> Option<(&'static str, &'static str)> {
    PRESETS.iter().copied().find(|(name, _)| *name == tool)
}
