//! Where a workspace's git directory lies when it is not inside the workspace (linked worktrees, `--separate-git-dir`).

use std::path::{Path, PathBuf};

/// Longest `.git` file that is read.
const POINTER_LIMIT: usize = 8 * 1024;
/// Most directories of linked worktrees and submodules that are protected one by one.
const LINKED_LIMIT: usize = 256;

/// The directories outside `workspace` that git needs for a commit there: the git directory and the common directory.
///
/// The pointer comes from the workspace, which an earlier agent may have written. It is believed only when the git
/// directory points back at this workspace, as git's own linked worktrees do, so that a forged `.git` file can not
/// pull an unrelated directory into the sandbox.
pub fn outside_directories(workspace: &Path) -> Vec<PathBuf> {
    let Some(git_dir) = pointed_at(workspace) else {
        return Vec::new();
    };
    let Some(common) = common_directory(&git_dir) else {
        return Vec::new();
    };
    if !points_back(&git_dir, workspace)
        || !git_dir.starts_with(common.join("worktrees"))
        || !common.join("objects").is_dir()
    {
        return Vec::new();
    }
    if common.starts_with(workspace) {
        Vec::new()
    } else {
        vec![common]
    }
}

/// Name and mail address of the user's own git configuration. Of that file, which may hold helpers and credentials, the
/// sandbox sees only these two.
pub fn identity(home: &Path) -> Option<(String, String)> {
    let files = [home.join(".config/git/config"), home.join(".gitconfig")];
    let (mut name, mut email) = (None, None);
    for text in files.iter().filter_map(|file| read_small(file)) {
        let mut in_user = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                in_user = line.eq_ignore_ascii_case("[user]");
            } else if let Some((key, value)) = line.split_once('=').filter(|_| in_user) {
                let value =
                    Some(value.trim().trim_matches('"').to_owned()).filter(|v| !v.is_empty());
                match key.trim().to_ascii_lowercase().as_str() {
                    "name" => name = value,
                    "email" => email = value,
                    _ => {}
                }
            }
        }
    }
    name.zip(email)
}

/// Every directory below `worktrees/` and `modules/` of these git directories, or `None` when there are too many to list:
/// those two are then protected as a whole.
pub fn linked_directories(git_dirs: impl Iterator<Item = PathBuf>) -> Option<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = git_dirs
        .flat_map(|dir| [dir.join("worktrees"), dir.join("modules")])
        .collect();
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            // Objects, refs and logs of a module hold thousands of directories and nothing that git runs.
            let data = ["objects", "refs", "logs"]
                .iter()
                .any(|name| entry.file_name() == *name);
            if data || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if found.len() == LINKED_LIMIT {
                return None;
            }
            found.push(entry.path());
            open.push(entry.path());
        }
    }
    found.sort();
    Some(found)
}

fn pointed_at(workspace: &Path) -> Option<PathBuf> {
    let pointer = workspace.join(".git");
    if !pointer.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let text = read_small(&pointer)?;
    let target = text.strip_prefix("gitdir:")?.trim();
    workspace.join(target).canonicalize().ok()
}

fn common_directory(git_dir: &Path) -> Option<PathBuf> {
    let text = read_small(&git_dir.join("commondir"))?;
    git_dir.join(text.trim()).canonicalize().ok()
}

fn points_back(git_dir: &Path, workspace: &Path) -> bool {
    read_small(&git_dir.join("gitdir")).is_some_and(|text| {
        git_dir
            .join(text.trim())
            .parent()
            .and_then(|p| p.canonicalize().ok())
            .is_some_and(|p| p == workspace)
    })
}

fn read_small(path: &Path) -> Option<String> {
    // The agent's to make: no pipe that never ends, and nothing without a limit.
    let found = std::fs::metadata(path).ok()?;
    if !found.is_file() || found.len() > POINTER_LIMIT as u64 {
        return None;
    }
    String::from_utf8(std::fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(dir: &Path, args: &[&str]) {
        let out = Command::new("git")
            .args([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@t.invalid",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(args)
            .current_dir(dir)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    }

    #[test]
    fn the_identity_is_that_of_the_users_files_the_later_wins() {
        let tmp = tempfile::tempdir().unwrap();
        assert_eq!(identity(tmp.path()), None);
        std::fs::create_dir_all(tmp.path().join(".config/git")).unwrap();
        std::fs::write(
            tmp.path().join(".config/git/config"),
            "[user]\n\tname = A\n\temail = a@a.invalid\n",
        )
        .unwrap();
        std::fs::write(
            tmp.path().join(".gitconfig"),
            "[core]\n name = no\n[User]\n\tName = \"B C\"\n",
        )
        .unwrap();
        assert_eq!(
            identity(tmp.path()),
            Some(("B C".to_owned(), "a@a.invalid".to_owned()))
        );
    }

    #[test]
    fn a_real_linked_worktree_names_its_common_directory_and_a_forged_pointer_nothing() {
        let tmp = tempfile::tempdir().unwrap();
        let root = tmp.path().canonicalize().unwrap();
        let main = root.join("main");
        std::fs::create_dir(&main).unwrap();
        git(&main, &["init", "-q"]);
        git(&main, &["commit", "-q", "--allow-empty", "-m", "x"]);
        git(&main, &["worktree", "add", "-q", "../side"]);
        let side = root.join("side");
        assert_eq!(outside_directories(&side), vec![main.join(".git")]);
        assert!(outside_directories(&main).is_empty());

        let forged = root.join("forged");
        std::fs::create_dir(&forged).unwrap();
        std::fs::copy(side.join(".git"), forged.join(".git")).unwrap();
        assert!(
            outside_directories(&forged).is_empty(),
            "the git directory does not point back"
        );
    }
}
