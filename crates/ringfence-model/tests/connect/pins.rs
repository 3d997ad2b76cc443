//! What is remembered of a server: first use pins, what changed is refused with what changed, forgetting is the mend.

use ringfence_inference::ModelName;
use ringfence_model::connect::{Pins, verify};
use ringfence_model::{Store, import};
use ringfence_runner::Devices;
use ringfence_runner::testing::{SENTENCE, Tiny};

use crate::Case;
use crate::fixture::{Fixture, Outcome, Served, holds, same, text};
use crate::middle::Middle;
use crate::room::{chat, connect_with, key, server, settings, url};

pub const CASES: &[Case] = &[
    (
        "a server that changed its key is refused until it is forgotten",
        identity,
    ),
    (
        "a model that changed is refused until it is forgotten",
        model,
    ),
    (
        "a statement can be looked at, and is not pinned by that",
        looked_at,
    ),
    (
        "what is pinned and can not be read stops everything",
        unreadable,
    ),
];

fn identity(f: &Fixture) -> Outcome {
    let (one, two) = (server(f, 1), server(f, 2));
    let middle = Middle::new(one.address);
    let pins = f.path("pins");
    let connected = connect_with(middle.address, &pins, |_| {});
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)?;
    *middle.server.lock().map_err(text)? = two.address;
    let error = chat(connected.address, "tiny", false)
        .err()
        .unwrap_or_default();
    for word in [
        key(1).identity().short(),
        key(2).identity().short(),
        "--forget-server".into(),
    ] {
        holds(error.contains(&word), || error.clone())?;
    }
    holds(
        Pins::new(pins, &url(middle.address))
            .forget(None)
            .map_err(text)?,
        || "nothing was pinned".into(),
    )?;
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)
}

fn model(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let pins = f.path("pins");
    let connected = connect_with(served.address, &pins, |_| {});
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)?;
    drop(connected);
    let store = Store::open(&served.store).map_err(text)?;
    let file = f.path("model");
    std::fs::write(&file, Tiny::script("Another text altogether.").file()).map_err(text)?;
    let name: ModelName = "tiny".parse().map_err(text)?;
    import(&store, &file, &name, &mut |_, _| {}).map_err(text)?;
    // The attack works: the server's own clients are answered by the new one.
    same(
        chat(served.address, "tiny", false)?.as_str(),
        "Another text altogether.",
    )?;
    let connected = connect_with(served.address, &pins, |_| {});
    let error = chat(connected.address, "tiny", false)
        .err()
        .unwrap_or_default();
    for word in [
        "model manifest",
        "pinned is",
        "--forget registry.ollama.ai/library/tiny:latest",
    ] {
        holds(error.contains(word), || error.clone())?;
    }
    let pins = Pins::new(pins, &url(served.address));
    holds(pins.forget(Some(&name.to_string())).map_err(text)?, || {
        "nothing was pinned".into()
    })?;
    same(
        chat(connected.address, "tiny", false)?.as_str(),
        "Another text altogether.",
    )
}

/// In the `/dev` of [`own_dev`](ringfence_runner::testing::own_dev).
pub const DEVICES: &[Case] = &[("a granted device is said and another fence", device)];

fn device(f: &Fixture) -> Outcome {
    let granted = |devices: &[&str]| {
        let devices =
            Devices::unused(devices.iter().map(std::path::PathBuf::from)).expect("devices");
        f.serve_with(|settings| {
            settings.identity = Some(key(1));
            settings.runner.grant(devices);
        })
    };
    let pins = f.path("pins");
    let name: ModelName = "tiny".parse().map_err(text)?;
    let name = name.to_string();
    let seen = |served: &Served| verify(settings(served.address, &pins), &name).map_err(text);
    let said = |served: &Served| {
        let running = served.get("/api/ps").json()?;
        let fence = running.pointer("/models/0/ringfence/protections");
        Ok::<_, String>(fence.is_some_and(|all| all.to_string().contains("\"-device-renderD128\"")))
    };
    let word = "-device-renderd128";
    let without = granted(&[]);
    let one = seen(&without)?;
    same(
        (one.statement.protections.contains(word), said(&without)?),
        (false, false),
    )?;
    let with = granted(&["/dev/dri/renderD128"]);
    let other = seen(&with)?;
    same(
        (other.statement.protections.contains(word), said(&with)?),
        (true, true),
    )?;
    holds(one.statement.sandbox != other.statement.sandbox, || {
        "the same sandbox".into()
    })?;
    let notices = with.notices.lock().map_err(text)?.join(" ");
    holds(
        notices.contains("Loaded") && notices.contains("-device-renderD128"),
        || notices,
    )?;
    // Who pinned the one is not talked into the other.
    let middle = Middle::new(without.address);
    let connected = connect_with(middle.address, &pins, |_| {});
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)?;
    *middle.server.lock().map_err(text)? = with.address;
    let refused = chat(connected.address, "tiny", false)
        .err()
        .unwrap_or_default();
    holds(refused.contains("sandbox"), || refused)
}

fn looked_at(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let pins = f.path("pins");
    let name: ModelName = "tiny".parse().map_err(text)?;
    let name = name.to_string();
    let seen = verify(settings(served.address, &pins), &name).map_err(text)?;
    same((seen.server_known, seen.model_known), (false, false))?;
    same(seen.statement.server, key(1).identity())?;
    same(seen.statement.model.as_str(), name.as_str())?;
    let own = ringfence_seal::Digest::of(&std::fs::read("/proc/self/exe").map_err(text)?);
    same(seen.statement.binary, own)?;
    holds(seen.statement.protections.len() >= 4, || {
        format!("{:?}", seen.statement.protections)
    })?;
    holds(
        Pins::new(pins.clone(), &url(served.address))
            .read()
            .map_err(text)?
            .is_none(),
        || "pinned".into(),
    )?;
    let connected = connect_with(served.address, &pins, |_| {});
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)?;
    let again = verify(settings(served.address, &pins), &name).map_err(text)?;
    same((again.server_known, again.model_known), (true, true))?;
    // The sandbox is the same one in a server that was started anew, whatever its session is called.
    let other = f.serve_with(|settings| {
        settings.identity = Some(key(1));
        settings.session = "another".into();
        settings.runner.loading.context = 256;
    });
    let there = verify(settings(other.address, &f.path("pins")), &name).map_err(text)?;
    same(there.statement.sandbox, seen.statement.sandbox)
}

fn unreadable(f: &Fixture) -> Outcome {
    let served = server(f, 1);
    let middle = Middle::new(served.address);
    let pins = f.path("pins");
    let connected = connect_with(middle.address, &pins, |_| {});
    same(chat(connected.address, "tiny", false)?.as_str(), SENTENCE)?;
    drop(connected);
    let found = std::fs::read_dir(&pins).map_err(text)?.flatten();
    let file = found
        .map(|e| e.path())
        .find(|p| p.extension().is_some_and(|e| e == "json"));
    let file = file.ok_or("no file")?;
    std::fs::write(&file, "{}").map_err(text)?;
    let connected = connect_with(middle.address, &pins, |_| {});
    let error = chat(connected.address, "tiny", false)
        .err()
        .unwrap_or_default();
    holds(
        error.contains("can not be read") && error.contains("Nothing was sent"),
        || error.clone(),
    )
}
