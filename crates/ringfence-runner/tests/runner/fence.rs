//! What a runner can not do, and that it does not start with less than all of that.

use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use ringfence_policy::spec::{Requirement, SeccompProfile};
use ringfence_runner::testing::{SENTENCE, attacks};
use ringfence_runner::{JobError, Runner, Stage, StartError, sandbox};

use crate::Case;
use crate::fixture::{Fixture, Outcome, answer, digest, greedy, holds, same, small, text};

pub const CASES: &[Case] = &[
    (
        "every attack from inside is refused after the seal",
        every_attack_from_inside_is_refused,
    ),
    ("the protections are named", named),
    (
        "without a sandbox it says so, and everything else is the same",
        without_a_sandbox,
    ),
    (
        "without the filter for loading there is no model",
        without_the_filter_for_loading_no_model,
    ),
    (
        "without the seal there is no model",
        without_the_seal_no_model,
    ),
    (
        "with a limit that can not be kept there is no model",
        without_a_limit_no_model,
    ),
    (
        "with a library that is gone there is no model",
        without_a_library_no_model,
    ),
    (
        "other bytes than those of the digest are no model",
        other_bytes_are_no_model,
    ),
    (
        "a file that may be written to is no model",
        a_writable_file_is_no_model,
    ),
    ("typed by hand the hidden argument only fails", by_hand),
    ("a killed runner is reported and replaced", killed),
    (
        "memory over the limit ends the runner and nothing else",
        memory,
    ),
];

fn every_attack_from_inside_is_refused(f: &Fixture<'_>) -> Outcome {
    // Unfenced first: what does not work here proves nothing there.
    for (name, found) in attacks() {
        same(found.as_str(), "done").map_err(|why| format!("unfenced, {name}: {why}"))?;
    }
    let mut runner = f.start(&f.script).map_err(text)?;
    let found = runner.attacked().map_err(text)?;
    holds(found.len() == attacks().len(), || format!("{found:?}"))?;
    for (name, found) in found {
        holds(found.contains("not permitted"), || {
            format!("{name}: {found}")
        })?;
    }
    let said = answer(&mut runner, greedy("x")).map_err(text)?.0;
    same(said.as_str(), SENTENCE)
}

fn named(f: &Fixture<'_>) -> Outcome {
    let runner = f.start(&f.script).map_err(text)?;
    let has = |name: &str| {
        runner
            .protections()
            .iter()
            .any(|p| p.trim_start_matches('-').starts_with(name))
    };
    let all = [
        "seccomp",
        "landlock",
        "single-process",
        "memory",
        "pids",
        "cpu",
    ];
    holds(all.iter().all(|name| has(name)), || {
        format!("{:?}", runner.protections())
    })
}

fn without_a_sandbox(f: &Fixture<'_>) -> Outcome {
    let config = small();
    let start = |model, digest| Runner::danger_start_without_sandbox(model, digest, &config);
    let mut runner = start(f.file(&f.script), digest(&f.script)).map_err(text)?;
    same(
        runner.protections().first().map(String::as_str),
        Some("-sandbox"),
    )?;
    holds(
        runner.protections().iter().all(|p| p.starts_with('-')),
        || format!("{:?}", runner.protections()),
    )?;
    let said = answer(&mut runner, greedy("x")).map_err(text)?.0;
    same(said.as_str(), SENTENCE)?;
    // It is told as what it is: nothing holds the model's process back.
    for (name, found) in runner.attacked().map_err(text)? {
        same(found.as_str(), "done").map_err(|why| format!("{name}: {why}"))?;
    }
    // The checks of the file stay.
    let other = start(f.file(&f.script), digest(b"other"));
    holds(
        matches!(&other, Err(StartError::Refused { stage, .. }) if *stage == Stage::Digest),
        || format!("{other:?}"),
    )?;
    // And how it ends is told.
    runner.kill();
    match answer(&mut runner, greedy("x")) {
        Err(JobError::Died(death)) => same(death.how.as_str(), "signal 9"),
        other => Err(format!("{other:?}")),
    }
}

/// A start in a sandbox that was changed, and the error that has to come of it.
fn refused(
    f: &Fixture<'_>,
    change: impl FnOnce(&mut ringfence_policy::SandboxSpec),
) -> Result<StartError, String> {
    let config = small();
    let mut spec = sandbox("test", &config, f.script.len() as u64).map_err(text)?;
    change(&mut spec);
    let model = f.file(&f.script);
    match Runner::start_in(
        f.spawner,
        &spec,
        model,
        digest(&f.script),
        &config.loading,
        7,
    ) {
        Ok(_) => Err("it started".into()),
        Err(error) => Ok(error),
    }
}

fn without_the_filter_for_loading_no_model(f: &Fixture<'_>) -> Outcome {
    let error = refused(f, |spec| {
        spec.shape.seccomp = SeccompProfile::Custom {
            name: "broken.json".into(),
            json: "{".into(),
        };
    })?;
    holds(
        matches!(error, StartError::Sandbox(_)) && error.to_string().contains("broken.json"),
        || text(error),
    )
}

/// Filters for loading under which the seal can not be installed, and one under which it can not be looked at.
fn without_the_seal_no_model(f: &Fixture<'_>) -> Outcome {
    // The launcher installs its own filters by the same call; the runner's asks for all threads (flag 1).
    let everywhere = serde_json::json!([{"index": 1, "value": 1, "op": "SCMP_CMP_EQ"}]);
    let cases = [
        (
            "seccomp",
            "SCMP_ACT_ERRNO",
            everywhere,
            "refused: Operation not permitted",
        ),
        (
            "socket",
            "SCMP_ACT_KILL_PROCESS",
            serde_json::json!([]),
            "died: signal 31",
        ),
    ];
    for (call, action, args, why) in cases {
        let error = refused(f, |spec| {
            if let SeccompProfile::Custom { json, .. } = &mut spec.shape.seccomp {
                let mut profile: serde_json::Value = serde_json::from_str(json).expect("profile");
                let entry = serde_json::json!({"names": [call], "action": action, "args": args});
                profile["syscalls"]
                    .as_array_mut()
                    .expect("calls")
                    .push(entry);
                *json = profile.to_string();
            }
        })?;
        let found = match &error {
            StartError::Refused {
                stage: Stage::Seal,
                why,
            } => format!("refused: {why}"),
            StartError::Died(death) => format!("died: {}", death.how),
            other => format!("{other:?}"),
        };
        holds(
            found.replace("seccomp filter: ", "").starts_with(why),
            || format!("{call}: {found}"),
        )?;
    }
    Ok(())
}

fn without_a_limit_no_model(f: &Fixture<'_>) -> Outcome {
    let error = refused(f, |spec| {
        // A processor that no machine has, and nothing that may stand in.
        spec.shape.limits.cpuset = Some(vec![1_000_000]);
        spec.shape.limits.best_effort = Vec::new();
    })?;
    holds(matches!(error, StartError::Sandbox(_)), || text(error))?;
    let error = refused(f, |spec| {
        spec.shape.landlock = Requirement::Required;
        spec.shape.seccomp = SeccompProfile::Custom {
            name: "no-exec.json".into(),
            json: r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": []}"#.into(),
        };
    })?;
    holds(matches!(error, StartError::Sandbox(_)), || text(error))
}

fn without_a_library_no_model(f: &Fixture<'_>) -> Outcome {
    let mut libraries = 0;
    let error = refused(f, |spec| {
        spec.shape.root.retain(|mount| {
            let library = mount.target.starts_with("/lib");
            libraries += u32::from(library);
            !library
        });
    });
    if libraries == 0 {
        return crate::harness::skipped("a static program has no libraries");
    }
    let error = error?;
    holds(
        matches!(error, StartError::Sandbox(_) | StartError::Died(_)),
        || text(error),
    )
}

fn other_bytes_are_no_model(f: &Fixture<'_>) -> Outcome {
    let mut bytes = f.script.clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let start = Runner::start(
        f.spawner,
        "test",
        f.file(&bytes),
        digest(&f.script),
        &small(),
    );
    match start {
        Err(StartError::Refused {
            stage: Stage::Digest,
            why,
        }) => holds(why.contains(&digest(&f.script).to_string()), || why.clone()),
        other => Err(format!("{other:?}")),
    }
}

fn a_writable_file_is_no_model(f: &Fixture<'_>) -> Outcome {
    let mut file = tempfile::tempfile().map_err(text)?;
    std::io::Write::write_all(&mut file, &f.script).map_err(text)?;
    let start = Runner::start(f.spawner, "test", file.into(), digest(&f.script), &small());
    holds(
        matches!(&start, Err(StartError::Model(why)) if why.contains("reading only")),
        || format!("{start:?}"),
    )?;
    let directory = std::fs::File::open("/").map_err(text)?;
    let start = Runner::start(
        f.spawner,
        "test",
        directory.into(),
        digest(&f.script),
        &small(),
    );
    holds(matches!(start, Err(StartError::Model(_))), || {
        format!("{start:?}")
    })
}

fn by_hand(_: &Fixture<'_>) -> Outcome {
    let program = std::env::current_exe().map_err(text)?;
    let (socket, other) = std::os::unix::net::UnixStream::pair().map_err(text)?;
    drop(other);
    for stdin in [Stdio::null(), Stdio::from(OwnedFd::from(socket))] {
        let status = Command::new(&program)
            .arg("--ringfence-hidden-runner")
            .stdin(stdin)
            .status();
        same(status.map_err(text)?.code(), Some(125))?;
    }
    Ok(())
}

fn killed(f: &Fixture<'_>) -> Outcome {
    let mut runner = f.start(&f.script).map_err(text)?;
    runner.kill();
    // It takes the kernel a moment; what is answered until then is right.
    let death = loop {
        match answer(&mut runner, greedy("x")) {
            Ok((said, _)) => same(said.as_str(), SENTENCE)?,
            Err(JobError::Died(death)) => break death,
            other => return Err(format!("{other:?}")),
        }
    };
    holds(
        death.how.contains("signal 9") || death.how == "killed",
        || format!("{death:?}"),
    )?;
    let mut next = f.start(&f.script).map_err(text)?;
    same(
        answer(&mut next, greedy("x")).map_err(text)?.0.as_str(),
        SENTENCE,
    )
}

fn memory(f: &Fixture<'_>) -> Outcome {
    let mut config = small();
    config.memory = Some(8 << 20);
    config.loading.context = 2_048;
    let start = f.start_with(&f.noise, &config);
    let error = match start {
        Err(error) => error.to_string(),
        Ok(mut runner) => {
            let mut long = greedy(&"word ".repeat(1_800));
            long.settings.num_predict = Some(64);
            match answer(&mut runner, long) {
                Err(error) => error.to_string(),
                Ok(_) => return Err("it ran in 8 MiB".into()),
            }
        }
    };
    // The cgroup kills; the stand-in refuses the memory, and the engine gives up.
    let known = ["oom", "signal 9", "can be made", "mem_buffer"];
    holds(known.iter().any(|how| error.contains(how)), || {
        error.clone()
    })?;
    let mut next = f.start(&f.script).map_err(text)?;
    same(
        answer(&mut next, greedy("x")).map_err(text)?.0.as_str(),
        SENTENCE,
    )
}
