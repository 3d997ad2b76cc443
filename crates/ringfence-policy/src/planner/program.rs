//! What the program brings with it: its own directories, and the display of a graphical one.

use std::path::{Path, PathBuf};

use super::grants::{Grants, normal};
use crate::data::{Data, SystemKind};
use crate::plan::{HostFacts, Program};
use crate::resolve::ResolveError;

/// The program and what it needs, read-only.
pub(super) fn add_program(
    grants: &mut Grants,
    program: &Program,
    facts: &HostFacts,
    data: &Data,
) -> Result<(), ResolveError> {
    let system = |path: &Path| {
        let bound = |mount: &crate::data::SystemMount| {
            mount.kind == SystemKind::Ro && path.starts_with(mount.target)
        };
        data.system.mount.iter().any(bound)
            || data
                .system
                .root
                .iter()
                .any(|entry| path.starts_with(entry.path))
    };
    for path in program.needs.iter().chain([&program.path]) {
        if facts.home.starts_with(path) {
            return Err(ResolveError::refused(
                format!("the program needs all of {} to be visible", path.display()),
                "install it into a directory of its own, or grant that directory with --ro",
            ));
        }
        if !system(path) && grants.covering(path).is_none() {
            grants.add(path.clone(), false, "the program");
        }
    }
    grants.sort();
    Ok(())
}

/// Opens the display sockets that the configuration names, or refuses a graphical program without one.
pub(super) fn add_display(
    grants: &mut Grants,
    displays: &[String],
    program: &str,
    facts: &HostFacts,
) -> Result<(), ResolveError> {
    let name = super::base_name(program);
    if displays.is_empty() && super::GRAPHICAL.contains(&name) {
        return Err(ResolveError::refused(
            format!(
                "`{name}` has a graphical interface, and a display lets it see the keys and windows of other programs"
            ),
            "use its command-line agent, or add `display = [\"wayland\"]` to the tool's section to open that display to it",
        ));
    }
    for display in displays {
        let variable = |name: &str| {
            facts
                .env
                .get(name)
                .filter(|value| !value.is_empty())
                .cloned()
        };
        let missing = || {
            ResolveError::refused(
                format!("display = [\"{display}\"] needs a running {display} session"),
                "run it from within that session, or remove the grant",
            )
        };
        match display.as_str() {
            "wayland" => {
                let (socket, runtime) = variable("WAYLAND_DISPLAY")
                    .zip(variable("XDG_RUNTIME_DIR"))
                    .ok_or_else(missing)?;
                grants.add(
                    normal(&Path::new(&runtime).join(&socket)),
                    false,
                    "display: wayland",
                );
                grants.env.insert("WAYLAND_DISPLAY".into(), socket);
                grants.env.insert("XDG_RUNTIME_DIR".into(), runtime);
            }
            _ => {
                let screen = variable("DISPLAY").ok_or_else(missing)?;
                let number = screen
                    .trim_start_matches(':')
                    .split('.')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                if !screen.starts_with(':')
                    || number.is_empty()
                    || !number.bytes().all(|b| b.is_ascii_digit())
                {
                    return Err(missing());
                }
                grants.add(
                    PathBuf::from(format!("/tmp/.X11-unix/X{number}")),
                    false,
                    "display: x11",
                );
                let authority = variable("XAUTHORITY")
                    .unwrap_or_else(|| facts.home.join(".Xauthority").display().to_string());
                grants.add(normal(Path::new(&authority)), false, "display: x11");
                grants.env.insert("DISPLAY".into(), screen);
                grants.env.insert("XAUTHORITY".into(), authority);
            }
        }
        grants
            .remarks
            .push(format!("the {display} display is open to this program"));
    }
    // These are named by the grant, not by their path.
    for grant in grants
        .list
        .iter_mut()
        .filter(|grant| grant.why.starts_with("display"))
    {
        grant.explicit = true;
        grant.optional = true;
    }
    grants.sort();
    Ok(())
}
