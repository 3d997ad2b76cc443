//! Makes the plan: merges the layers, builds the mount table, masks, protections, environment and credentials.

mod credentials;
mod environment;
mod git;
mod grants;
mod guards;
mod host_run;
mod mounts;
mod program;
mod settings;

use std::path::{Path, PathBuf};

use crate::compile::{Compiler, Layers};
use crate::config::ConfigSource;
use crate::config::written::Example;
use crate::data::Data;
use crate::decision::{Access, Decision, Scheme, What};
use crate::host::Host;
use crate::limits::{HTTP_PROXY_PORT, SOCKS_PORT};
use crate::pattern::parse_port;
use crate::plan::{AuditSink, HostFacts, Plan, RunOptions};
use crate::policy::Policy;
use crate::presets;
use crate::resolve::ResolveError;
use crate::spec::{Capture, Claim, Identity, Network, SandboxSpec, SeccompProfile, Shape};

pub(crate) use environment::fence_variables;
pub use host_run::{home_run_kind, host_run_kind};
pub(crate) use settings::{audit, resolvers, words};

/// Compiles the credentials of the configuration, for plans that are not for agents.
pub(crate) fn credentials(
    compiler: &mut Compiler<'_>,
    rules: &mut crate::policy::Rules,
) -> Vec<crate::plan::Credential> {
    credentials::compile(compiler, rules, true)
}

#[cfg(test)]
mod tests;

/// Unprivileged uid and gid of the payload when the caller is root.
const ROOT_RUNS_AS: u32 = 62_000;

/// Programs with a graphical interface that configurations name: they need a display.
const GRAPHICAL: &[&str] = &["cursor", "windsurf", "code", "codium", "zed", "antigravity"];

/// Where the user's configuration is looked for, in order; the first file that exists is used, whole.
pub fn config_search_path(explicit: Option<&Path>, home: &Path) -> Vec<PathBuf> {
    match explicit {
        Some(path) => vec![path.to_owned()],
        None => vec![
            home.join(".config/ringfence/config.toml"),
            home.join(".config/secure-llm/config.toml"),
            PathBuf::from("/etc/ringfence/config.toml"),
            PathBuf::from("/etc/secure-llm/config.toml"),
        ],
    }
}

/// The files of one run, read and checked once, and asked three times: for the program, for the paths to look at, for the plan.
pub struct Planner<'a> {
    sources: &'a [ConfigSource],
    options: &'a RunOptions,
    layers: Layers,
    data: &'static Data,
}

impl<'a> Planner<'a> {
    /// Reads the files.
    ///
    /// # Errors
    /// A broken configuration, or a project file that changed since it was trusted.
    pub fn new(sources: &'a [ConfigSource], options: &'a RunOptions) -> Result<Self, ResolveError> {
        let layers = Layers::parse(sources, options.tool.as_deref())?;
        Ok(Self {
            sources,
            options,
            layers,
            data: Data::get()?,
        })
    }

    /// The program that the run will start, as a name for PATH or a path; the caller finds it and puts it into [`HostFacts`].
    ///
    /// # Errors
    /// An unknown tool, or a bare run without a command.
    pub fn wanted_program(&self) -> Result<String, ResolveError> {
        program_name(&self.layers, self.options)
    }

    /// Paths that the caller has to look at before [`Planner::resolve`]: which exist, which are no directories, which lead
    /// through symlinks. What is wrong with grants, `resolve` says.
    pub fn candidate_paths(&self, facts: &HostFacts) -> Vec<PathBuf> {
        let mut paths = mounts::candidates(self.data);
        let grants = grants::wanted(&self.layers, self.options, facts).unwrap_or_default();
        paths.extend(guards::candidates(
            self.data,
            &self.layers,
            self.sources,
            &grants,
            facts,
        ));
        paths.sort();
        paths.dedup();
        paths
    }

    /// Makes the plan.
    ///
    /// # Errors
    /// Every problem of the configuration at once; a command line that makes no sense; what would open the fence.
    pub fn resolve(&self, facts: &HostFacts) -> Result<Plan, ResolveError> {
        let Self {
            sources,
            options,
            layers,
            data,
        } = self;
        let program_name = program_name(layers, options)?;

        let mut compiler = Compiler::new(layers, facts);
        let gateway = compiler.gateway();
        let mut rules = compiler.rules(options, gateway.as_ref())?;
        let credentials = credentials::compile(&mut compiler, &mut rules, true);
        let settings = settings::compile(&mut compiler, options)?;
        let grants = grants::wanted(layers, options, facts);
        let environment = environment::templates(&mut compiler, options);
        let Compiler {
            found,
            remarks: mut notes,
            ..
        } = compiler;
        if !found.is_empty() {
            return Err(ResolveError::config(found));
        }
        environment::check_options(options, &credentials)?;
        let policy = Policy::new(rules);
        check_examples(layers, facts)?;

        let program = facts.program.as_ref().ok_or_else(|| {
            ResolveError::refused(
                format!(
                    "the program `{}` was not found",
                    program_name.escape_debug()
                ),
                "install it, or name its path as `binary`",
            )
        })?;
        let identity = identity(facts);
        let mut grants = grants?;
        grants.check_existence(facts)?;
        program::add_display(&mut grants, &settings.display, &program_name, facts)?;
        program::add_program(&mut grants, program, facts, data)?;
        let guards = guards::plan(data, layers, sources, &grants, &credentials, facts)?;

        let mut env = environment::build(data, &environment, &identity, facts, options);
        env.extend(grants.env.clone());
        let env_templates = credentials
            .iter()
            .filter_map(|c| c.env.clone().map(|variable| (variable, c.name.clone())))
            .collect();
        // Whatever else names such a variable: the real value never gets as far as a plan that is printed.
        for credential in &credentials {
            if let Some(variable) = &credential.env {
                env.remove(variable);
            }
        }
        notes.splice(0..0, layers.remarks.iter().cloned());
        notes.extend(grants.remarks.iter().cloned());
        notes.extend(guards.remarks);

        let display_name = layers
            .of_tool(|tool| tool.display_name.as_ref())
            .map(|(_, name)| name.clone());
        let tool_args = layers
            .of_tool(|tool| tool.args.as_ref())
            .map(|(_, args)| args.clone())
            .unwrap_or_default();
        let argv = match &options.tool {
            Some(_) => std::iter::once(program_name.clone())
                .chain(tool_args)
                .chain(options.argv.iter().cloned())
                .collect(),
            None => options.argv.clone(),
        };
        let mut mounts = grants.mounts();
        if let Some((mount, (variable, value))) = git::identity(facts) {
            mounts.push(mount);
            env.entry(variable).or_insert(value);
        }
        let spec = SandboxSpec {
            shape: Shape {
                level: settings.level,
                root: mounts::system(data, facts, &identity, settings.tmp_size),
                limits: settings.limits,
                seccomp: SeccompProfile::Agent,
                landlock: settings.landlock,
                identity,
                single_process: false,
                image: None,
            },
            claim: Claim {
                session: String::new(),
                program: program.path.clone(),
                argv,
                cwd: facts.cwd.clone(),
                env,
                mounts,
                masks: guards.masks,
                protected: guards.protected,
                network: Network::Captured(Capture {
                    http_proxy_port: HTTP_PROXY_PORT,
                    socks_port: SOCKS_PORT,
                    fallback_ports: policy.named_ports(),
                }),
                terminal: facts.terminal,
                collect: None,
            },
        };
        Ok(Plan {
            policy,
            spec,
            backend: settings.backend,
            credentials,
            env_templates,
            ca_overlays: facts.ca_bundle_overlays.clone(),
            java_overlays: facts.java_store_overlays.clone(),
            gateway,
            prompt_timeout_s: settings.prompt_timeout_s,
            ask_for: settings.ask_for,
            publish: options.publish.clone(),
            resolvers: settings.resolvers,
            audit: settings.audit,
            audit_required: settings.audit_required,
            filter: settings.filter,
            tool: options.tool.clone(),
            log_level: layers
                .user
                .as_ref()
                .and_then(|d| d.written.general.log_level.clone()),
            display_name: display_name.unwrap_or_else(|| {
                options
                    .tool
                    .clone()
                    .unwrap_or_else(|| base_name(&program_name).to_owned())
            }),
            remarks: notes,
        })
    }
}

/// [`Planner::wanted_program`] for callers that ask nothing else.
///
/// # Errors
/// As [`Planner::new`] and [`Planner::wanted_program`].
pub fn wanted_program(
    sources: &[ConfigSource],
    options: &RunOptions,
) -> Result<String, ResolveError> {
    Planner::new(sources, options)?.wanted_program()
}

/// [`Planner::candidate_paths`]; nothing when the files are broken, which [`resolve`] then says.
pub fn candidate_paths(
    sources: &[ConfigSource],
    options: &RunOptions,
    facts: &HostFacts,
) -> Vec<PathBuf> {
    Planner::new(sources, options)
        .map_or_else(|_| Vec::new(), |planner| planner.candidate_paths(facts))
}

/// [`Planner::resolve`].
///
/// # Errors
/// As [`Planner::new`] and [`Planner::resolve`].
pub fn resolve(
    sources: &[ConfigSource],
    options: &RunOptions,
    facts: &HostFacts,
) -> Result<Plan, ResolveError> {
    Planner::new(sources, options)?.resolve(facts)
}

fn program_name(layers: &Layers, options: &RunOptions) -> Result<String, ResolveError> {
    let Some(tool) = &options.tool else {
        return options.argv.first().cloned().ok_or_else(|| {
            ResolveError::usage(
                "there is nothing to run",
                Some("name a tool, or a command after `--`".into()),
            )
        });
    };
    if layers.tool_sections().next().is_none() {
        let mut known: Vec<&str> = presets::PRESETS.iter().map(|(name, _)| *name).collect();
        known.extend(
            layers
                .user
                .iter()
                .flat_map(|d| d.written.tools.keys().map(String::as_str)),
        );
        let message = format!("there is no tool `{}`", tool.escape_debug());
        return Err(ResolveError::usage(
            message,
            Some(format!(
                "known tools: {}; any other command goes after `--`",
                known.join(", ")
            )),
        ));
    }
    Ok(layers
        .of_tool(|section| section.binary.as_ref())
        .map_or_else(|| tool.clone(), |(_, binary)| binary.get_ref().clone()))
}

fn identity(facts: &HostFacts) -> Identity {
    let (uid, gid, user) = match facts.uid {
        0 => (ROOT_RUNS_AS, ROOT_RUNS_AS, "agent".to_owned()),
        uid => (uid, facts.gid, facts.user.clone()),
    };
    Identity {
        uid,
        gid,
        user,
        home: facts.home.clone(),
        hostname: "ringfence".to_owned(),
    }
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

impl Policy {
    /// The policy alone of one configuration text, for one tool or none: for `policy explain` without a run, and for tests.
    ///
    /// Sources of credentials are not looked at, and named sets are empty.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn from_toml(text: &str, tool: Option<&str>) -> Result<Self, ResolveError> {
        let layers = Layers::parse(&[ConfigSource::user("config.toml", text)], tool)?;
        policy_of(&layers, &HostFacts::default(), &RunOptions::default())
    }
}

/// The policy of a run without the rest of the plan: what `policy show` and `policy explain` need. No program has to exist.
///
/// # Errors
/// As [`resolve`], for the network side.
pub fn resolve_policy(
    sources: &[ConfigSource],
    options: &RunOptions,
    facts: &HostFacts,
) -> Result<Policy, ResolveError> {
    let layers = Layers::parse(sources, options.tool.as_deref())?;
    if options.tool.is_some() {
        program_name(&layers, options)?;
    }
    policy_of(&layers, facts, options)
}

/// Where the audit log goes besides its file, and whether a sink that fails stops what is audited.
///
/// # Errors
/// Files that can not be read as configuration, and sinks that are none.
pub fn resolve_audit(
    sources: &[ConfigSource],
    facts: &HostFacts,
) -> Result<(Vec<AuditSink>, bool), ResolveError> {
    let layers = Layers::parse(sources, None)?;
    let mut compiler = Compiler::new(&layers, facts);
    let sinks = audit(&mut compiler);
    if !compiler.found.is_empty() {
        return Err(ResolveError::config(compiler.found));
    }
    let user = layers.user.as_ref();
    let required = user.and_then(|d| d.written.audit.required).unwrap_or(false);
    Ok((sinks, required))
}

fn policy_of(
    layers: &Layers,
    facts: &HostFacts,
    options: &RunOptions,
) -> Result<Policy, ResolveError> {
    let mut compiler = Compiler::new(layers, facts);
    let gateway = compiler.gateway();
    let mut rules = compiler.rules(options, gateway.as_ref())?;
    let _ = credentials::compile(&mut compiler, &mut rules, false);
    if compiler.found.is_empty() {
        Ok(Policy::new(rules))
    } else {
        Err(ResolveError::config(compiler.found))
    }
}

/// Checks whole files with every tool in them and every example, as `policy check` does. Returns the tools that were checked.
///
/// # Errors
/// Everything that is wrong, of all tools.
pub fn check(sources: &[ConfigSource], facts: &HostFacts) -> Result<Vec<String>, ResolveError> {
    let layers = Layers::parse(sources, None)?;
    policy_of(&layers, facts, &RunOptions::default())?;
    check_examples(&layers, facts)?;
    let tools: Vec<String> = layers
        .user
        .iter()
        .flat_map(|d| d.written.tools.keys().cloned())
        .collect();
    for tool in &tools {
        let layers = Layers::parse(sources, Some(tool))?;
        policy_of(&layers, facts, &RunOptions::default())?;
        check_examples(&layers, facts)?;
    }
    Ok(tools)
}

/// The examples of the user's file hold with the user's file alone: neither the command line nor a project file breaks them.
fn check_examples(layers: &Layers, facts: &HostFacts) -> Result<(), ResolveError> {
    let Some(document) = &layers.user else {
        return Ok(());
    };
    let of_tool = layers
        .tool
        .as_ref()
        .and_then(|tool| document.written.tools.get(tool))
        .map(|tool| &tool.examples);
    let global = &document.written.network.examples;
    let examples = [of_tool, Some(global)];
    if examples
        .iter()
        .flatten()
        .all(|e| e.r#match.is_empty() && e.ask.is_empty() && e.not_match.is_empty())
    {
        return Ok(());
    }
    let mut compiler = Compiler::new(layers, facts);
    let gateway = compiler.gateway();
    let rules = compiler.own_rules(&RunOptions::default(), gateway.as_ref())?;
    let policy = Policy::new(rules);
    let mut problems = document.problems();
    for examples in examples.into_iter().flatten() {
        for (list, wanted) in [
            (&examples.r#match, "allow"),
            (&examples.ask, "ask"),
            (&examples.not_match, "no allow"),
        ] {
            for text in list {
                match outcome(&policy, text.get_ref()) {
                    Ok(got) if got == wanted || (wanted == "no allow" && got != "allow") => {}
                    Ok(got) => problems.push(
                        text.span(),
                        format!("this example comes out as {got}, not as {wanted}"),
                        Some("`ringfence policy explain` shows which rule decides".into()),
                    ),
                    Err(why) => problems.push(
                        text.span(),
                        why,
                        Some("an example is `[METHOD ]URL`, `host` or `host:port`".into()),
                    ),
                }
            }
        }
    }
    problems.stop().map_err(ResolveError::Config)
}

/// What the policy says to one example.
fn outcome(policy: &Policy, text: &str) -> Result<&'static str, String> {
    let example = Example::parse(text);
    let host = Host::parse(example.host).map_err(|error| error.to_string())?;
    let port = example
        .port
        .map(parse_port)
        .transpose()
        .map_err(|error| error.why)?;
    let opaque = example.scheme.is_none() && port.is_some();
    let scheme = example.scheme.unwrap_or(Scheme::Https);
    let path = example.path.split('?').next().unwrap_or(example.path);
    let what = if opaque {
        What::Opaque
    } else {
        What::Http {
            scheme,
            method: example.method,
            path,
        }
    };
    Ok(
        match policy.decide(&Access {
            host: &host,
            port: port.unwrap_or(scheme.default_port()),
            what,
        }) {
            Decision::Allow(_) => "allow",
            Decision::Ask(_) => "ask",
            Decision::Deny(_) => "deny",
        },
    )
}
