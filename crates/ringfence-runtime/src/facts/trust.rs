//! Trust stores of this host that clients read whatever the environment says; each is overlaid with the session's bundle.

use std::path::{Path, PathBuf};

/// Bundles of the usual distributions.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/cert.pem",
];

/// Most `certifi/cacert.pem` and alike that are looked for.
const FOUND_LIMIT: usize = 32;

/// The files to overlay, canonical and without repetition. An active virtual environment counts unless it is in the
/// workspace: pip inside could not replace a package whose file is covered.
pub fn overlays(home: &Path, workspace: &Path, virtual_env: Option<&str>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = SYSTEM_BUNDLES.iter().map(PathBuf::from).collect();
    let virtual_env = virtual_env
        .and_then(|dir| Path::new(dir).canonicalize().ok())
        .filter(|dir| !dir.starts_with(workspace));
    let active = virtual_env
        .map(|dir| packages_below(&dir.join("lib")))
        .unwrap_or_default();
    for python in active.into_iter().chain(python_library_directories(home)) {
        for package in [
            "certifi/cacert.pem",
            "pip/_vendor/certifi/cacert.pem",
            "botocore/cacert.pem",
        ] {
            found.push(python.join(package));
        }
    }
    let mut canonical: Vec<PathBuf> = found
        .into_iter()
        .filter_map(|p| p.canonicalize().ok())
        .filter(|p| p.is_file())
        .collect();
    canonical.sort();
    canonical.dedup();
    canonical.truncate(FOUND_LIMIT);
    canonical
}

/// Java trust stores to overlay, canonical: the distribution's, and that of each installed runtime.
pub fn java_overlays(java_home: Option<&str>) -> Vec<PathBuf> {
    let mut found = vec![
        PathBuf::from("/etc/ssl/certs/java/cacerts"),
        PathBuf::from("/etc/pki/java/cacerts"),
    ];
    let homes = java_home
        .map(PathBuf::from)
        .into_iter()
        .chain(children(Path::new("/usr/lib/jvm")));
    found.extend(homes.map(|home| home.join("lib/security/cacerts")));
    let mut canonical: Vec<PathBuf> = found
        .into_iter()
        .filter_map(|p| p.canonicalize().ok())
        .collect();
    canonical.sort();
    canonical.dedup();
    canonical.truncate(FOUND_LIMIT);
    canonical
}

/// `site-packages` and `dist-packages` of the interpreters in the usual places; two directory listings, no walk.
fn python_library_directories(home: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/usr/lib/python3/dist-packages")];
    let mut roots = vec![
        PathBuf::from("/usr/lib"),
        PathBuf::from("/usr/local/lib"),
        home.join(".local/lib"),
    ];
    roots.extend(
        children(&home.join(".pyenv/versions"))
            .into_iter()
            .map(|p| p.join("lib")),
    );
    found.extend(roots.iter().flat_map(|root| packages_below(root)));
    found
}

fn packages_below(lib: &Path) -> Vec<PathBuf> {
    let pythons = children(lib)
        .into_iter()
        .filter(|p| file_name(p).starts_with("python3"));
    pythons
        .flat_map(|python| [python.join("site-packages"), python.join("dist-packages")])
        .collect()
}

fn children(dir: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .collect();
    all.sort();
    all
}

fn file_name(path: &Path) -> &str {
    path.file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default()
}
