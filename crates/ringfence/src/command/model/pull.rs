//! `ringfence model pull`: fetches a model from a registry, as the policy allows.

use std::io::Write;
use std::path::PathBuf;

use ringfence_model::{PullError, Pulling, REDIRECTED, registry_host};
use ringfence_runtime::outbound::Outbound;

use super::progress::Progress;
use crate::arguments::model::Pull;
use crate::command::{failure, output_failed, print_json};
use crate::error::Failure;
use crate::exit::Exit;

/// Pulls.
pub fn run(arguments: &Pull, config: Option<PathBuf>) -> Result<(), Failure> {
    let store = super::open()?;
    let name = &arguments.name;
    let known = REDIRECTED
        .iter()
        .filter(|(registry, _)| name.host().eq_ignore_ascii_case(registry))
        .map(|(_, host)| (*host).to_owned());
    // Who names a registry wants it asked; what the configuration blocks stays blocked.
    let allow = registry_host(name)
        .into_iter()
        .chain(known)
        .chain(arguments.allow.iter().cloned())
        .collect();
    let mut outbound = Outbound::new(config, allow).map_err(failure)?;
    let strict = super::strict_network(arguments.danger_no_network_isolation)?;
    if !strict {
        outbound = outbound.danger_permit_unnamed();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Fence, e))?;
    let mut progress = Progress::new();
    let pulled = runtime.block_on(ringfence_model::pull(&store, &outbound, name, &mut |at| {
        if let Pulling::Blob { digest, here, size } = at {
            let hex = digest.hex();
            progress.show(hex.get(..12).unwrap_or(&hex), here, size);
        }
    }));
    progress.end();
    let pulled = pulled.map_err(|error| match error {
        PullError::Host { .. } => Failure::new(Exit::Usage, error),
        other => Failure::new(Exit::Found, other),
    })?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        return print_json(
            &mut out,
            &serde_json::json!({
                "name": name.short(),
                "id": pulled.id,
                "bytes": pulled.bytes,
                "same": pulled.same,
            }),
        );
    }
    super::say(&mut out, name, &pulled.id).map_err(output_failed)?;
    if pulled.same {
        writeln!(out, "up to date, checked").map_err(output_failed)?;
    }
    Ok(())
}
