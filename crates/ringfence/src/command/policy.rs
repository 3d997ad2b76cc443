//! `ringfence policy check|show|explain|trust`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use ringfence_policy::explain::Explanation;
use ringfence_policy::{Access, Host, RunOptions, Scheme, What};
use ringfence_runtime::prepare::{Invocation, check_files, policy_only};
use ringfence_runtime::{config_files, facts};

use super::{failure, output_failed, print_json};
use crate::arguments::{Explain, Policy, PolicyCheck, PolicyShow};
use crate::error::Failure;
use crate::exit::Exit;
use crate::table::{self, Tone};

/// Dispatches.
pub fn run(arguments: &Policy, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    match arguments {
        Policy::Check(check) => self::check(check, config),
        Policy::Show(show) => self::show(show, config),
        Policy::Explain(explain) => self::explain(explain, config),
        Policy::Trust => trust(),
    }
}

fn check(arguments: &PolicyCheck, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let (files, tools) = check_files(&arguments.files, config.as_deref()).map_err(failure)?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(
            &mut out,
            &serde_json::json!({ "files": files, "tools": tools }),
        )?;
    } else if files.is_empty() {
        writeln!(
            out,
            "No configuration file; the built-in defaults and shipped presets apply."
        )
        .map_err(output_failed)?;
    } else {
        let with = if tools.is_empty() {
            String::new()
        } else {
            format!(", with the tools {}", tools.join(", "))
        };
        writeln!(out, "In order: {}{with}.", files.join(", ")).map_err(output_failed)?;
    }
    Ok(Exit::Success.into())
}

fn show(arguments: &PolicyShow, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let policy = policy_for(arguments.tool.clone(), config)?;
    let lines: Vec<String> = policy.canonical().lines().map(str::to_owned).collect();
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(
            &mut out,
            &serde_json::json!({ "tool": arguments.tool, "rules": lines }),
        )?;
    } else {
        writeln!(out, "{}", rule_table(&lines)).map_err(output_failed)?;
    }
    Ok(Exit::Success.into())
}

/// The evaluator's own listing, `stage: rule`, as a table.
pub fn rule_table(lines: &[String]) -> comfy_table::Table {
    let mut table = table::new(&["stage", "rule (first match wins)"]);
    for line in lines {
        let (stage, rule) = line.split_once(": ").unwrap_or((line, ""));
        let tone = match stage {
            "block" => Tone::Bad,
            "allow" | "tool-allow" => Tone::Good,
            "ask" | "tighten" => Tone::Care,
            _ => Tone::Plain,
        };
        table.add_row(vec![
            table::cell(stage, tone),
            table::cell(rule, Tone::Plain),
        ]);
    }
    table
}

fn explain(arguments: &Explain, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let policy = policy_for(arguments.tool.clone(), config)?;
    let usage = |text: String| Failure::message(Exit::Usage, text);
    let (name, port) = split_port(&arguments.host).ok_or_else(|| {
        usage(format!(
            "{:?} has no port from 1 to 65535 after its colon",
            arguments.host
        ))
    })?;
    let host = Host::parse(name).map_err(|e| usage(format!("{:?}: {e}", arguments.host)))?;
    let path = arguments.path.as_deref().unwrap_or("/");
    let scheme = if port == 80 {
        Scheme::Http
    } else {
        Scheme::Https
    };
    let what = match (&arguments.method, &arguments.path) {
        (None, None) if port != 80 && port != 443 => What::Opaque,
        (method, _) => What::Http {
            scheme,
            method: method.as_deref().unwrap_or("GET"),
            path,
        },
    };
    let explanation = policy.explain(&Access {
        host: &host,
        port,
        what,
    });
    let mut out = std::io::stdout().lock();
    if arguments.json {
        print_json(&mut out, &explanation)?;
    } else {
        write_explanation(&mut out, &explanation)?;
    }
    Ok(if explanation.answer == "deny" {
        Exit::Found
    } else {
        Exit::Success
    }
    .into())
}

fn write_explanation(out: &mut impl Write, explanation: &Explanation) -> Result<(), Failure> {
    let mut steps = table::new(&["stage", "rule", "outcome"]);
    for step in &explanation.steps {
        let tone = if step.outcome == "matched" {
            Tone::Care
        } else {
            Tone::Plain
        };
        steps.add_row(vec![
            table::cell(step.stage, Tone::Plain),
            table::cell(&step.rule, Tone::Plain),
            table::cell(step.outcome, tone),
        ]);
    }
    let what = match (&explanation.method, &explanation.path) {
        (Some(method), Some(path)) => format!("{method} {path} on "),
        _ => String::new(),
    };
    writeln!(
        out,
        "{what}{}:{}: {}, because {}",
        explanation.host, explanation.port, explanation.answer, explanation.because
    )
    .map_err(output_failed)?;
    if let Some(route) = &explanation.route {
        writeln!(out, "It goes to {route}.").map_err(output_failed)?;
    }
    writeln!(out, "{steps}").map_err(output_failed)
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`, or a bare IPv6 address.
fn split_port(text: &str) -> Option<(&str, u16)> {
    if let Some(end) = text.find(']') {
        let (host, rest) = text.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, port.parse().ok().filter(|p| *p != 0)?)),
            None => rest.is_empty().then_some((host, 443)),
        };
    }
    match text.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Some((text, 443)),
        Some((host, port)) => Some((host, port.parse().ok().filter(|p| *p != 0)?)),
        None => Some((text, 443)),
    }
}

fn policy_for(
    tool: Option<String>,
    config: Option<PathBuf>,
) -> Result<ringfence_policy::Policy, Failure> {
    policy_only(&Invocation {
        config,
        options: RunOptions {
            tool,
            ..RunOptions::default()
        },
    })
    .map_err(failure)
}

fn trust() -> Result<ExitCode, Failure> {
    let place = facts::place().map_err(|e| failure(e.into()))?;
    let paths = super::paths()?;
    paths.prepare().map_err(|e| failure(e.into()))?;
    let hash = config_files::trust(&place.cwd, &paths).map_err(|e| failure(e.into()))?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "Trusted {} as it is now (SHA-256 {hash}).",
        place.cwd.join(config_files::PROJECT_FILE).display()
    )
    .map_err(output_failed)?;
    Ok(Exit::Success.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_every_spelling() {
        assert_eq!(split_port("a.example"), Some(("a.example", 443)));
        assert_eq!(split_port("a.example:22"), Some(("a.example", 22)));
        assert_eq!(split_port("[::1]:8443"), Some(("[::1]", 8443)));
        assert_eq!(split_port("::1"), Some(("::1", 443)));
        assert_eq!(split_port("a.example:0"), None);
        assert_eq!(split_port("a.example:x"), None);
    }
}
