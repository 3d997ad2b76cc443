//! Files, and ways back to the host (INCIDENTS F).

use std::path::PathBuf;

use crate::case::{Case, Seen, Stage, Trouble};
use crate::world::World;

const PLANTED: &str = "planted-by-the-probe";

/// Files of a workspace that the host runs or obeys later (F1, F3).
const HOST_FILES: [&str; 12] = [
    ".claude/settings.json",
    ".claude/settings.local.json",
    ".mcp.json",
    ".vscode/tasks.json",
    ".vscode/settings.json",
    ".idea/workspace.xml",
    ".cursor/mcp.json",
    ".gemini/settings.json",
    ".codex/config.toml",
    ".envrc",
    ".ringfence.toml",
    ".git/hooks/pre-commit",
];

/// Parts of a repository that make git run programs (F3).
const GIT_FILES: [&str; 4] = [
    ".git/config",
    ".git/hooks/post-checkout",
    ".git/commondir",
    ".git/info/attributes",
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(HOST_FILES.iter().map(|file| {
        let id: &'static str = Box::leak(
            format!(
                "F1-{}",
                file.trim_start_matches('.').replace(['/', '.'], "-")
            )
            .into_boxed_str(),
        );
        let title: &'static str =
            Box::leak(format!("make {file}, which the host obeys later").into_boxed_str());
        Case::attack(id, title, move |stage| plant(stage, file, false))
    }));
    cases.push(Case::attack(
        "F1-replace",
        "replace agent settings that exist already",
        |stage| {
            stage.world.file("workspace/.claude/settings.json", "{}")?;
            plant(stage, ".claude/settings.json", false)
        },
    ));
    cases.push(
        Case::promise(
            "F1-nested-report",
            "such a file made deeper in the tree is told of at the end",
            |stage| {
                let ran = stage.run("write-all", &[PLANTED, "deep/er/.vscode/tasks.json"])?;
                let there = changed(&stage.world, "workspace/deep/er/.vscode/tasks.json").is_some();
                let told = ran.stderr.replace('\n', "").contains("tasks.json");
                Ok(Seen {
                    achieved: there && told,
                    detail: format!("made: {there}; {}", ran.describe()),
                })
            },
        )
        .fence_only(),
    );
    cases.push(
        Case::promise(
            "F3-submodule-report",
            "a `.git` file that leads git to a configuration of its own is told of at the end",
            |stage| {
                let ran = stage.run("write-all", &["gitdir: ../build/x", "deep/module/.git"])?;
                let there = stage.world.workspace().join("deep/module/.git").exists();
                let told = ran.stderr.replace('\n', "").contains("deep/module/.git");
                Ok(Seen {
                    achieved: there && told,
                    detail: format!("made: {there}; {}", ran.describe()),
                })
            },
        )
        .fence_only(),
    );
    cases.push(
        Case::promise(
            "F1-project-file",
            "a project file can not loosen the policy",
            |stage| {
                let port = crate::cases::network::base_config(stage)?;
                let text = format!("[network]\nallowlist = [\"evil.test:{port}\"]\n");
                stage.world.file("workspace/.ringfence.toml", &text)?;
                let host = format!("evil.test:{port}");
                let bytes = format!("GET http://{host}/ HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n");
                let ran = stage.run("http", &["forward", "-", "host=", &bytes])?;
                let network = stage.world.network.as_ref();
                let saw = network.and_then(|network| network.requests.find("evil.test"));
                Ok(Seen {
                    achieved: saw.is_none(),
                    detail: format!("outside saw {saw:?}; {}", ran.describe()),
                })
            },
        )
        .fence_only(),
    );
    cases.push(Case::attack(
        "F2-symlink",
        "write through a symlink that leads out of the workspace",
        |stage| {
            let target = stage.world.file("outside/file", "untouched")?;
            std::os::unix::fs::symlink(&target, stage.world.workspace().join("link"))?;
            stage.probe_and_look("write-all", &[PLANTED, "link"], |world| {
                changed(world, "outside/file")
            })
        },
    ));
    cases.push(Case::attack(
        "F2-dot-dot",
        "write outside the workspace by `..` and by absolute path",
        |stage| {
            let absolute = stage.world.outside().join("absolute");
            let absolute = absolute.to_string_lossy().into_owned();
            stage.probe_and_look(
                "write-all",
                &[PLANTED, "../outside/relative", &absolute],
                |world| {
                    changed(world, "outside/relative")
                        .or_else(|| changed(world, "outside/absolute"))
                },
            )
        },
    ));
    cases.push(Case::attack(
        "F2-hard-link",
        "link a file from outside into the workspace and write to it",
        |stage| {
            let target = stage.world.file("outside/file", "untouched")?;
            let target = target.to_string_lossy().into_owned();
            stage.probe_and_look("hard-link", &[PLANTED, &target, "linked"], |world| {
                changed(world, "outside/file")
            })
        },
    ));
    cases.push(Case::attack(
        "F2-rename-parent",
        "rename .git away and put one with a hook in its place",
        |stage| {
            stage.world.repository()?;
            let hook = "hooks/pre-commit";
            stage.probe_and_look("rename-and-plant", &[PLANTED, ".git", hook], |world| {
                changed(world, "workspace/.git/hooks/pre-commit")
            })
        },
    ));
    cases.push(Case::attack(
        "F2-rename-nested",
        "rename .claude away, with settings in it, and put another in its place",
        |stage| {
            stage.world.file("workspace/.claude/settings.json", "{}")?;
            let args = [PLANTED, ".claude", "settings.json"];
            stage.probe_and_look("rename-and-plant", &args, |world| {
                changed(world, "workspace/.claude/settings.json")
            })
        },
    ));
    cases.extend(GIT_FILES.iter().map(|file| {
        let id: &'static str =
            Box::leak(format!("F3-{}", file[5..].replace('/', "-")).into_boxed_str());
        let title: &'static str =
            Box::leak(format!("write {file}, from which git runs programs").into_boxed_str());
        Case::attack(id, title, move |stage| plant(stage, file, true))
    }));
    cases.push(Case::promise(
        "F3-commit",
        "git commit and branch work in the workspace",
        |stage| {
            git(&stage.world.workspace(), &["init", "-q", "-b", "main"])?;
            stage.probe("commit", &["."])
        },
    ));
    cases.push(Case::promise(
        "F3-worktree",
        "git commit works in a linked worktree whose .git lies elsewhere",
        |stage| {
            let main = stage.world.root().join("main");
            std::fs::create_dir(&main)?;
            git(&main, &["init", "-q", "-b", "main"])?;
            git(
                &main,
                &[
                    "-c",
                    "user.name=x",
                    "-c",
                    "user.email=x@test",
                    "commit",
                    "-q",
                    "--allow-empty",
                    "-m",
                    "first",
                ],
            )?;
            std::fs::remove_dir(stage.world.workspace())?;
            git(
                &main,
                &["worktree", "add", "-q", "-b", "side", "../workspace"],
            )?;
            stage.probe("commit", &["."])
        },
    ));
    cases.push(Case::attack(
        "F4-user-namespace",
        "make a nested user namespace",
        |stage| stage.probe("syscall", &["unshare-user"]),
    ));
    cases.push(Case::attack(
        "F4-mount-namespace",
        "make nested user and mount namespaces, to undo the mounts",
        |stage| stage.probe("syscall", &["unshare-user-and-mounts"]),
    ));
    cases.push(
        Case::promise(
            "F5-symlinked-parent",
            "a protected file below a symlink makes nothing on the host",
            |stage| {
                std::os::unix::fs::symlink("../outside", stage.world.workspace().join(".claude"))?;
                let before = World::tree(stage.world.root())?;
                let ran = stage.run("nothing", &[])?;
                let after = World::tree(&stage.world.outside())?;
                let same = after
                    .iter()
                    .all(|(path, what)| before.get(path) == Some(what));
                Ok(Seen {
                    achieved: same,
                    detail: format!("outside holds {} entries; {}", after.len(), ran.describe()),
                })
            },
        )
        .fence_only(),
    );
    cases.push(Case::attack(
        "F6-workspace-symlink",
        "reach the parent of a workspace that was entered by a symlink",
        |stage| {
            let link = stage.world.root().join("link");
            std::os::unix::fs::symlink(stage.world.workspace(), &link)?;
            stage.cwd = Some(link);
            stage.probe_and_look("write-all", &[PLANTED, "../outside/file"], |world| {
                changed(world, "outside/file")
            })
        },
    ));
    cases.push(Case::attack(
        "F8-proc-root",
        "leave by /proc/PID/root",
        |stage| {
            let decoy = stage.world.file("outside/file", PLANTED)?;
            let decoy = decoy.to_string_lossy().into_owned();
            let paths: Vec<String> = ["self", "1", "thread-self"]
                .iter()
                .map(|pid| format!("/proc/{pid}/root{decoy}"))
                .collect();
            let args: Vec<&str> = std::iter::once(PLANTED)
                .chain(paths.iter().map(String::as_str))
                .collect();
            stage.probe("read-any", &args)
        },
    ));
    cases.push(Case::attack(
        "F8-kernel-settings",
        "open core_pattern and its like for writing",
        |stage| {
            let args = [
                "/proc/sys/kernel/core_pattern",
                "/proc/sys/kernel/modprobe",
                "/proc/sys/vm/panic_on_oom",
                "/proc/sysrq-trigger",
            ];
            stage.probe("open-for-writing", &args)
        },
    ));
    cases.push(Case::attack(
        "F8-sys",
        "open files of /sys and cgroup files for writing",
        |stage| {
            let args = [
                "/sys/kernel/uevent_helper",
                "/sys/kernel/mm/transparent_hugepage/enabled",
                "/sys/fs/cgroup/cgroup.procs",
                "/sys/fs/cgroup/memory/cgroup.procs",
                "/sys/fs/cgroup/memory/release_agent",
            ];
            stage.probe("open-for-writing", &args)
        },
    ));
    cases.push(Case::attack(
        "F8-set-uid",
        "leave a set-uid program in the workspace, for any user of the host to run",
        |stage| stage.probe("set-uid", &["program"]),
    ));
    cases.push(Case::attack(
        "F8-device-node",
        "make a device node and open it",
        |stage| stage.probe("device-node", &["zero"]),
    ));
    cases.push(
        Case::promise(
            "F10-no-ghosts",
            "a session leaves no file behind that was not there",
            |stage| {
                stage.world.repository()?;
                let before = World::tree(&stage.world.workspace())?;
                let ran = stage.run("nothing", &[])?;
                let after = World::tree(&stage.world.workspace())?;
                Ok(Seen {
                    achieved: before == after && ran.code == Some(0),
                    detail: format!("{}; {}", difference(&before, &after), ran.describe()),
                })
            },
        )
        .fence_only(),
    );
    cases.push(
        Case::promise(
            "F10-killed",
            "placeholders of a killed supervisor are swept at the next start",
            swept,
        )
        .fence_only(),
    );
    cases.push(Case::promise(
        "F0-workspace",
        "files of the workspace can be read and written",
        |stage| {
            stage.world.file("workspace/here", PLANTED)?;
            let read = stage.probe("read-any", &[PLANTED, "here"])?;
            let wrote = stage.probe_and_look("write-all", &[PLANTED, "new/file"], |world| {
                changed(world, "workspace/new/file")
            })?;
            Ok(Seen {
                achieved: read.achieved && wrote.achieved,
                detail: format!("{}, {}", read.detail, wrote.detail),
            })
        },
    ));
    cases
}

/// Writes a file of the workspace by every way there is; it counts when the host sees it.
fn plant(stage: &mut Stage<'_>, file: &str, repository: bool) -> Result<Seen, Trouble> {
    if repository || file.starts_with(".git/") {
        stage.world.repository()?;
    }
    let path = format!("workspace/{file}");
    stage.probe_and_look("write-all", &[PLANTED, file], |world| changed(world, &path))
}

fn changed(world: &World, path: &str) -> Option<String> {
    let text = std::fs::read_to_string(world.root().join(path)).ok()?;
    text.contains(PLANTED)
        .then(|| format!("the host sees it in {path}"))
}

fn difference(
    before: &std::collections::BTreeMap<PathBuf, String>,
    after: &std::collections::BTreeMap<PathBuf, String>,
) -> String {
    let new: Vec<String> = after
        .keys()
        .filter(|path| !before.contains_key(*path))
        .map(|path| path.display().to_string())
        .collect();
    let gone = before
        .keys()
        .filter(|path| !after.contains_key(*path))
        .count();
    format!("new: [{}], gone: {gone}", new.join(", "))
}

/// A supervisor killed in the middle leaves its placeholders; the next session anywhere takes them away.
fn swept(stage: &mut Stage<'_>) -> Result<Seen, Trouble> {
    let before = World::tree(&stage.world.workspace())?;
    let mut supervisor = stage.fence.start(&stage.job("sleep", &["30"]))?;
    // The probe runs when its program shows in the process list below the supervisor; until then look again.
    let end = std::time::Instant::now() + crate::limits::ANSWER;
    let mut during = before.clone();
    while during == before && std::time::Instant::now() < end {
        std::thread::sleep(std::time::Duration::from_millis(20));
        during = World::tree(&stage.world.workspace())?;
    }
    supervisor.kill()?;
    supervisor.wait()?;
    let left = World::tree(&stage.world.workspace())?;
    let ran = stage.run("nothing", &[])?;
    let after = World::tree(&stage.world.workspace())?;
    let detail = format!(
        "during: {} entries more; after the kill: {}; after the next session: {}; {}",
        during.len().saturating_sub(before.len()),
        difference(&before, &left),
        difference(&before, &after),
        ran.describe()
    );
    Ok(Seen {
        achieved: before == after && during != before && ran.code == Some(0),
        detail,
    })
}

fn git(directory: &std::path::Path, words: &[&str]) -> Result<(), Trouble> {
    let output = std::process::Command::new("git")
        .args(words)
        .current_dir(directory)
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(Trouble::Missing(format!(
            "git: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
        Err(error) => Err(Trouble::Missing(format!("git: {error}"))),
    }
}
