//! What a runner sees: its own program, the libraries that this program has mapped, and nothing else of the file system; no
//! network; limits on memory, threads and processors.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use ringfence_policy::spec::{
    Claim, Identity, Level, Limits, Mount, Network, Requirement, SandboxSpec, Shape, Source,
};

use crate::devices::Devices;
use crate::engine::{Loading, threads};
use crate::{limits, seal};

/// The user of a runner when it is started by root.
const UNPRIVILEGED: u32 = 62_000;

/// What a runner may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// How the model is loaded.
    pub loading: Loading,
    /// Bytes of memory; `None` is an estimate from the size of the model and its context, see [`memory`].
    pub memory: Option<u64>,
    /// The id of its key: a server gives each of its runners another.
    pub key: u8,
    /// Device nodes that it is granted; none unless somebody asked, see [`Config::grant`].
    pub devices: Devices,
}

impl Config {
    /// Grants devices, and has all layers computed there unless it is loaded with another number.
    pub fn grant(&mut self, devices: Devices) {
        self.loading.gpu = (!devices.is_empty()).then_some(-1);
        self.devices = devices;
    }

    /// How a model is loaded with it: never on all processors, and on a graphics processor only where one is granted.
    pub(crate) fn loading(&self) -> Loading {
        Loading {
            threads: threads(Some(self.loading.threads)),
            gpu: (!self.devices.is_empty()).then_some(self.loading.gpu.unwrap_or(-1)),
            ..self.loading.clone()
        }
    }
}

/// A sandbox as it can be signed and pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// Digest of what fences the runner.
    pub digest: ringfence_seal::Digest,
    /// Isolation level.
    pub level: ringfence_seal::Level,
}

impl Described {
    /// The digest is that of the sandbox as JSON, without the name of its session and without how much memory, how many tasks and
    /// how much of the processors the model may use: those follow from the model's size and from how it was asked for, and differ
    /// where the fence is the same. That they are limited is part of it.
    pub(crate) fn of(spec: &SandboxSpec) -> Self {
        let mut spec = spec.clone();
        spec.claim.session.clear();
        let limits = &mut spec.shape.limits;
        for amount in [&mut limits.memory, &mut limits.pids, &mut limits.cpu_millis] {
            *amount = amount.map(|_| 1);
        }
        // Writing to memory what only holds texts, numbers and lists does not fail; nothing would match the digest of nothing.
        let bytes = serde_json::to_vec(&spec).unwrap_or_default();
        Self {
            digest: ringfence_seal::Digest::of(&bytes),
            level: match spec.shape.level {
                Level::Standard => ringfence_seal::Level::Standard,
                Level::High => ringfence_seal::Level::High,
                Level::Custom => ringfence_seal::Level::Custom,
            },
        }
    }
}

impl Described {
    /// No sandbox: a level that is enough for nobody who asks for one.
    pub(crate) fn nothing() -> Self {
        Self {
            digest: ringfence_seal::Digest::of(b"no sandbox"),
            level: ringfence_seal::Level::Custom,
        }
    }
}

impl Default for Config {
    /// 4096 tokens of context, and all processors but one.
    fn default() -> Self {
        Self {
            loading: Loading {
                context: 4_096,
                batch: 512,
                threads: threads(None),
                gpu: None,
            },
            memory: None,
            key: 0,
            devices: Devices::default(),
        }
    }
}

/// Bytes of memory for a model file of so many bytes: the file, a repacked copy of it, the keys and values of the context at 256 KiB
/// a token (a model of 70 billion parameters has 320), and room to compute in.
pub fn memory(file_bytes: u64, loading: &Loading) -> u64 {
    let context = u64::from(loading.context).saturating_mul(256 << 10);
    file_bytes
        .saturating_mul(2)
        .saturating_add(context)
        .saturating_add(1 << 30)
}

/// The sandbox of a runner for a model file of so many bytes. A server signs what comes out of here.
///
/// # Errors
/// When the program or one of its libraries can not be found, or a granted device not be used any more.
pub fn sandbox(session: &str, config: &Config, file_bytes: u64) -> io::Result<SandboxSpec> {
    let program = std::env::current_exe()?.canonicalize()?;
    let mut root = Vec::new();
    for (target, path) in libraries(&program)? {
        root.push(Mount {
            target,
            source: Source::Bind {
                path,
                writable: false,
                optional: false,
            },
            why: "a library of the runner".into(),
        });
    }
    let mount = |target: &str, source: Source, why: &str| Mount {
        target: target.into(),
        source,
        why: why.into(),
    };
    root.push(mount(
        NULL,
        Source::Bind {
            path: NULL.into(),
            writable: false,
            optional: false,
        },
        "the init's streams end there",
    ));
    root.push(mount(
        "/proc",
        Source::Proc,
        "the init looks at memory there where no cgroup counts it",
    ));
    let bind = Source::Bind {
        path: program,
        writable: false,
        optional: false,
    };
    root.push(mount(PROGRAM, bind, "the runner's program"));
    root.extend(config.devices.mounts());
    let device = !config.devices.is_empty();
    let group = config.devices.group().map_err(io::Error::other)?;
    let user = rustix::process::getuid();
    let (uid, gid) = match user.is_root() {
        true => (UNPRIVILEGED, group.unwrap_or(UNPRIVILEGED)),
        false => (user.as_raw(), rustix::process::getgid().as_raw()),
    };
    let threads = u64::from(config.loading.threads);
    let (tasks, files) = match device {
        true => (limits::DRIVER_TASKS, limits::DRIVER_FILES),
        false => (0, 0),
    };
    let env = ENVIRONMENT
        .into_iter()
        .chain([("LD_LIBRARY_PATH", LIBRARIES)]);
    Ok(SandboxSpec {
        shape: Shape {
            level: Level::Standard,
            root,
            limits: Limits {
                memory: Some(
                    config
                        .memory
                        .unwrap_or_else(|| memory(file_bytes, &config.loading)),
                ),
                pids: Some(threads + limits::OTHER_TASKS + tasks),
                cpu_millis: Some(threads * 1_000),
                file_size: Some(0),
                open_files: Some(limits::OPEN_FILES + files),
                // Without a cgroup the launcher's own means stand in; a limit that has none stops the start.
                best_effort: ["memory", "pids", "cpu"].map(String::from).to_vec(),
                ..Limits::default()
            },
            seccomp: seal::for_loading(device)?,
            landlock: Requirement::Required,
            identity: Identity {
                uid,
                gid,
                user: "runner".into(),
                home: "/".into(),
                hostname: "runner".into(),
            },
            single_process: true,
            image: None,
        },
        claim: Claim {
            session: session.to_owned(),
            program: PROGRAM.into(),
            argv: vec!["ringfence-runner".into(), crate::process::HIDDEN.into()],
            cwd: "/".into(),
            env: env
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            mounts: Vec::new(),
            masks: Vec::new(),
            protected: Vec::new(),
            network: Network::None,
            terminal: None,
            collect: None,
        },
    })
}

/// What the engine hears from the environment.
pub(crate) const ENVIRONMENT: [(&str, &str); 1] = [
    // An assertion that fails would fork a debugger.
    ("GGML_NO_BACKTRACE", "1"),
];

/// Changes a sandbox into one whose runner loads with the engine candle: that engine takes the number of its threads from the
/// environment, and makes three sets of them.
pub fn for_candle(spec: &mut SandboxSpec, threads: u32) {
    let count = threads.to_string();
    let variables = [
        (crate::engine::ENGINE, "candle"),
        ("RAYON_NUM_THREADS", &count),
        ("CANDLE_NUM_THREADS", &count),
    ];
    for (name, value) in variables {
        spec.claim.env.insert(name.to_owned(), value.to_owned());
    }
    spec.shape.limits.pids = Some(u64::from(threads) * 3 + limits::OTHER_TASKS);
}

/// The only device, where no other was asked for.
const NULL: &str = "/dev/null";
/// Where the program is inside.
const PROGRAM: &str = "/runner";
/// Where its libraries are inside.
const LIBRARIES: &str = "/lib";

/// The program's libraries by where they are to be inside: what this very process has mapped executable, each under the names that
/// a loader asks for, and the loader itself where the program says it is. Nothing for a static program.
fn libraries(program: &Path) -> io::Result<BTreeMap<PathBuf, PathBuf>> {
    let Some(loader) = interpreter(program)? else {
        return Ok(BTreeMap::new());
    };
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let mapped: BTreeSet<PathBuf> = maps
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let executable = fields.nth(1)?.contains('x');
            let path = line.find('/').map(|start| PathBuf::from(&line[start..]))?;
            (executable && path != program).then_some(path)
        })
        .collect();
    let mut found = BTreeMap::new();
    found.insert(loader.clone(), loader.canonicalize()?);
    for path in mapped {
        let path = path.canonicalize().map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("the library {}: {error}; it was replaced while the server ran, start the server again", path.display()),
            )
        })?;
        for name in names(&path) {
            found.insert(Path::new(LIBRARIES).join(name), path.clone());
        }
    }
    Ok(found)
}

/// A library's own name, and shorter ones of the same directory that lead to it (`libx.so.6` for `libx.so.6.0.30`).
fn names(path: &Path) -> Vec<String> {
    let Some(own) = path.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    let mut names = vec![own.to_owned()];
    let mut short = own;
    while let Some((shorter, _)) = short.rsplit_once('.')
        && shorter.contains(".so.")
    {
        let leads_here = path
            .with_file_name(shorter)
            .canonicalize()
            .is_ok_and(|real| real == path);
        if leads_here {
            names.push(shorter.to_owned());
        }
        short = shorter;
    }
    names
}

/// The loader that a program names (`PT_INTERP`, ELF of 64 bits); `None` for a static one.
fn interpreter(program: &Path) -> io::Result<Option<PathBuf>> {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::FileExt;

    let broken = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{}: not a program", program.display()),
        )
    };
    let file = std::fs::File::open(program)?;
    let mut head = [0; 64];
    file.read_exact_at(&mut head, 0)?;
    let number = |bytes: &[u8], at: usize, size: usize| -> Option<u64> {
        let mut wide = [0; 8];
        wide.get_mut(..size)?
            .copy_from_slice(bytes.get(at..at + size)?);
        Some(u64::from_le_bytes(wide))
    };
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return Err(broken());
    }
    let table = number(&head, 32, 8).ok_or_else(broken)?;
    let count = number(&head, 56, 2).ok_or_else(broken)?;
    const ENTRY: u64 = 56;
    const INTERP: u64 = 3;
    for index in 0..count {
        let mut entry = [0; ENTRY as usize];
        let at = table.checked_add(index * ENTRY).ok_or_else(broken)?;
        file.read_exact_at(&mut entry, at)?;
        if number(&entry, 0, 4) != Some(INTERP) {
            continue;
        }
        let at = number(&entry, 8, 8).ok_or_else(broken)?;
        let size = number(&entry, 32, 8)
            .filter(|n| (2..=4096).contains(n))
            .ok_or_else(broken)?;
        let mut path = vec![0; size as usize];
        file.read_exact_at(&mut path, at)?;
        let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
        return Ok(Some(PathBuf::from(std::ffi::OsStr::from_bytes(path))));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ringfence_policy::spec::SeccompProfile;

    use super::*;

    #[test]
    fn the_room_holds_the_program_and_its_libraries_only() {
        let spec = sandbox("s", &Config::default(), 1 << 20).unwrap();
        assert_eq!(spec.claim.network, Network::None);
        assert!(spec.claim.mounts.is_empty() && spec.shape.single_process);
        for mount in &spec.shape.root {
            match &mount.source {
                Source::Bind { path, writable, .. } => {
                    assert!(!writable);
                    let own = std::env::current_exe().unwrap().canonicalize().unwrap();
                    let name = path.file_name().unwrap().to_string_lossy();
                    let one = *path == own || name.contains(".so") || *path == Path::new(NULL);
                    assert!(one, "{}", path.display());
                }
                Source::Proc => {}
                other => panic!("{other:?}"),
            }
        }
        let inside = |name: &str| {
            spec.shape
                .root
                .iter()
                .any(|mount| mount.target.to_string_lossy().starts_with(name))
        };
        assert!(inside("/runner") && (inside("/lib64/ld-") || inside("/lib/ld-")));
    }

    #[test]
    fn a_sandbox_is_known_again_whatever_the_model_may_use_and_not_when_its_fence_changed() {
        let spec = sandbox("s", &Config::default(), 1 << 20).unwrap();
        let more = Config {
            memory: Some(1 << 33),
            ..Config::default()
        };
        let same = sandbox("other", &more, 1 << 30).unwrap();
        let known = Described::of(&spec);
        assert_eq!(Described::of(&same), known);
        let changed = |change: fn(&mut SandboxSpec)| {
            let mut spec = spec.clone();
            change(&mut spec);
            Described::of(&spec) != known
        };
        assert!(changed(|spec| spec.shape.limits.memory = None));
        assert!(changed(|spec| spec.shape.single_process = false));
        assert!(changed(|spec| spec.shape.landlock = Requirement::BestEffort));
        assert!(changed(|spec| spec.shape.seccomp = SeccompProfile::Code));
        assert!(changed(|spec| spec.shape.root.truncate(1)));
        assert!(changed(|spec| spec.claim.cwd = "/dev".into()));
    }

    #[test]
    fn a_script_is_no_program() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("#!/bin/sh\n{}", " ".repeat(100))).unwrap();
        assert!(interpreter(file.path()).is_err());
    }

    #[test]
    fn threads_are_never_all_processors() {
        let all = std::thread::available_parallelism().unwrap().get() as u32;
        for asked in [None, Some(0), Some(1), Some(all), Some(u32::MAX)] {
            let threads = crate::engine::threads(asked);
            assert!(
                threads >= 1 && (threads < all || all == 1),
                "{asked:?}: {threads} of {all}"
            );
        }
    }
}
