//! `PARAMETER name value`, in the names of the options of a request.

use crate::api::read_options;
use crate::{Json, Options, limits};

/// Names that older servers knew and that no engine has any more.
const GONE: [&str; 12] = [
    "mirostat",
    "mirostat_tau",
    "mirostat_eta",
    "tfs_z",
    "penalize_newline",
    "num_gqa",
    "rope_frequency_base",
    "rope_frequency_scale",
    "low_vram",
    "f16_kv",
    "vocab_only",
    "use_mlock",
];
const NAMES: [&str; 19] = [
    "num_ctx",
    "num_batch",
    "num_thread",
    "num_gpu",
    "main_gpu",
    "use_mmap",
    "num_keep",
    "num_predict",
    "seed",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "repeat_last_n",
    "repeat_penalty",
    "presence_penalty",
    "frequency_penalty",
    "stop",
];

/// Sets one option; `stop` adds one.
pub(super) fn set(options: &mut Options, name: &str, value: &str) -> Result<(), String> {
    if name == "stop" {
        let stops = options.stop.get_or_insert_default();
        if value.is_empty() || value.len() > limits::STOP_BYTES {
            return Err(format!(
                "a stop string has 1 to {} bytes",
                limits::STOP_BYTES
            ));
        }
        if stops.len() >= limits::STOPS {
            return Err(format!(
                "at most {} stop strings are accepted",
                limits::STOPS
            ));
        }
        stops.push(value.to_owned());
        return Ok(());
    }
    if GONE.contains(&name) {
        return Err(format!(
            "{name} has no effect in any engine here; leave it out"
        ));
    }
    if !NAMES.contains(&name) {
        let name: String = name.chars().take(40).collect();
        return Err(format!(
            "{name:?} is no parameter; known are {}",
            NAMES.join(", ")
        ));
    }
    let value = match Json::parse(value.as_bytes(), 64) {
        Ok(value @ (Json::Number(_) | Json::Bool(_))) => value,
        _ => {
            return Err(format!(
                "{name} takes a number or true or false, not {:?}",
                value.chars().take(40).collect::<String>()
            ));
        }
    };
    let written = read_options(Json::Object(vec![(name.to_owned(), value)]))
        .map_err(|failure| failure.message.replacen("parameters.", "", 1))?;
    *options = written.over(std::mem::take(options));
    Ok(())
}

/// All that are set, by name.
pub(super) fn list(options: &Options) -> Vec<(String, String)> {
    let written = serde_json::to_vec(options)
        .ok()
        .and_then(|text| Json::parse(&text, usize::MAX).ok());
    let mut list = Vec::new();
    for (name, value) in written
        .as_ref()
        .and_then(Json::as_object)
        .unwrap_or_default()
    {
        match value {
            Json::Array(stops) => {
                list.extend(
                    stops
                        .iter()
                        .filter_map(|stop| Some((name.clone(), stop.as_str()?.to_owned()))),
                );
            }
            value => list.push((name.clone(), value.to_string())),
        }
    }
    list
}
