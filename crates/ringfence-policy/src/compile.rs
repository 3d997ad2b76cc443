//! From files as written to rules as meant: patterns parsed, named sets looked up, every bad value shown in its place.

mod rewrites;

use toml::Spanned;

use crate::config::written::{List, Rule as WrittenRule, Tool};
use crate::config::{ConfigKind, ConfigSource, Document, Problem, Problems, ProjectTrust};
use crate::path::PathPattern;
use crate::pattern::HostPattern;
use crate::plan::{Gateway, HostFacts, RunOptions};
use crate::policy::{DefaultAction, Rules};
use crate::presets;
use crate::resolve::ResolveError;
use crate::rules::{Action, Rule};
use crate::stage::Stage;

/// Names of the sets that stand for what this machine's clients are configured to use.
pub const NAMED_SETS: &[&str] = &["@pip", "@npm", "@cargo", "@apt", "@git"];

/// A pattern, and the mark of the named set that it came from.
type NamedPattern = (HostPattern, String);
/// What is wrong, and what to do about it.
type Complaint = (String, Option<String>);

/// The files that one run is made of.
pub(crate) struct Layers {
    pub user: Option<Document>,
    pub preset: Option<Document>,
    pub project: Option<Document>,
    pub tool: Option<String>,
    pub remarks: Vec<String>,
}

impl Layers {
    /// Parses every file that matters for `tool`.
    pub fn parse(sources: &[ConfigSource], tool: Option<&str>) -> Result<Self, ResolveError> {
        let mut layers = Self {
            user: None,
            preset: None,
            project: None,
            tool: tool.map(str::to_owned),
            remarks: Vec::new(),
        };
        let mut problems: Vec<Problem> = Vec::new();
        for source in sources {
            match (
                source.kind,
                Document::parse(&source.name, &source.text, source.kind),
            ) {
                (ConfigKind::Project(ProjectTrust::Changed), _) => {
                    return Err(ResolveError::project_changed(&source.name));
                }
                (_, Err(error)) => problems.extend(error.problems),
                (ConfigKind::User, Ok(document)) => {
                    layers.user.get_or_insert(document);
                }
                (ConfigKind::Project(trust), Ok(document)) => {
                    if trust == ProjectTrust::Unknown {
                        layers.remarks.push(format!("{} is not trusted yet; it applies all the same, because it can only tighten", source.name));
                    }
                    layers.project.get_or_insert(document);
                }
            }
        }
        if let Some((name, text)) = tool.and_then(presets::of) {
            match Document::parse(&format!("preset {name}"), text, ConfigKind::User) {
                Ok(document) => layers.preset = Some(document),
                Err(error) => problems.extend(error.problems),
            }
        }
        if problems.is_empty() {
            Ok(layers)
        } else {
            Err(ResolveError::config(problems))
        }
    }

    /// The sections of the tool: the user's first, then the preset's.
    pub fn tool_sections(&self) -> impl Iterator<Item = (&Document, &Tool)> {
        [&self.user, &self.preset]
            .into_iter()
            .flatten()
            .filter_map(|document| {
                let tool = document.written.tools.get(self.tool.as_deref()?)?;
                Some((document, tool))
            })
    }

    /// What the tool's sections say for one key: the user's value replaces the preset's.
    pub fn of_tool<'s, T>(
        &'s self,
        get: impl Fn(&'s Tool) -> Option<&'s T>,
    ) -> Option<(&'s Document, &'s T)> {
        self.tool_sections()
            .find_map(|(document, tool)| get(tool).map(|value| (document, value)))
    }

    pub fn user_list<'s>(
        &'s self,
        get: impl Fn(&'s Document) -> Option<&'s List>,
    ) -> Option<(&'s Document, &'s List)> {
        let document = self.user.as_ref()?;
        get(document).map(|list| (document, list))
    }
}

/// `*.com` and its like.
fn is_wide(patterns: &[NamedPattern]) -> bool {
    let wide = |pattern: &HostPattern| pattern.below().is_some_and(|parent| !parent.contains('.'));
    patterns.iter().any(|(pattern, _)| wide(pattern))
}

/// Compiles the network side. Problems go to `found`, remarks for the person to `layers.remarks`.
pub(crate) struct Compiler<'a> {
    pub layers: &'a Layers,
    pub facts: &'a HostFacts,
    pub found: Vec<Problem>,
    pub remarks: Vec<String>,
}

impl<'a> Compiler<'a> {
    pub fn new(layers: &'a Layers, facts: &'a HostFacts) -> Self {
        Self {
            layers,
            facts,
            found: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Every stage of the policy, credentials excepted.
    pub fn rules(
        &mut self,
        options: &RunOptions,
        gateway: Option<&Gateway>,
    ) -> Result<Rules, ResolveError> {
        let mut rules = self.own_rules(options, gateway)?;
        self.project(&mut rules);
        Ok(rules)
    }

    /// Without what a project file adds.
    pub fn own_rules(
        &mut self,
        options: &RunOptions,
        gateway: Option<&Gateway>,
    ) -> Result<Rules, ResolveError> {
        let layers = self.layers;
        let mut rules = Rules::default();
        self.set_default(&mut rules);

        // Blocklist: everything that anyone blocked.
        self.options(&options.block, Action::Block, "--block", &mut rules.block)?;
        self.list(
            layers.of_tool(|tool| tool.blocklist.as_ref()),
            Action::Block,
            "tool blocklist",
            &mut rules.block,
        );
        self.list(
            layers.user_list(|d| d.written.network.blocklist.as_ref()),
            Action::Block,
            "blocklist",
            &mut rules.block,
        );

        // Tool allowlist, with what the command line allows for this run.
        self.options(
            &options.allow,
            Action::Allow,
            "--allow",
            &mut rules.tool_allow,
        )?;
        self.list(
            layers.of_tool(|tool| tool.allowlist.as_ref()),
            Action::Allow,
            "tool allowlist",
            &mut rules.tool_allow,
        );
        self.list(
            layers.user_list(|d| d.written.network.allowlist.as_ref()),
            Action::Allow,
            "allowlist",
            &mut rules.allow,
        );

        self.list(
            layers.of_tool(|tool| tool.graylist.as_ref()),
            Action::Ask,
            "tool graylist",
            &mut rules.ask,
        );
        self.list(
            layers.user_list(|d| d.written.network.graylist.as_ref()),
            Action::Ask,
            "graylist",
            &mut rules.ask,
        );

        if let Some((document, list)) = layers.of_tool(|tool| tool.rules.as_ref()) {
            self.tables(document, list, true, &mut rules);
        }
        if let Some(document) = &layers.user
            && let Some(list) = &document.written.network.rules
        {
            self.tables(document, list, false, &mut rules);
        }
        self.rewrites(gateway, &mut rules);
        Ok(rules)
    }

    fn set_default(&mut self, rules: &mut Rules) {
        let layers = self.layers;
        let user = layers
            .user
            .as_ref()
            .and_then(|d| d.written.network.default.as_ref().map(|value| (d, value)));
        (rules.default, rules.default_origin) =
            match layers.of_tool(|tool| tool.default.as_ref()).or(user) {
                Some((document, value)) => (*value.get_ref(), document.place(&value.span())),
                None => (DefaultAction::Deny, "built in".to_owned()),
            };
    }

    fn project(&mut self, rules: &mut Rules) {
        let Some(project) = &self.layers.project else {
            return;
        };
        let network = &project.written.network;
        if let Some(value) = &network.default {
            match value.get_ref() {
                DefaultAction::Deny => {
                    rules.default = DefaultAction::Deny;
                    rules.default_origin = project.place(&value.span());
                }
                DefaultAction::Ask => {
                    let message =
                        "a project file may only tighten: the default can only be \"deny\" here";
                    self.problem(project, value.span(), message, None);
                }
            }
        }
        self.list(
            network.blocklist.as_ref().map(|list| (project, list)),
            Action::Block,
            "project blocklist",
            &mut rules.block,
        );
        self.list(
            network.graylist.as_ref().map(|list| (project, list)),
            Action::Ask,
            "project graylist",
            &mut rules.tighten_ask,
        );
        let mut own = Rules::default();
        if let Some(list) = &network.rules {
            for rule in list
                .iter()
                .filter(|rule| *rule.get_ref().action.get_ref() == Action::Allow)
            {
                self.problem(
                    project,
                    rule.get_ref().action.span(),
                    "a project file may only tighten: a rule can only ask or block here",
                    None,
                );
            }
            self.tables(project, list, false, &mut own);
        }
        rules.block.append(own.block);
        rules.tighten_ask.append(own.ask);
    }

    fn list(
        &mut self,
        list: Option<(&Document, &List)>,
        action: Action,
        label: &str,
        into: &mut Stage,
    ) {
        let Some((document, list)) = list else { return };
        for text in list {
            let origin = format!("{label}, {}", document.place(&text.span()));
            match self.patterns(text.get_ref()) {
                Ok(patterns) => {
                    if action == Action::Allow && is_wide(&patterns) {
                        let wide = text.get_ref();
                        self.remarks.push(format!(
                            "{origin}: {wide} allows every name of a whole top-level domain"
                        ));
                    }
                    into.extend(patterns.into_iter().map(|(pattern, set)| {
                        Rule::of_host(pattern, action, format!("{origin}{set}"))
                    }));
                }
                Err((why, hint)) => self.problem(document, text.span(), why, hint),
            }
        }
    }

    fn options(
        &mut self,
        texts: &[String],
        action: Action,
        option: &str,
        into: &mut Stage,
    ) -> Result<(), ResolveError> {
        for text in texts {
            match self.patterns(text) {
                Ok(patterns) => into.extend(patterns.into_iter().map(|(pattern, set)| {
                    Rule::of_host(pattern, action, format!("{option}{set}"))
                })),
                Err((why, hint)) => {
                    return Err(ResolveError::usage(
                        format!("{option} {}: {why}", text.escape_debug()),
                        hint,
                    ));
                }
            }
        }
        Ok(())
    }

    /// One entry of a list: a pattern, or a named set with the mark to put behind the origin of each of its rules.
    fn patterns(&mut self, text: &str) -> Result<Vec<NamedPattern>, Complaint> {
        if !text.starts_with('@') {
            return HostPattern::parse(text)
                .map(|pattern| vec![(pattern, String::new())])
                .map_err(|error| (error.why, error.hint));
        }
        if !NAMED_SETS.contains(&text) {
            return Err((
                format!("there is no named set `{text}`"),
                Some(format!("the sets are {}", NAMED_SETS.join(", "))),
            ));
        }
        let sets = &self.facts.named_sets;
        let Some(hosts) = sets.get(text).or_else(|| sets.get(&text[1..])) else {
            self.remarks.push(format!(
                "{text} names no host: this machine's configuration of that client was not read"
            ));
            return Ok(Vec::new());
        };
        let parse = |host: &String| {
            HostPattern::parse(host).map(|pattern| (pattern, format!(" via {text}")))
        };
        hosts
            .iter()
            .map(parse)
            .collect::<Result<_, _>>()
            .map_err(|error| (format!("{text}: {}", error.why), error.hint))
    }

    fn tables(
        &mut self,
        document: &Document,
        list: &[Spanned<WrittenRule>],
        of_tool: bool,
        rules: &mut Rules,
    ) {
        for written in list {
            let mut problems = document.problems();
            let compiled = self.table(written, document, &mut problems);
            self.found.extend(problems.take());
            for rule in compiled {
                match rule.action {
                    Action::Block => rules.block.push(rule),
                    Action::Allow if of_tool => rules.tool_allow.push(rule),
                    Action::Allow => rules.allow.push(rule),
                    Action::Ask => rules.ask.push(rule),
                }
            }
        }
    }

    fn table(
        &mut self,
        spanned: &Spanned<WrittenRule>,
        document: &Document,
        problems: &mut Problems<'_>,
    ) -> Vec<Rule> {
        let written = spanned.get_ref();
        let action = *written.action.get_ref();
        let origin = format!("rule, {}", document.place(&spanned.span()));
        let mut ports = Vec::new();
        if let Some(list) = &written.ports {
            for port in list.get_ref() {
                match u16::try_from(*port) {
                    Ok(port) if port > 0 => ports.push(port),
                    _ => problems.push(
                        list.span(),
                        format!("{port} is not a port"),
                        Some("ports are numbers from 1 to 65535".into()),
                    ),
                }
            }
            if list.get_ref().is_empty() {
                problems.push(
                    list.span(),
                    "an empty list of ports matches nothing",
                    Some("leave `ports` out for the default".into()),
                );
            }
        }
        let mut paths = Vec::new();
        for path in &written.paths {
            match PathPattern::parse(path.get_ref()) {
                Ok(pattern) => paths.push(pattern),
                Err(why) => problems.push(
                    path.span(),
                    why,
                    Some("a path pattern is like \"/v1/messages\", \"/v1/*\" or \"/v1/**\"".into()),
                ),
            }
        }
        for method in &written.methods {
            let text = method.get_ref();
            if text.is_empty() || !text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
                problems.push(
                    method.span(),
                    "methods are written in capitals",
                    Some(format!("\"{}\"", text.to_ascii_uppercase())),
                );
            }
        }
        let methods: Vec<String> = written
            .methods
            .iter()
            .map(|method| method.get_ref().clone())
            .collect();
        if !written.inspect && (!methods.is_empty() || !paths.is_empty()) {
            problems.push(
                spanned.span(),
                "methods and paths can not be seen on a connection that is not inspected",
                Some("remove `inspect = false`, or methods and paths".into()),
            );
        }
        if action == Action::Block && (written.private || !written.inspect) {
            problems.push(
                written.action.span(),
                "`private` and `inspect` mean nothing in a rule that blocks",
                None,
            );
        }
        let mut rules = Vec::new();
        for text in written.host.texts() {
            match self.patterns(text) {
                Ok(patterns) => rules.extend(patterns.into_iter().map(|(pattern, set)| Rule {
                    pattern,
                    ports: ports.clone(),
                    methods: methods.clone(),
                    paths: paths.clone(),
                    action,
                    private: written.private,
                    inspect: written.inspect,
                    origin: format!("{origin}{set}"),
                })),
                Err((why, hint)) => problems.push(written.host.0.span(), why, hint),
            }
        }
        if rules
            .iter()
            .any(|rule| rule.pattern.port.is_some() && !rule.ports.is_empty())
        {
            problems.push(
                written.host.0.span(),
                "the port is given twice",
                Some("write it in `host` or in `ports`".into()),
            );
        }
        rules
    }

    pub fn problem(
        &mut self,
        document: &Document,
        span: std::ops::Range<usize>,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let mut problems = document.problems();
        problems.push(span, message, hint);
        self.found.extend(problems.take());
    }
}
