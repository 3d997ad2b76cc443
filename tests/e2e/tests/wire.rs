//! What is not HTTP, inside the fence: ssh and git over ssh by a rule for their port, raw sockets, DNS and UDP; and the
//! flags of the command line that change one run.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::process::Stdio;
use std::time::Duration;

use ringfence_e2e::client::{find, ringfence};
use ringfence_e2e::fixture::Fixture;
use ringfence_e2e::origin::{ALLOWED, BLOCKED, GREETING, Origin};
use ringfence_e2e::registry;
use ringfence_e2e::ssh_server::SshServer;

/// The host that ssh and raw sockets may reach.
const SSH_HOST: &str = "git.test.example";

/// An origin with its fixture, configured with further rules; `None`, with the reason printed, without nginx.
fn origin() -> Option<(Fixture, Origin)> {
    if find("nginx").is_none() {
        println!("SKIPPED: nginx is not installed");
        return None;
    }
    let fixture = Fixture::new().unwrap();
    let origin = Origin::start(&fixture).unwrap();
    Some((fixture, origin))
}

fn configure(fixture: &Fixture, origin: &Origin, rules: &str) {
    fixture
        .write(".config/ringfence/config.toml", &origin.config(rules))
        .unwrap();
}

fn rule(port: u16) -> String {
    format!(
        "    {{ host = \"{SSH_HOST}\", ports = [{port}], action = \"allow\", private = true }},\n"
    )
}

/// Runs a shell script inside; both streams together.
fn inside(fixture: &Fixture, origin: &Origin, flags: &[&str], script: &str) -> String {
    let output = ringfence(fixture, origin)
        .arg("run")
        .args(flags)
        .args(["--", "bash", "-c", &format!("exec 2>&1\n{script}")])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn ssh_and_git_over_ssh_by_a_rule_for_the_port() {
    let Some((fixture, origin)) = origin() else {
        return;
    };
    let Some(server) = SshServer::start(&fixture).unwrap() else {
        return;
    };
    registry::repository(&origin.repositories(), "tiny.git").unwrap();
    configure(&fixture, &origin, &rule(server.port));
    let known = format!(
        "[{SSH_HOST}]:{} {}\n[{BLOCKED}]:{} {}\n",
        server.port, server.host_key, server.port, server.host_key
    );
    std::fs::write(fixture.workspace.join("known"), known).unwrap();
    let (port, user) = (server.port, &server.user);
    // A writable grant belongs to whoever runs inside, so the key in the workspace is private enough for ssh.
    let script = format!(
        "ssh='ssh -F none -i {key} -p {port} -o BatchMode=yes -o ConnectTimeout=20 -o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes'
         echo \"== $($ssh {user}@{SSH_HOST} 'echo from the server: $((6 * 7))')\"
         export GIT_SSH_COMMAND=$ssh
         git clone -q {user}@{SSH_HOST}:{repository} there && echo \"cloned $(cat there/greeting)\"
         cd there && git checkout -q -b inside && git -c user.name=t -c user.email=t@test.example commit -q --allow-empty -m more && git push -q origin inside && echo pushed
         $ssh {user}@{BLOCKED} 'echo from the server'; echo \"blocked: $?\"",
        key = fixture.workspace.join("id").display(),
        known = fixture.workspace.join("known").display(),
        repository = origin.repositories().join("tiny.git").display(),
    );
    let said = inside(&fixture, &origin, &[], &script);
    assert!(said.contains("== from the server: 42"), "{said}");
    assert!(said.contains(&format!("cloned {GREETING}")), "{said}");
    assert!(said.contains("pushed"), "{said}");
    assert!(
        origin
            .repositories()
            .join("tiny.git/refs/heads/inside")
            .exists(),
        "the push arrived: {said}"
    );
    assert!(said.contains("blocked: 255"), "{said}");
    assert_eq!(said.matches("from the server").count(), 1, "{said}");
}

#[test]
fn raw_sockets_reach_what_a_rule_names_and_nothing_else() {
    let Some((fixture, origin)) = origin() else {
        return;
    };
    let banner = Banner::start("banner-of-the-server\n");
    let other = Banner::start("banner-of-another-port\n");
    configure(&fixture, &origin, &rule(banner.port));
    assert_eq!(
        banner.read_directly(),
        "banner-of-the-server\n",
        "the server speaks first outside"
    );
    assert_eq!(other.read_directly(), "banner-of-another-port\n");
    let mut ways = vec![("/dev/tcp", "timeout 60 bash -c \"cat < /dev/tcp/$1/$2\"")];
    if find("nc").is_some() {
        ways.push(("nc", "timeout 60 nc $1 $2 < /dev/null"));
    } else {
        println!("SKIPPED: raw sockets by nc, which is not installed");
    }
    // A client that waits for a server nobody may reach is refused only after ten seconds: all of them at once.
    let tries: String = ways
        .iter()
        .flat_map(|(way, command)| {
            let aims = [("allowed", SSH_HOST, banner.port), ("port", SSH_HOST, other.port), ("name", BLOCKED, banner.port), ("address", "127.0.0.1", banner.port)];
            aims.map(|(aim, host, port)| {
                format!("(set -- {host} {port}; said=$({command} 2>&1); code=$?; echo \"{way} {aim}: $code $said\") &\n")
            })
        })
        .collect();
    let said = inside(&fixture, &origin, &[], &format!("{tries}wait"));
    for (way, _) in &ways {
        assert!(
            said.contains(&format!("{way} allowed: 0 banner-of-the-server")),
            "{said}"
        );
        for aim in ["port", "name", "address"] {
            assert!(said.contains(&format!("{way} {aim}: ")), "{said}");
        }
    }
    assert_eq!(said.matches("banner-of-").count(), ways.len(), "{said}");
    assert!(
        !said.contains(": 124 "),
        "refused, not left waiting: {said}"
    );
}

#[test]
fn names_are_answered_inside_and_asked_outside_only_when_allowed() {
    let Some((fixture, origin)) = origin() else {
        return;
    };
    configure(&fixture, &origin, "");
    let said = inside(
        &fixture,
        &origin,
        &[],
        &format!(
            "getent ahostsv4 {ALLOWED} | head -1
             getent hosts carries-a-secret.{BLOCKED}
             command -v dig >/dev/null && dig +short +time=5 +tries=1 @8.8.8.8 {ALLOWED} A
             command -v dig >/dev/null && dig +short +time=5 +tries=1 +tcp @9.9.9.9 {ALLOWED} A
             command -v dig >/dev/null && echo \"https: [$(dig +short +time=5 +tries=1 {ALLOWED} HTTPS)]\"
             curl -sS --max-time 20 https://{ALLOWED}:{port}/",
            port = origin.port,
        ),
    );
    let wanted = if find("dig").is_some() { 3 } else { 1 };
    assert!(
        said.matches("198.18.").count() + said.matches("198.19.").count() >= wanted,
        "{said}"
    );
    assert!(
        wanted == 1 || said.contains("https: []"),
        "no record that would lead to another protocol: {said}"
    );
    assert!(said.contains(GREETING), "{said}");
    let asked = origin.dns.asked();
    assert!(
        asked.iter().any(|name| name == ALLOWED),
        "the name that was dialled was looked up: {asked:?}"
    );
    assert!(
        !asked.iter().any(|name| name.contains("secret")),
        "a name is a message: {asked:?}"
    );
}

#[test]
fn udp_goes_nowhere() {
    let Some((fixture, origin)) = origin() else {
        return;
    };
    configure(&fixture, &origin, "");
    let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
    listener
        .set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let send = |to: &str, port: u16| {
        format!("(echo datagram > /dev/udp/{to}/{port}; echo again > /dev/udp/{to}/{port})")
    };
    // Outside the same line arrives.
    let sent = std::process::Command::new("bash")
        .args(["-c", &send("127.0.0.1", port)])
        .status()
        .unwrap();
    assert!(sent.success());
    let mut packet = [0u8; 64];
    assert!(listener.recv(&mut packet).is_ok() && listener.recv(&mut packet).is_ok());
    let script = format!(
        "{own}; {name}
         exec 3<>/dev/udp/1.1.1.1/443; echo hello >&3; timeout 5 head -c1 <&3; echo \"read: $?\"",
        own = send("127.0.0.1", port),
        name = send(ALLOWED, port),
    );
    let said = inside(&fixture, &origin, &[], &script);
    assert!(
        said.contains("Connection refused"),
        "told at once, so that clients fall back from QUIC: {said}"
    );
    assert!(!said.contains("read: 124"), "{said}");
    assert!(
        listener.recv(&mut packet).is_err(),
        "nothing arrives outside: {said}"
    );
}

#[test]
fn flags_change_one_run() {
    let Some((fixture, origin)) = origin() else {
        return;
    };
    configure(&fixture, &origin, "");
    let get = |host: &str| format!("curl -sS --max-time 20 https://{host}:{}/", origin.port);
    let plainly = inside(&fixture, &origin, &[], &get(ALLOWED));
    assert!(plainly.contains(GREETING), "{plainly}");
    let blocked = inside(&fixture, &origin, &["--block", ALLOWED], &get(ALLOWED));
    assert!(
        blocked.contains(&format!("ringfence refused {ALLOWED}")) && !blocked.contains(GREETING),
        "{blocked}"
    );

    let refused = inside(&fixture, &origin, &[], &get(BLOCKED));
    assert!(
        refused.contains("this host is not allowed here"),
        "{refused}"
    );
    assert!(!origin.dns.asked().contains(&BLOCKED.to_owned()));
    // Allowed by name, the host is looked up; that it is this machine is a second reason, which a flag does not lift.
    let target = format!("{BLOCKED}:{}", origin.port);
    let allowed = inside(&fixture, &origin, &["--allow", &target], &get(BLOCKED));
    assert!(
        origin.dns.asked().contains(&BLOCKED.to_owned()),
        "{allowed}"
    );
    assert!(
        !allowed.contains("this host is not allowed here") && !allowed.contains(GREETING),
        "{allowed}"
    );
    // A rewrite leads a public name to a place that the one who configured it chose: there the flag is all that lacks.
    let rewrite = format!(
        "\n[network.host_rewrite]\n\"public.example\" = \"https://{ALLOWED}:{}\"\n",
        origin.port
    );
    fixture
        .write(
            ".config/ringfence/config.toml",
            &format!("{}{rewrite}", origin.config("")),
        )
        .unwrap();
    let public = "curl -sS --max-time 20 https://public.example/";
    let without = inside(&fixture, &origin, &[], public);
    assert!(
        without.contains("ringfence refused public.example") && !without.contains(GREETING),
        "{without}"
    );
    let with = inside(&fixture, &origin, &["--allow", "public.example"], public);
    assert!(with.contains(GREETING), "{with}");
    let both = inside(
        &fixture,
        &origin,
        &["--allow", &target, "--block", BLOCKED],
        &get(BLOCKED),
    );
    assert!(
        both.contains(&format!("ringfence refused {BLOCKED}")),
        "{both}"
    );
}

/// A server that speaks first, then closes.
struct Banner {
    port: u16,
}

impl Banner {
    fn start(text: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // Ends with the process of the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _closed = std::io::Write::write_all(&mut &stream, text.as_bytes());
            }
        });
        Self { port }
    }

    fn read_directly(&self) -> String {
        let mut text = String::new();
        std::net::TcpStream::connect(("127.0.0.1", self.port))
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }
}
