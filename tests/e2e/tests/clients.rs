//! The clients that a machine has, inside the fence, against a TLS origin that the tests start: each fetches from an
//! allowed host once by the proxy variables and once with all of them unset, and tries a host that is not allowed both ways.
//! Every client prints its line of docs/clients.md.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use ringfence_e2e::client::{Client, Outcome, Refusal, find};
use ringfence_e2e::fixture::Fixture;
use ringfence_e2e::origin::{BLOCKED, GREETING, Origin};
use ringfence_e2e::registry;

/// What the documentation says about them.
const DOCUMENTED: &str = include_str!("../../../docs/clients.md");

/// Runs clients one after the other against one origin, and checks what holds for all of them.
fn run(clients: &[Client<'_>]) {
    if find("nginx").is_none() {
        println!("SKIPPED: nginx is not installed");
        return;
    }
    let fixture = Fixture::new().unwrap();
    let origin = Origin::start(&fixture).unwrap();
    registry::fill(&origin).unwrap();
    fixture
        .write(".config/ringfence/config.toml", &origin.config(""))
        .unwrap();
    blocked_host_is_really_there(&origin);
    let before = origin.reached(BLOCKED).len();
    let mut wrong = Vec::new();
    for client in clients {
        let row = format!("| {} |", client.name);
        assert!(
            DOCUMENTED.contains(&row),
            "docs/clients.md has no row {row}"
        );
        let Some(outcome) = client.run(&fixture, &origin).unwrap() else {
            continue;
        };
        println!("{}", outcome.row(client.name));
        wrong.extend(faults(client.name, &outcome));
        // What nobody was allowed to reach was neither reached nor asked for by name.
        assert_eq!(
            origin.reached(BLOCKED).len(),
            before,
            "{} reached the blocked host",
            client.name
        );
        assert!(
            !origin.dns.asked().contains(&BLOCKED.to_owned()),
            "{}: the blocked name left the machine",
            client.name
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn faults(name: &str, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    for (way, text) in [
        ("by the variables", &outcome.env),
        ("captured", &outcome.captured),
    ] {
        if !text.contains(GREETING) {
            found.push(format!("{name} {way} did not fetch: {text}"));
        }
    }
    for (way, text) in [
        ("by the variables", &outcome.env_blocked),
        ("captured", &outcome.captured_blocked),
    ] {
        if matches!(Refusal::of(text), Refusal::None | Refusal::Certificate) {
            found.push(format!("{name} {way} was not refused as it should: {text}"));
        }
    }
    found
}

/// Outside the fence the blocked host answers like the other: what refuses it inside is the fence.
fn blocked_host_is_really_there(origin: &Origin) {
    let output = Command::new("curl")
        .args([
            "-sS",
            "--noproxy",
            "*",
            "--resolve",
            &format!("{BLOCKED}:{}:127.0.0.1", origin.port),
        ])
        .arg("--cacert")
        .arg(&origin.ca)
        .arg(format!("https://{BLOCKED}:{}/", origin.port))
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        GREETING,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn command_line_clients() {
    run(&[
        Client {
            name: "curl",
            needs: &["curl"],
            version: "curl --version | cut -d' ' -f2",
            fetch: "curl -sS --max-time 20 $URL/",
            ..Client::default()
        },
        Client {
            name: "curl, HTTP/1.1",
            needs: &["curl"],
            version: "curl --version | cut -d' ' -f2",
            fetch: "curl -sS --http1.1 --max-time 20 $URL/",
            ..Client::default()
        },
        Client {
            name: "curl, plain HTTP",
            needs: &["curl"],
            version: "curl --version | cut -d' ' -f2",
            fetch: "curl -sS --max-time 20 $PLAIN/",
            ..Client::default()
        },
        Client {
            name: "wget",
            needs: &["wget"],
            version: "wget --version | cut -d' ' -f3",
            fetch: "wget -nv --content-on-error --timeout=20 --tries=1 -O - $URL/",
            ..Client::default()
        },
        Client {
            name: "openssl s_client",
            needs: &["openssl"],
            version: "openssl version | cut -d' ' -f2",
            // Reads no variable; told by hand where it can be.
            fetch: "printf 'GET / HTTP/1.0\\r\\nHost: %s:%s\\r\\n\\r\\n' $HOST $PORT |
                    openssl s_client -quiet -verify_return_error -servername $HOST -connect $HOST:$PORT ${HTTPS_PROXY:+-proxy ${HTTPS_PROXY#http://}} 2>&1",
            ..Client::default()
        },
        Client {
            name: "git over HTTPS: clone, push",
            needs: &["git"],
            version: "git --version | cut -d' ' -f3",
            fetch: "git clone -q $URL/git/tiny.git there && cat there/greeting && cd there && git checkout -q -b by-$MODE &&
                    git -c user.name=t -c user.email=t@test.example commit -q --allow-empty -m more && git push -q origin by-$MODE && git ls-remote origin by-$MODE",
            ..Client::default()
        },
    ]);
}

#[test]
fn clients_of_script_languages() {
    let (venv, shown) = python_environment();
    let python = format!("{venv}/bin/python");
    let local = |body: &str| format!("{python} -c \"{body}\" 2>&1");
    let version =
        |module: &str| format!("{python} -c 'import {module}; print({module}.__version__)'");
    let versions = ["requests", "httpx", "aiohttp", "certifi", "boto3"].map(version);
    let requests = local("import os,requests; print(requests.get(os.environ['URL']+'/').text)");
    let httpx = local("import os,httpx; print(httpx.get(os.environ['URL']+'/').text)");
    let aiohttp = local(
        "import os,asyncio,aiohttp
async def main():
    async with aiohttp.ClientSession(trust_env=True) as s:
        async with s.get(os.environ['URL']+'/') as r: print(await r.text())
asyncio.run(main())",
    );
    let boto = local(
        "import os,boto3
from botocore.config import Config
s3=boto3.client('s3', endpoint_url=os.environ['URL'], region_name='x', aws_access_key_id='x', aws_secret_access_key='x', config=Config(retries={'max_attempts': 0}))
print(s3.get_object(Bucket='bucket', Key='key')['Body'].read().decode())",
    );
    let certifi = local(&python_urllib(
        "ssl.create_default_context(cafile=__import__('certifi').where())",
    ));
    let system_urllib = format!("/usr/bin/python3 -c \"{}\"", python_urllib("None"));
    let debian = "/usr/bin/python3 -c \"import os,requests; print(requests.get(os.environ['URL']+'/').text)\"";
    run(&[
        Client {
            name: "python urllib (ssl)",
            needs: &["/usr/bin/python3"],
            version: "/usr/bin/python3 -V | cut -d' ' -f2",
            fetch: &system_urllib,
            ..Client::default()
        },
        Client {
            name: "python requests of the distribution",
            needs: &["/usr/lib/python3/dist-packages/requests/__init__.py"],
            version: "/usr/bin/python3 -c 'import requests; print(requests.__version__)'",
            fetch: debian,
            ..Client::default()
        },
        Client {
            name: "python requests",
            needs: &[&python],
            version: &versions[0],
            fetch: &requests,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "python httpx",
            needs: &[&python],
            version: &versions[1],
            fetch: &httpx,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "python aiohttp",
            needs: &[&python],
            version: &versions[2],
            fetch: &aiohttp,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "boto3",
            needs: &[&python],
            version: &versions[4],
            fetch: &boto,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "python, explicit certifi.where()",
            needs: &[&python],
            version: &versions[3],
            fetch: &certifi,
            shown: &shown,
            caller: &[("VIRTUAL_ENV", &venv)],
            ..Client::default()
        },
        Client {
            name: "node fetch",
            needs: &["node"],
            version: "node --version",
            fetch: "node -e \"fetch(process.env.URL+'/').then(r=>r.text()).then(t=>console.log(t)).catch(e=>console.log(e,e.cause))\"",
            ..Client::default()
        },
        Client {
            name: "node https.get",
            needs: &["node"],
            version: "node --version",
            fetch: "node -e \"require('https').get(process.env.URL+'/',r=>r.pipe(process.stdout)).on('error',e=>console.log(e))\"",
            ..Client::default()
        },
        Client {
            name: "perl LWP",
            needs: &["perl", "/usr/share/perl5/LWP/Protocol/https.pm"],
            version: "perl -MLWP -e 'print LWP->VERSION'",
            fetch: "perl -MLWP::UserAgent -e 'print LWP::UserAgent->new(env_proxy => 1, timeout => 20)->get(\"$ENV{URL}/\")->content'",
            ..Client::default()
        },
        Client {
            name: "ruby open-uri",
            needs: &["ruby"],
            version: "ruby -e 'puts RUBY_VERSION'",
            fetch: "ruby -ropen-uri -e 'begin; puts URI.open(ENV[\"URL\"] + \"/\").read; rescue OpenURI::HTTPError => e; puts e.message, e.io.read; end'",
            ..Client::default()
        },
        Client {
            name: "php curl",
            needs: &["php"],
            version: "php -r 'echo extension_loaded(\"curl\") ? curl_version()[\"version\"] : \"no curl\";'",
            fetch: "php -r '$c = curl_init(getenv(\"URL\").\"/\"); curl_exec($c); echo curl_error($c);'",
            ..Client::default()
        },
        Client {
            name: "php streams",
            needs: &["php"],
            version: "php -r 'echo PHP_VERSION;'",
            fetch: "php -r 'echo file_get_contents(getenv(\"URL\").\"/\", false, stream_context_create([\"http\" => [\"ignore_errors\" => true]]));'",
            ..Client::default()
        },
    ]);
}

#[test]
fn package_managers() {
    let (venv, shown) = python_environment();
    let pip = |python: &str| {
        format!(
            "{python} -m pip install -q --disable-pip-version-check --retries 0 --no-cache-dir --target=there --index-url=$URL/simple/ tinypkg &&
             PYTHONPATH=there {python} -c 'import tinypkg'"
        )
    };
    let (system, own) = (pip("/usr/bin/python3"), pip(&format!("{venv}/bin/python")));
    let pip_version = format!("{venv}/bin/python -m pip --version | cut -d' ' -f2");
    let uv = format!("{venv}/bin/uv");
    let uv_version = format!("{uv} --version | cut -d' ' -f2");
    let uv_install = format!(
        "UV_HTTP_TIMEOUT=20 {uv} pip install -q --no-cache --python=/usr/bin/python3 --target=there --index-url=$URL/simple/ tinypkg &&
         PYTHONPATH=there /usr/bin/python3 -c 'import tinypkg'"
    );
    let toolchain = rust_toolchain();
    let cargo = toolchain.join("bin/cargo").display().to_string();
    let cargo_version = format!("{cargo} --version | cut -d' ' -f2");
    let cargo_fetch = format!(
        "mkdir src && touch src/lib.rs && export CARGO_HOME=$PWD/home &&
         printf '[package]\\nname = \"x\"\\nversion = \"0.1.0\"\\nedition = \"2021\"\\n[dependencies]\\ntinycrate = {{ version = \"0.1\", registry = \"tiny\" }}\\n' > Cargo.toml &&
         CARGO_NET_RETRY=0 CARGO_REGISTRIES_TINY_INDEX=sparse+$URL/cargo/ RUSTC={rustc} {cargo} -q fetch && cat home/registry/src/*/tinycrate-0.1.0/src/lib.rs",
        rustc = toolchain.join("bin/rustc").display(),
    );
    run(&[
        Client {
            name: "pip of the distribution",
            needs: &["/usr/lib/python3/dist-packages/pip/__init__.py"],
            version: "/usr/bin/python3 -m pip --version | cut -d' ' -f2",
            fetch: &system,
            ..Client::default()
        },
        Client {
            name: "pip of a virtual environment",
            needs: &[&format!("{venv}/bin/python")],
            version: &pip_version,
            fetch: &own,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "uv",
            needs: &[&uv],
            version: &uv_version,
            fetch: &uv_install,
            shown: &shown,
            ..Client::default()
        },
        Client {
            name: "npm",
            needs: &["npm"],
            version: "npm --version",
            fetch: "npm install --silent --loglevel=error --registry=$URL/npm/ --cache=$PWD/cache --no-audit --no-fund --no-update-notifier --fetch-retries=0 tinypkg &&
                    node -e 'require(\"tinypkg\")'",
            ..Client::default()
        },
        Client {
            name: "cargo, sparse registry",
            needs: &[&cargo],
            version: &cargo_version,
            fetch: &cargo_fetch,
            shown: std::slice::from_ref(&toolchain),
            ..Client::default()
        },
        Client {
            name: "go mod download",
            needs: &["go"],
            version: "go version | cut -d' ' -f3",
            fetch: "export GOPROXY=$URL/go GOSUMDB=off GOTOOLCHAIN=local GOPATH=$PWD/path GOCACHE=$PWD/cache GOFLAGS=-modcacherw &&
                    printf 'module x\\n' > go.mod; go mod download test.example/tiny@v1.0.0 && cat path/pkg/mod/test.example/tiny@v1.0.0/tiny.go",
            ..Client::default()
        },
    ]);
}

/// Programs that read no variable: a static Go binary whose transport has no proxy, and Java's own client.
#[test]
fn compiled_clients() {
    let build = tempfile::tempdir().unwrap();
    let at = build.path().canonicalize().unwrap();
    let go = compile(
        &at,
        ("get.go", include_str!("clients/get.go")),
        "go",
        "CGO_ENABLED=0 GOFLAGS=-mod=mod GO111MODULE=off GOTOOLCHAIN=local GOCACHE=${CARGO_TARGET_TMPDIR:-/tmp}/gocache HOME=$PWD go build -o get get.go",
    );
    let java = compile(
        &at,
        ("Get.java", include_str!("clients/Get.java")),
        "javac",
        "javac Get.java",
    );
    let shown = [at.clone()];
    let (run_go, run_java) = (
        format!("{}/get $URL/", at.display()),
        format!("java -cp {} Get $URL/", at.display()),
    );
    let mut clients = Vec::new();
    if go {
        clients.push(Client {
            name: "static Go binary, no proxy",
            version: "go version | cut -d' ' -f3",
            fetch: &run_go,
            shown: &shown,
            ..Client::default()
        });
    }
    if java {
        clients.push(Client {
            name: "java HttpClient",
            version: "java -version 2>&1 | head -1 | cut -d'\"' -f2",
            fetch: &run_java,
            shown: &shown,
            ..Client::default()
        });
    }
    run(&clients);
}

/// Compiles a client outside the fence; false, with the reason printed, when there is no compiler.
fn compile(dir: &Path, (name, source): (&str, &str), compiler: &str, command: &str) -> bool {
    if find(compiler).is_none() {
        println!("SKIPPED: {name} needs {compiler}, which is not installed");
        return false;
    }
    std::fs::write(dir.join(name), source).unwrap();
    let output = Command::new("bash")
        .args(["-c", command])
        .current_dir(dir)
        .env("CARGO_TARGET_TMPDIR", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    true
}

/// Where the toolchain that runs these tests is: `cargo` on PATH may be a shim in a home that the fence hides.
fn rust_toolchain() -> PathBuf {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    PathBuf::from(sysroot.unwrap_or_else(|_| "/usr".to_owned()))
}

/// The trust anchors that no variable names are mounts, which the other backend makes in its own way.
#[test]
fn clients_that_only_an_overlay_helps_under_bubblewrap() {
    if find("bwrap").is_none() {
        println!("SKIPPED: bubblewrap is not installed");
        return;
    }
    let (venv, shown) = python_environment();
    let certifi = format!(
        "{venv}/bin/python -c \"{}\"",
        python_urllib("ssl.create_default_context(cafile=__import__('certifi').where())")
    );
    run(&[
        Client {
            name: "wget (bubblewrap)",
            needs: &["wget"],
            version: "wget --version | cut -d' ' -f3",
            fetch: "wget -nv --content-on-error --timeout=20 --tries=1 -O - $URL/",
            flags: &["--backend", "bubblewrap"],
            ..Client::default()
        },
        Client {
            name: "python, explicit certifi.where() (bubblewrap)",
            needs: &[&format!("{venv}/bin/python")],
            version: "/usr/bin/python3 -V | cut -d' ' -f2",
            fetch: &certifi,
            shown: &shown,
            caller: &[("VIRTUAL_ENV", &venv)],
            flags: &["--backend", "bubblewrap"],
            ..Client::default()
        },
    ]);
}

/// urllib, which prints the body of a refusal too.
fn python_urllib(context: &str) -> String {
    format!(
        "import os,ssl,urllib.request,urllib.error
try: print(urllib.request.urlopen(os.environ['URL']+'/', timeout=20, context={context}).read().decode())
except urllib.error.HTTPError as e: print(e.code, e.read().decode())"
    )
}

/// The Python packages that bring their own trust anchors, which scripts/test.sh installs.
fn python_environment() -> (String, Vec<PathBuf>) {
    let venv = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".venv");
    (
        venv.display().to_string(),
        if venv.exists() {
            vec![venv]
        } else {
            Vec::new()
        },
    )
}
