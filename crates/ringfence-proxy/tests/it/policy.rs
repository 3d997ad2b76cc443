//! The policy of the tests, written as a user would write it.

use std::sync::Arc;

use ringfence_policy::Policy;

/// Every host is reached at `port`.
pub fn policy(port: u16, gateway: u16) -> Arc<Policy> {
    let text = format!(
        r#"
[network]
default = "deny"
rules = [
  {{ host = "tls.test", ports = [{port}], methods = ["DELETE"], action = "block" }},
  {{ host = "tls.test", ports = [{port}], paths = ["/secret/**"], action = "block" }},
  {{ host = "tls.test", ports = [{port}], action = "allow", private = true }},
  {{ host = "*.wild.test", ports = [{port}], action = "allow", private = true }},
  {{ host = ["plain.test", "other.test", "h1.test", "dead.test", "flaky.test"], ports = [{port}], action = "allow", private = true }},
  {{ host = ["api.model.test", "gone.model.test"], ports = [{port}], action = "allow" }},
  {{ host = "ask.test", ports = [{port}], action = "ask", private = true }},
  {{ host = "public.test", ports = [{port}], action = "allow" }},
]

[network.host_rewrite]
"api.model.test:{port}" = "http://127.0.0.6:{gateway}/prefix"
"gone.model.test:{port}" = "http://127.0.0.9:{gateway}/prefix"

[credentials.model]
hosts = ["tls.test:{port}", "127.0.0.6:{gateway}"]
source = {{ env = "RF_TEST_MODEL" }}

[credentials.inject]
hosts = ["tls.test:{port}"]
source = {{ env = "RF_TEST_INJECT" }}
header = "Authorization: Bearer {{}}"

[credentials.query]
hosts = ["tls.test:{port}"]
source = {{ env = "RF_TEST_QUERY" }}
query = "key={{}}"

[credentials.empty]
hosts = ["tls.test:{port}"]
source = {{ env = "RF_TEST_EMPTY" }}
"#
    );
    Arc::new(Policy::from_toml(&text, None).unwrap_or_else(|error| panic!("{error}")))
}
