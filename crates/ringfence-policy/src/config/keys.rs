//! Every key of the configuration, once: the checker, the reference in `docs/configuration.md` and the tests read this table.

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Int,
    /// Number of bytes, or text with a unit.
    Size,
    /// Number of seconds, or text with a unit.
    Duration,
    /// Number of CPUs.
    Cpus,
    /// List of text.
    Texts,
    /// List of whole numbers.
    Ints,
    /// Text or list of text.
    TextOrTexts,
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Kind {
    pub fn describe(self) -> String {
        match self {
            Kind::Text => "text".into(),
            Kind::Bool => "true or false".into(),
            Kind::Int => "a whole number".into(),
            Kind::Size => "bytes, or text with a unit (\"512m\")".into(),
            Kind::Duration => "seconds, or text with a unit (\"30s\")".into(),
            Kind::Cpus => "a number of CPUs".into(),
            Kind::Texts => "a list of text".into(),
            Kind::Ints => "a list of whole numbers".into(),
            Kind::TextOrTexts => "text or list of text".into(),
            Kind::Choice(words) => words
                .iter()
                .map(|word| format!("\"{word}\""))
                .collect::<Vec<_>>()
                .join(" or "),
        }
    }
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Dotted path; `NAME` stands for any name, `[]` after a name for a list of tables.
    pub path: &'static str,
    pub kind: Kind,
    /// As shown in the reference.
    pub default: &'static str,
    /// A value in TOML that loads.
    pub example: &'static str,
    pub doc: &'static str,
    /// Whether a project file may set it.
    pub project: bool,
}

const fn key(
    path: &'static str,
    kind: Kind,
    default: &'static str,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key {
        path,
        kind,
        default,
        example,
        doc,
        project: false,
    }
}

/// A key that a project file may set as well.
const fn open(
    path: &'static str,
    kind: Kind,
    default: &'static str,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key {
        path,
        kind,
        default,
        example,
        doc,
        project: true,
    }
}

const LEVELS: &[&str] = &["standard", "high", "custom"];
const BACKENDS: &[&str] = &["auto", "native", "bubblewrap", "gvisor"];
const CODE_BACKENDS: &[&str] = &["auto", "native", "bubblewrap", "gvisor", "docker"];
const CODE_NETWORK: &[&str] = &["none", "policy"];
const DEFAULTS: &[&str] = &["deny", "ask"];
const ACTIONS: &[&str] = &["allow", "ask", "block"];
const FILTER: &[&str] = &["off", "report", "redact", "block"];
const FILTER_WHOLE: &[&str] = &["off", "report", "block"];
const LOG_LEVELS: &[&str] = &["trace", "debug", "info", "warn", "error"];

#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key("general.prompt_timeout", Kind::Duration, "30", "30", "Time until a prompt that nobody answers counts as denied; at most one hour."),
    key("general.log_level", Kind::Choice(LOG_LEVELS), "\"info\"", "\"debug\"", "How much Ringfence says about itself on standard error."),

    key("gateway.url", Kind::Text, "none", "\"https://llm-gateway.corp\"", "A gateway that rewrites may point to. It is probed at start, and lends its scheme and port to rewrites on its host."),
    key("gateway.timeout_ms", Kind::Int, "5000", "150", "Milliseconds to connect to the gateway. When it can not be reached the answer is 502, never a direct call."),

    key("sandbox.level", Kind::Choice(LEVELS), "\"standard\"", "\"standard\"", "Isolation level. Never lowered silently: what can not be had stops the run."),
    key("sandbox.backend", Kind::Choice(BACKENDS), "\"auto\"", "\"native\"", "What builds the sandbox."),
    key("sandbox.landlock", Kind::Choice(&["required", "best_effort"]), "\"required\"", "\"best_effort\"", "Whether a kernel without Landlock stops the run, or is only named in the result."),
    key("sandbox.env.NAME", Kind::Text, "none", "\"${SANDBOX_PROXY}\"", "A variable of the sandbox. `${…}` expands SANDBOX_PROXY, SANDBOX_CA_CERT, HOME and the names given with `--env`; any other is an error."),
    key("sandbox.env_pass", Kind::Texts, "[]", "[\"EDITOR\"]", "Further variables of the caller's environment that the sandbox sees."),
    key("sandbox.display", Kind::Texts, "[]", "[\"wayland\"]", "Display servers opened to the sandbox: \"wayland\", \"x11\". Any program on an X11 display can read the keys typed into the others."),

    open("network.default", Kind::Choice(DEFAULTS), "\"deny\"", "\"ask\"", "What happens to hosts on no list. A project file can only say \"deny\"."),
    key("network.allowlist", Kind::Texts, "[]", "[\"example.com\", \"*.example.org\", \"@pip\"]", "Hosts that are always allowed. An empty list allows nothing. Without a port a host means 443 and 80."),
    open("network.blocklist", Kind::Texts, "[]", "[\"tracker.example\"]", "Hosts that are always refused. Without a port a host means every port; addresses and CIDR blocks are also compared with what a name resolves to."),
    open("network.graylist", Kind::Texts, "[]", "[\"paste.example\"]", "Hosts that a person is asked about. In a project file: what would be allowed is asked about."),
    key("network.host_rewrite.NAME", Kind::Text, "none", "\"llm-gateway.corp/v1/anthropic\"", "Requests to this host go there instead: `host[:port][/path]` (HTTPS) or a full `http(s)://` URL. A loopback address is fine, because you wrote it."),
    key("network.resolver", Kind::Texts, "the system's", "[\"192.0.2.53\", \"192.0.2.54:5353\"]", "DNS servers to ask instead of the system's."),
    open("network.rules[].host", Kind::TextOrTexts, "required", "\"api.example.com\"", "Host pattern or list of them."),
    open("network.rules[].ports", Kind::Ints, "443 and 80; every port for block", "[443]", "Ports that the rule means."),
    open("network.rules[].methods", Kind::Texts, "every method", "[\"GET\", \"HEAD\"]", "HTTP methods that the rule means."),
    open("network.rules[].paths", Kind::Texts, "every path", "[\"/v1/**\"]", "Path patterns: `*` is any run of characters within a segment, `/**` at the end is the rest."),
    open("network.rules[].action", Kind::Choice(ACTIONS), "required", "\"block\"", "What the rule does. In a project file only \"ask\" and \"block\"."),
    key("network.rules[].private", Kind::Bool, "false", "true", "The host may resolve to a private or loopback address. Metadata services stay refused."),
    key("network.rules[].inspect", Kind::Bool, "true", "false", "`false` passes TLS through uninspected, for programs that pin certificates. Excludes methods and paths."),
    open("network.examples.match", Kind::Texts, "[]", "[\"https://api.example.com/v1/x\"]", "Requests that must come out as allowed, checked whenever the file is loaded: `[METHOD ]URL`, `host` or `host:port`."),
    open("network.examples.ask", Kind::Texts, "[]", "[\"paste.example\"]", "Requests that must come out as asked."),
    open("network.examples.not_match", Kind::Texts, "[]", "[\"https://evil.example/\"]", "Requests that must not come out as allowed."),

    open("filesystem.denylist", Kind::Texts, "[]", "[\"$HOME/private\"]", "Paths that are hidden even below a grant. `$HOME` and `~` stand for the home directory; a relative path is below the workspace."),
    key("filesystem.bind_ro", Kind::Texts, "[]", "[\"$HOME/.gitconfig\"]", "Further paths that can be read inside."),
    key("filesystem.bind_rw", Kind::Texts, "[]", "[\"$HOME/.cache/pip\"]", "Further paths that can be written inside."),

    open("limits.memory", Kind::Size, "none", "\"4g\"", "Memory, swap excluded."),
    open("limits.pids", Kind::Int, "4096, best effort", "512", "Processes and threads."),
    open("limits.cpus", Kind::Cpus, "none", "1.5", "CPU quota."),
    key("limits.cpuset", Kind::Ints, "none", "[0, 1]", "CPUs to stay on."),
    open("limits.wall_time", Kind::Duration, "none", "\"2h\"", "Wall-clock time of the whole session."),
    open("limits.file_size", Kind::Size, "none", "\"1g\"", "Largest file that can be written."),
    open("limits.open_files", Kind::Int, "the caller's", "1024", "Open descriptors of a process."),
    open("limits.tmp_size", Kind::Size, "2g", "\"512m\"", "Size of `/tmp` and of the private home directory, each."),
    key("limits.best_effort", Kind::Texts, "[]; the default of pids always is", "[\"memory\", \"pids\", \"cpu\"]", "Limits that may be replaced by weaker means where this machine can not enforce them; the result says so. Any other limit that can not be enforced stops the run."),

    key("prompts.ask_for", Kind::Texts, "[]", "[\"credential\", \"publish\"]", "Sensitive operations that ask first: \"credential\" (first use of each), \"publish\" (opening a port on this machine)."),
    open("prompts.upload_over", Kind::Size, "none", "\"10m\"", "A request body above this size asks first."),

    key("audit.sinks", Kind::Texts, "[]", "[\"syslog\", \"journald\"]", "Where events go besides the session's own file: \"syslog\", \"syslog:/path\", \"syslog+udp://IP:PORT\", \"syslog+tcp://IP:PORT\", \"journald\"."),
    key("audit.required", Kind::Bool, "false", "true", "A sink that fails stops the session. The session's own file always does."),

    key("filter.output", Kind::Choice(FILTER), "\"redact\"", "\"block\"", "What happens to a secret in the standard output or standard error of code (`exec`, `repl`)."),
    key("filter.url", Kind::Choice(FILTER_WHOLE), "\"report\"; \"block\" for code", "\"block\"", "The same in the path or query of a request that leaves the sandbox. A URL is never rewritten, so there is no \"redact\"."),
    key("filter.headers", Kind::Choice(FILTER_WHOLE), "\"report\"; \"block\" for code", "\"block\"", "The same in the headers of a request."),
    key("filter.body", Kind::Choice(FILTER), "\"report\"; \"block\" for code", "\"redact\"", "The same in the body of a request."),
    key("filter.responses", Kind::Choice(FILTER), "\"off\"", "\"redact\"", "The same in the body of an answer; the pieces of a model's streamed words are put together first."),
    key("filter.warn", Kind::Choice(FILTER), "\"off\"; \"report\" for code", "\"report\"", "What happens to findings that are likely, not certain (generic assignments, random strings). Never stricter than the place they are in."),
    key("filter.echo", Kind::Choice(FILTER), "\"redact\"", "\"report\"", "What happens to excerpts of the context documents. Never stricter than the place they are in."),

    key("exec.level", Kind::Choice(LEVELS), "sandbox.level", "\"high\"", "Isolation level of code (`exec`, `repl`)."),
    key("exec.backend", Kind::Choice(CODE_BACKENDS), "sandbox.backend", "\"gvisor\"", "Who builds the sandboxes of code. \"auto\" takes the best that is there for the level."),
    key("exec.allow_fallback", Kind::Bool, "false", "true", "Go on at level standard where level high can not be had. Result and audit log say so then; without it that is an error."),
    key("exec.network", Kind::Choice(CODE_NETWORK), "\"none\"", "\"policy\"", "What code reaches: nothing, or what the policy allows. Nobody is asked: ask means deny."),
    key("exec.profile", Kind::Text, "\"default\"", "\"no-processes\"", "System calls of code: \"default\" (by language), \"code\", \"python\", \"node\", \"no-processes\", one of `profiles`, or a file in the OCI seccomp format."),
    key("exec.image", Kind::Text, "none", "\"ringfence/host\"", "Container image for the docker backend."),
    key("exec.context_budget", Kind::Size, "a tenth of them, at least 2000", "\"16k\"", "How many characters of the context documents may leave in one session in short quotes, all together."),
    open("exec.limits.memory", Kind::Size, "\"512m\"", "\"1g\"", "Memory of code, without swap. ◆ can only lower it."),
    open("exec.limits.pids", Kind::Int, "50", "20", "Processes and threads. ◆ can only lower it."),
    open("exec.limits.cpus", Kind::Cpus, "1", "0.5", "CPU time. ◆ can only lower it."),
    open("exec.limits.wall_time", Kind::Duration, "\"30s\"; none for a session", "\"5m\"", "Longest run. ◆ can only lower it."),
    open("exec.limits.file_size", Kind::Size, "none", "\"10m\"", "Largest file. ◆ can only lower it."),
    open("exec.limits.open_files", Kind::Int, "256", "64", "Open files of each process. ◆ can only lower it."),
    open("exec.limits.disk", Kind::Size, "\"256m\"", "\"1g\"", "Bytes below /workspace, /tmp and /out together; they live in memory. ◆ can only lower it."),
    open("exec.limits.output", Kind::Size, "\"10m\"", "\"1m\"", "Bytes of output; the code is killed when it writes more. ◆ can only lower it."),
    key("exec.limits.best_effort", Kind::Texts, "the limits that nobody wrote", "[\"memory\"]", "Limits (memory, pids, cpu) that something weaker may stand in for where they can not be enforced; the result says so."),

    key("profiles.NAME.seccomp", Kind::Text, "\"default\"", "\"python\"", "A shipped profile, or a file in the OCI seccomp format; relative to this file."),
    key("profiles.NAME.processes", Kind::Bool, "true", "false", "Whether code may start processes. Threads it may."),

    key("credentials.NAME.hosts", Kind::Texts, "required", "[\"api.example.com\"]", "Hosts that may receive it, compared with the host that is really dialled. Without a port: 443."),
    key("credentials.NAME.source.env", Kind::Text, "none", "\"EXAMPLE_TOKEN\"", "The value is in this variable of the caller's environment."),
    key("credentials.NAME.source.file", Kind::Text, "none", "\"$HOME/.config/example/token\"", "The value is the content of this file, which the sandbox can not write."),
    key("credentials.NAME.source.command", Kind::Texts, "none", "[\"/usr/bin/pass\", \"show\", \"example\"]", "The value is printed by this program: an absolute path and arguments, no shell, run in `/`."),
    key("credentials.NAME.source.keys", Kind::Text, "none", "\"example-token\"", "The value is the named secret that `ringfence keys set NAME` keeps; `source = \"keys:NAME\"` says the same."),
    key("credentials.NAME.env", Kind::Text, "none", "\"EXAMPLE_TOKEN\"", "Variable that carries the placeholder inside."),
    key("credentials.NAME.placeholder", Kind::Text, "\"ringfence-NAME-{}\"", "\"tok-{}\"", "Shape of the placeholder; `{}` becomes random."),
    key("credentials.NAME.header", Kind::Text, "none", "\"Authorization: Bearer {}\"", "Header that is set on every request to the hosts, for clients that send nothing themselves."),
    key("credentials.NAME.query", Kind::Text, "none", "\"key={}\"", "Query parameter that is set on every request to the hosts."),
    key("credentials.NAME.optional", Kind::Bool, "false", "true", "Left out when its variable is not set, instead of stopping the run."),

    key("tools.NAME.binary", Kind::Text, "the tool's name", "\"claude\"", "Program to run: a name on PATH or a path."),
    key("tools.NAME.args", Kind::Texts, "[]", "[\"--verbose\"]", "Arguments put before those of the command line."),
    key("tools.NAME.display_name", Kind::Text, "the tool's name", "\"Claude Code\"", "Name shown in prompts."),
    key("tools.NAME.default", Kind::Choice(DEFAULTS), "network.default", "\"ask\"", "Overrides `network.default`."),
    key("tools.NAME.allowlist", Kind::Texts, "[]", "[\"*.anthropic.com\"]", "Further hosts that are allowed for this tool."),
    key("tools.NAME.blocklist", Kind::Texts, "[]", "[\"tracker.example\"]", "Further hosts that are refused for this tool."),
    key("tools.NAME.graylist", Kind::Texts, "[]", "[\"paste.example\"]", "Further hosts that are asked about for this tool."),
    key("tools.NAME.rules[].host", Kind::TextOrTexts, "required", "\"api.example.com\"", "As in `network.rules`, for this tool."),
    key("tools.NAME.rules[].ports", Kind::Ints, "443 and 80; every port for block", "[443]", "As in `network.rules`."),
    key("tools.NAME.rules[].methods", Kind::Texts, "every method", "[\"POST\"]", "As in `network.rules`."),
    key("tools.NAME.rules[].paths", Kind::Texts, "every path", "[\"/v1/**\"]", "As in `network.rules`."),
    key("tools.NAME.rules[].action", Kind::Choice(ACTIONS), "required", "\"block\"", "As in `network.rules`."),
    key("tools.NAME.rules[].private", Kind::Bool, "false", "true", "As in `network.rules`."),
    key("tools.NAME.rules[].inspect", Kind::Bool, "true", "false", "As in `network.rules`."),
    key("tools.NAME.host_rewrite.NAME", Kind::Text, "none", "\"llm-gateway.corp/v1/cursor\"", "As `network.host_rewrite`; wins over it for the same host."),
    key("tools.NAME.examples.match", Kind::Texts, "[]", "[\"api.example.com\"]", "As `network.examples.match`, with this tool's lists."),
    key("tools.NAME.examples.ask", Kind::Texts, "[]", "[\"paste.example\"]", "As `network.examples.ask`."),
    key("tools.NAME.examples.not_match", Kind::Texts, "[]", "[\"evil.example\"]", "As `network.examples.not_match`."),
    key("tools.NAME.denylist", Kind::Texts, "[]", "[\"secrets\"]", "Further paths that are hidden for this tool."),
    key("tools.NAME.bind_ro", Kind::Texts, "[]", "[\"$HOME/.gitconfig\"]", "Further paths that this tool can read."),
    key("tools.NAME.bind_rw", Kind::Texts, "[]", "[\"$HOME/.claude\"]", "Further paths that this tool can write."),
    key("tools.NAME.env.NAME", Kind::Text, "none", "\"1\"", "As `sandbox.env`; wins over it for the same name."),
    key("tools.NAME.env_pass", Kind::Texts, "[]", "[\"EDITOR\"]", "As `sandbox.env_pass`."),
    key("tools.NAME.display", Kind::Texts, "sandbox.display", "[\"wayland\"]", "Overrides `sandbox.display`. A tool with a graphical interface is refused without it."),
    key("tools.NAME.level", Kind::Choice(LEVELS), "sandbox.level", "\"standard\"", "Overrides `sandbox.level`."),
    key("tools.NAME.backend", Kind::Choice(BACKENDS), "sandbox.backend", "\"bubblewrap\"", "Overrides `sandbox.backend`."),
    key("tools.NAME.limits.memory", Kind::Size, "limits.memory", "\"4g\"", "Overrides `limits.memory`."),
    key("tools.NAME.limits.pids", Kind::Int, "limits.pids", "512", "Overrides `limits.pids`."),
    key("tools.NAME.limits.cpus", Kind::Cpus, "limits.cpus", "2", "Overrides `limits.cpus`."),
    key("tools.NAME.limits.cpuset", Kind::Ints, "limits.cpuset", "[0]", "Overrides `limits.cpuset`."),
    key("tools.NAME.limits.wall_time", Kind::Duration, "limits.wall_time", "\"2h\"", "Overrides `limits.wall_time`."),
    key("tools.NAME.limits.file_size", Kind::Size, "limits.file_size", "\"1g\"", "Overrides `limits.file_size`."),
    key("tools.NAME.limits.open_files", Kind::Int, "limits.open_files", "1024", "Overrides `limits.open_files`."),
    key("tools.NAME.limits.tmp_size", Kind::Size, "limits.tmp_size", "\"1g\"", "Overrides `limits.tmp_size`."),
    key("tools.NAME.limits.best_effort", Kind::Texts, "limits.best_effort", "[\"memory\"]", "Overrides `limits.best_effort`."),
    key("tools.NAME.credentials.NAME.hosts", Kind::Texts, "required", "[\"api.example.com\"]", "As `credentials`, for this tool only; wins over one of the same name."),
    key("tools.NAME.credentials.NAME.source.env", Kind::Text, "none", "\"EXAMPLE_TOKEN\"", "As in `credentials`."),
    key("tools.NAME.credentials.NAME.source.file", Kind::Text, "none", "\"$HOME/.config/example/token\"", "As in `credentials`."),
    key("tools.NAME.credentials.NAME.source.command", Kind::Texts, "none", "[\"/usr/bin/pass\", \"show\", \"example\"]", "As in `credentials`."),
    key("tools.NAME.credentials.NAME.source.keys", Kind::Text, "none", "\"example-token\"", "As in `credentials`."),
    key("tools.NAME.credentials.NAME.env", Kind::Text, "none", "\"EXAMPLE_TOKEN\"", "As in `credentials`."),
    key("tools.NAME.credentials.NAME.placeholder", Kind::Text, "\"ringfence-NAME-{}\"", "\"tok-{}\"", "As in `credentials`."),
    key("tools.NAME.credentials.NAME.header", Kind::Text, "none", "\"Authorization: Bearer {}\"", "As in `credentials`."),
    key("tools.NAME.credentials.NAME.query", Kind::Text, "none", "\"key={}\"", "As in `credentials`."),
    key("tools.NAME.credentials.NAME.optional", Kind::Bool, "false", "true", "As in `credentials`."),
];

/// The last word of each key that follows a prefix, for suggestions.
pub(crate) fn children(prefix: &[&str]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = KEYS
        .iter()
        .filter_map(|key| {
            let mut parts = key.path.split('.');
            let same = prefix.iter().all(|wanted| parts.next() == Some(*wanted));
            if same {
                parts.next().map(|part| part.trim_end_matches("[]"))
            } else {
                None
            }
        })
        .collect();
    names.dedup();
    names
}

/// Whether people choose the names in this table: tools, credentials, variables, hosts.
pub(crate) fn has_free_names(prefix: &[&str]) -> bool {
    KEYS.iter().any(|key| {
        let mut parts = key.path.split('.');
        prefix.iter().all(|wanted| parts.next() == Some(*wanted)) && parts.next() == Some("NAME")
    })
}
