//! Which OCSF class, activity and objects an [`Event`] becomes (schema 1.5, <https://schema.ocsf.io>).
//!
//! A refusal is an activity with the security-control profile (`action_id` 2, `disposition_id` 2), as OCSF asks for atomic alerts;
//! a finding (2004) stands where there is no activity of its own: a credential sent to the wrong place, a condition of the fence.

use ringfence_policy::decision::{Grant, Scheme};
use ringfence_policy::event::Event;
use serde::Serialize;

/// Version of the schema that the lines follow.
pub(crate) const SCHEMA: &str = "1.5.0";

const FILE_ACTIVITY: u16 = 1001;
const PROCESS_ACTIVITY: u16 = 1007;
const DETECTION_FINDING: u16 = 2004;
const AUTHORIZE_SESSION: u16 = 3003;
const ENTITY_MANAGEMENT: u16 = 3004;
const NETWORK_ACTIVITY: u16 = 4001;
const HTTP_ACTIVITY: u16 = 4002;
const DNS_ACTIVITY: u16 = 4003;
const APPLICATION_LIFECYCLE: u16 = 6002;

const INFORMATIONAL: u8 = 1;
const LOW: u8 = 2;
const MEDIUM: u8 = 3;
const HIGH: u8 = 4;

/// The OCSF half of a line. Borrowed: an event is rendered once and dropped.
#[derive(Serialize)]
pub(crate) struct Ocsf<'a> {
    pub(crate) class_uid: u16,
    category_uid: u16,
    pub(crate) activity_id: u8,
    type_uid: u32,
    pub(crate) severity_id: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_id: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disposition_id: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_id: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<Process<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<File<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding_info: Option<Finding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<Entity<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<App<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    privileges: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_endpoint: Option<Endpoint<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Query<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_request: Option<HttpRequest<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_response: Option<HttpResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traffic: Option<Traffic>,
}

#[derive(Serialize)]
struct Process<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cmd_line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    working_directory: Option<&'a str>,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    path: &'a str,
    type_id: u8,
}

#[derive(Serialize)]
struct Finding<'a> {
    title: &'a str,
    uid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    desc: Option<&'a str>,
}

#[derive(Serialize)]
struct User {
    uid: String,
}

#[derive(Serialize)]
struct Actor {
    user: User,
}

#[derive(Serialize)]
struct Entity<'a> {
    name: &'a str,
    r#type: &'a str,
}

#[derive(Serialize)]
struct App<'a> {
    name: &'a str,
    vendor_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
}

#[derive(Serialize)]
struct Query<'a> {
    hostname: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Serialize)]
struct HttpRequest<'a> {
    http_method: &'a str,
    url: Url<'a>,
}

#[derive(Serialize)]
struct Url<'a> {
    hostname: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<Scheme>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
}

#[derive(Serialize)]
struct HttpResponse {
    code: u16,
}

#[derive(Serialize)]
struct Traffic {
    bytes_out: u64,
    bytes_in: u64,
}

impl<'a> Ocsf<'a> {
    fn new(class_uid: u16, activity_id: u8, severity_id: u8) -> Self {
        Ocsf {
            class_uid,
            category_uid: class_uid / 1000,
            activity_id,
            type_uid: u32::from(class_uid) * 100 + u32::from(activity_id),
            severity_id,
            action_id: None,
            disposition_id: None,
            status_id: None,
            status_detail: None,
            duration: None,
            exit_code: None,
            process: None,
            file: None,
            finding_info: None,
            user: None,
            actor: None,
            entity: None,
            app: None,
            privileges: None,
            dst_endpoint: None,
            query: None,
            http_request: None,
            http_response: None,
            traffic: None,
        }
    }

    /// Applies the security-control profile.
    fn granted(mut self, grant: Grant) -> Self {
        let id = if grant == Grant::Allow { 1 } else { 2 };
        self.action_id = Some(id);
        self.disposition_id = Some(id);
        self
    }

    /// Whether the security-control profile is in use.
    pub(crate) fn controls(&self) -> bool {
        self.action_id.is_some()
    }

    /// Renders an event.
    pub(crate) fn of(event: &'a Event) -> Self {
        match event {
            Event::SessionStart {
                tool, argv, cwd, ..
            } => {
                let mut line = Ocsf::new(PROCESS_ACTIVITY, 1, INFORMATIONAL);
                line.process = Some(Process {
                    name: tool,
                    cmd_line: Some(argv.join(" ")),
                    working_directory: Some(cwd),
                });
                line
            }
            Event::SessionEnd {
                exit_code,
                reason,
                wall_ms,
                ..
            } => {
                let mut line = Ocsf::new(
                    PROCESS_ACTIVITY,
                    2,
                    if reason == "exit" { INFORMATIONAL } else { LOW },
                );
                line.process = Some(Process {
                    name: "session",
                    cmd_line: None,
                    working_directory: None,
                });
                line.exit_code = *exit_code;
                line.duration = Some(*wall_ms);
                line.status_detail = Some(reason);
                line
            }
            Event::Decision {
                host,
                port,
                method,
                path,
                grant,
                ..
            } => {
                let severity = if *grant == Grant::Allow {
                    INFORMATIONAL
                } else {
                    MEDIUM
                };
                let mut line = match method {
                    Some(method) => Ocsf::new(HTTP_ACTIVITY, method_activity(method), severity),
                    None => Ocsf::new(
                        NETWORK_ACTIVITY,
                        if *grant == Grant::Allow { 1 } else { 5 },
                        severity,
                    ),
                };
                line.http_request =
                    request(method.as_deref(), host, path.as_deref(), None, Some(*port));
                line.dst_endpoint = Some(Endpoint {
                    hostname: Some(host),
                    ip: None,
                    port: Some(*port),
                });
                line.granted(*grant)
            }
            Event::Exchange {
                scheme,
                host,
                upstream,
                address,
                method,
                path,
                status,
                bytes_out,
                bytes_in,
                ms,
                error,
                ..
            } => {
                let severity = if error.is_some() { LOW } else { INFORMATIONAL };
                let mut line = match method {
                    Some(method) => Ocsf::new(HTTP_ACTIVITY, method_activity(method), severity),
                    None => Ocsf::new(
                        NETWORK_ACTIVITY,
                        if error.is_some() { 4 } else { 6 },
                        severity,
                    ),
                };
                line.http_request =
                    request(method.as_deref(), host, path.as_deref(), *scheme, None);
                line.http_response = status.map(|code| HttpResponse { code });
                line.dst_endpoint = Some(Endpoint {
                    hostname: Some(upstream),
                    ip: *address,
                    port: None,
                });
                line.traffic = Some(Traffic {
                    bytes_out: *bytes_out,
                    bytes_in: *bytes_in,
                });
                line.duration = Some(*ms);
                line.status_id = Some(if error.is_some() { 2 } else { 1 });
                line.status_detail = error.as_deref();
                line
            }
            Event::Dns { name, kind, answer } => {
                let refused = matches!(answer.as_str(), "refused" | "malformed");
                let mut line =
                    Ocsf::new(DNS_ACTIVITY, 1, if refused { LOW } else { INFORMATIONAL });
                line.query = Some(Query {
                    hostname: name,
                    kind,
                });
                line.status_detail = Some(answer);
                if refused {
                    line.granted(Grant::Deny)
                } else {
                    line
                }
            }
            Event::Prompt {
                kind,
                subject,
                grant,
                ms,
                ..
            } => {
                let mut line = Ocsf::new(AUTHORIZE_SESSION, 1, INFORMATIONAL);
                line.user = Some(User {
                    uid: rustix::process::getuid().as_raw().to_string(),
                });
                line.privileges = Some([subject]);
                line.status_detail = Some(kind);
                line.duration = Some(*ms);
                line.granted(*grant)
            }
            Event::Credential {
                name,
                host,
                grant: Grant::Allow,
                ..
            } => {
                let mut line = Ocsf::new(AUTHORIZE_SESSION, 1, INFORMATIONAL);
                line.user = Some(User {
                    uid: rustix::process::getuid().as_raw().to_string(),
                });
                line.privileges = Some([name]);
                line.dst_endpoint = Some(Endpoint {
                    hostname: Some(host),
                    ip: None,
                    port: None,
                });
                line.granted(Grant::Allow)
            }
            Event::Credential {
                name,
                host,
                grant: Grant::Deny,
                reason,
            } => {
                let mut line = Ocsf::new(DETECTION_FINDING, 1, HIGH);
                line.finding_info = Some(Finding {
                    title: "credential refused",
                    uid: name,
                    desc: reason.as_deref(),
                });
                line.dst_endpoint = Some(Endpoint {
                    hostname: Some(host),
                    ip: None,
                    port: None,
                });
                line.granted(Grant::Deny)
            }
            Event::Finding {
                place,
                detector,
                action,
                host,
                ..
            } => {
                let mut line = Ocsf::new(DETECTION_FINDING, 1, HIGH);
                line.finding_info = Some(Finding {
                    title: "egress filter",
                    uid: detector,
                    desc: Some(place),
                });
                line.dst_endpoint = host.as_deref().map(|host| Endpoint {
                    hostname: Some(host),
                    ip: None,
                    port: None,
                });
                line.granted(if action == "report" {
                    Grant::Allow
                } else {
                    Grant::Deny
                })
            }
            Event::Publish { host, grant, .. } => {
                let mut line = Ocsf::new(
                    NETWORK_ACTIVITY,
                    if *grant == Grant::Allow { 7 } else { 5 },
                    LOW,
                );
                line.dst_endpoint = Some(Endpoint {
                    hostname: Some("127.0.0.1"),
                    ip: None,
                    port: Some(*host),
                });
                line.granted(*grant)
            }
            Event::HostFile { path, kind } => {
                // 99: seen at the end, so whether it was made or changed is not known.
                let mut line = Ocsf::new(FILE_ACTIVITY, 99, MEDIUM);
                line.file = Some(File {
                    name: path.rsplit('/').next().unwrap_or(path),
                    path,
                    type_id: 0,
                });
                line.status_detail = Some(kind);
                line
            }
            Event::Model {
                action,
                model,
                digest,
                detail,
                off,
                ms,
                ..
            } => {
                let failed = matches!(action.as_str(), "refuse" | "die");
                let activity = match action.as_str() {
                    "serve" | "load" | "refuse" => 3,
                    "unload" | "stop" | "die" => 4,
                    "pull" | "create" | "copy" => 1,
                    "delete" => 2,
                    _ => 99,
                };
                let severity = match failed || !off.is_empty() {
                    true => MEDIUM,
                    false => INFORMATIONAL,
                };
                let mut line = Ocsf::new(APPLICATION_LIFECYCLE, activity, severity);
                line.app = Some(App {
                    name: model.as_deref().unwrap_or("ringfence model serve"),
                    vendor_name: "ringfence",
                    uid: digest.as_deref(),
                });
                line.status_id = Some(if failed { 2 } else { 1 });
                line.status_detail = detail.as_deref();
                line.duration = *ms;
                line
            }
            Event::Keys {
                action,
                uid,
                outcome,
                names,
                detail,
            } => {
                let activity = match action.as_str() {
                    "init" => 1,
                    "export" | "verify" => 2,
                    "set" | "rotate" | "import" => 3,
                    "forget" => 4,
                    _ => 99,
                };
                let severity = match (action.as_str(), outcome.as_str()) {
                    (_, "failed") | ("export" | "forget", _) => MEDIUM,
                    _ => INFORMATIONAL,
                };
                let mut line = Ocsf::new(ENTITY_MANAGEMENT, activity, severity);
                line.actor = Some(Actor {
                    user: User {
                        uid: uid.to_string(),
                    },
                });
                line.entity = Some(Entity {
                    name: names.first().map_or("vault", String::as_str),
                    r#type: "key",
                });
                line.status_id = match outcome.as_str() {
                    "done" => Some(1),
                    "failed" => Some(2),
                    _ => None,
                };
                line.status_detail = detail.as_deref();
                line
            }
            Event::Fence { condition, detail } => {
                let mut line = Ocsf::new(DETECTION_FINDING, 1, MEDIUM);
                line.finding_info = Some(Finding {
                    title: condition,
                    uid: condition,
                    desc: Some(detail),
                });
                line
            }
        }
    }
}

fn request<'a>(
    method: Option<&'a str>,
    host: &'a str,
    path: Option<&'a str>,
    scheme: Option<Scheme>,
    port: Option<u16>,
) -> Option<HttpRequest<'a>> {
    method.map(|http_method| HttpRequest {
        http_method,
        url: Url {
            hostname: host,
            path,
            scheme,
            port,
        },
    })
}

/// `activity_id` of the HTTP class.
fn method_activity(method: &str) -> u8 {
    match method {
        "CONNECT" => 1,
        "DELETE" => 2,
        "GET" => 3,
        "HEAD" => 4,
        "OPTIONS" => 5,
        "POST" => 6,
        "PUT" => 7,
        "TRACE" => 8,
        "PATCH" => 9,
        _ => 99,
    }
}
