//! Build services, delivery and infrastructure as code. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "terraform-cloud-token",
        "HCP Terraform token",
        "HashiCorp",
        &[".atlasv1."],
        r"\b[0-9A-Za-z]{14}\.atlasv1\.[\w=\-]{60,70}",
    )
    .entropy(3.8)
    .tried(
        &[concat!("Or5TQVXiS9h5gL.atlasv1.G", "c8rCmAKiRXBKkY217jNkHnJA", "HQhKV11C5p_TS_W=QmnLZ4q-", "SNVhdu-L8EOA")],
        &[concat!("Or5TQVXiS9h5gL.atlasv1.G", "c8rCmAKiRXBKkY217jNkHnJA", "HQ"), concat!("Or5TQVXiS9h5gL.atlasv1.G", "c8rC")],
    ),
    row(
        "vault-service-token",
        "HashiCorp Vault service token",
        "HashiCorp",
        &["hvs."],
        r"\bhvs\.[\w-]{24,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("hvs.", "j2518m0VZECSHHMy2GYwi2xb", "T")],
        &[concat!("hvs.", "j2518m0VZECSH"), concat!("hvs.", "...")],
    ),
    row(
        "vault-batch-token",
        "HashiCorp Vault batch or recovery token",
        "HashiCorp",
        &["hvb.", "hvr."],
        r"\bhv[br]\.[\w-]{24,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("hvb.", "QKRpn60EBElSpnE15aIyRVir", "CZrlnwKV3J")],
        &[concat!("hvb.", "QKRpn60EBElSpnE15a"), concat!("hvb.", "...")],
    ),
    row(
        "vault-legacy-token",
        "HashiCorp Vault token (before 1.10)",
        "HashiCorp",
        &["vault"],
        near!("vault", r"[sbr]\.[0-9A-Za-z]{24,}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("VAULT_SECRET_KEY=", "r.8Dzq9eoxdMYEhYMSOXVPa6", "sWTUbYZybU")],
        &[concat!("VAULT_SECRET_KEY=", "r.8Dzq9eoxdMYEhYMSOX"), concat!("VAULT_SECRET_KEY=", "r.8Dzq9eoxd")],
    ),
    row(
        "vault-unseal-key",
        "HashiCorp Vault unseal key",
        "HashiCorp",
        &["unseal key"],
        r#"(?i)unseal key(?: \d)?["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?([0-9A-Za-z+/]{43,44}=?|[0-9a-f]{64,66})(?:\b|$)"#,
    )
    .named()
    .entropy(3.5)
    .tried(
        &[concat!("Unseal Key 1: ", "hzwKSLwJN9x14blndPb/+4eQ", "GYdnc09foxOEclbShGHw")],
        &[concat!("Unseal Key 1: ", "hzwKSLwJN9x14blndPb/+4eQ", "GY"), concat!("Unseal Key 1: ", "hzwKSLwJN9x14b")],
    ),
    row(
        "consul-token",
        "Consul or Nomad ACL token",
        "HashiCorp",
        &["consul", "nomad"],
        near!("consul|nomad", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("CONSUL_SECRET_KEY=", "db7fca8c-e05b-37a6-9637-", "6b54d805dcd3")],
        &[concat!("CONSUL_SECRET_KEY=", "db7fca8c-e05b-37a6-96"), concat!("CONSUL_SECRET_KEY=", "db7fca8c-e05")],
    ),
    row(
        "pulumi-token",
        "Pulumi access token",
        "Pulumi",
        &["pul-"],
        r"\bpul-[0-9a-f]{40}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("pul-", "e0bbe41dbb0e80ec90586290", "cb330e608043d72b")],
        &[concat!("pul-", "e0bbe41dbb0e80ec905862"), concat!("pul-", "...")],
    ),
    row(
        "infracost-key",
        "Infracost API key",
        "Infracost",
        &["ico-"],
        r"\bico-[0-9A-Za-z]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("ico-", "ygvG5d3omKTDvRDBd2D4jRtv", "QMwIJnaZ")],
        &[concat!("ico-", "ygvG5d3omKTDvRDBd"), concat!("ico-", "...")],
    ),
    row(
        "octopus-key",
        "Octopus Deploy API key",
        "Octopus",
        &["API-"],
        r"\bAPI-[A-Z0-9]{26,32}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("API-", "0T2KTJ8Z9VWKG0ARVBF13QO4", "IOYBFMD")],
        &[concat!("API-", "0T2KTJ8Z9VWKG0ARV"), concat!("API-", "...")],
    ),
    row(
        "prefect-key",
        "Prefect API key",
        "Prefect",
        &["pnu_", "pnb_"],
        r"\bpn[ub]_[0-9A-Za-z]{36,40}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("pnu_", "KHl8SL025ewfmt63lhWfGy8I", "6I12tFWB7br866")],
        &[concat!("pnu_", "KHl8SL025ewfmt63lhWfG"), concat!("pnu_", "...")],
    ),
    row(
        "teamcity-token",
        "TeamCity access token",
        "JetBrains",
        &["eyJ0eXAiOiAiVENWMiJ9"],
        r"\beyJ0eXAiOiAiVENWMiJ9\.[\w-]{20,60}\.[\w-]{40,60}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("eyJ0eXAiOiAiVENWMiJ9", ".Jn2zKGTX2ZOwkDPfkeF_gbU", "PvLnVj6ASUEUfGp.hgOfysRL", "w1F1JHvhi5ugq7GVZtQKFlOo", "TZmajCSSIGa2k")],
        &[concat!("eyJ0eXAiOiAiVENWMiJ9", ".Jn2zKGTX2ZOwkDPfkeF_gbU", "PvLnVj6ASUEUfGp.hgO"), concat!("eyJ0eXAiOiAiVENWMiJ9", "...")],
    ),
    row(
        "jetbrains-permanent-token",
        "JetBrains Hub or YouTrack permanent token",
        "JetBrains",
        &["perm:", "perm-"],
        r"\bperm[:\-]([0-9A-Za-z=]{4,40}\.[0-9A-Za-z=\-]{4,40}\.[0-9A-Za-z]{30})\b",
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("perm:", "I0rOA.ONmck.rPLh8UqPKKmq", "XaNZrsIoB9yQVVYkvR")],
        &[concat!("perm:", "I0rOA.ONmck.rPLh8UqPKKmq", "X"), concat!("perm:", "I0rOA.ONmck.rP")],
    ),
    row(
        "doppler-token",
        "Doppler token",
        "Doppler",
        &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit.", "dp.said."],
        r"\bdp\.(?:pt|ct|sa|scim|audit|said|st(?:\.[a-z0-9_\-]{2,35})?)\.[0-9A-Za-z]{40,44}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("dp.pt.", "j61xhbTp5uUeyIZPys34qi2V", "HgVBqgCq6kMuHbPY1j")],
        &[concat!("dp.pt.", "j61xhbTp5uUeyIZPys34qi"), concat!("dp.pt.", "...")],
    ),
    row(
        "infisical-token",
        "Infisical service token",
        "Infisical",
        &["st."],
        r"\bst\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("st.", "e4d30f3fa3925753367096b8", ".e198e3bf9575327811d5137", "0d4c4aed1.851fe4633fc218", "947f7d1cdf6a797efd")],
        &[concat!("st.", "e4d30f3fa3925753367096b8", ".e198e3bf9575327811d5137", "0d4c"), concat!("st.", "...")],
    ),
    row(
        "1password-service-account",
        "1Password service account token",
        "1Password",
        &["ops_eyJ"],
        r"\bops_(eyJ[\w\-+/]{200,}={0,2})",
    )
    .named()
    .check(validate::json_base64)
    .tried(
        &[concat!("ops_", "eyJzaWduSW5BZGRyZXNzIjoi", "bXkuZXhhbXBsZS5jb20iLCJ1", "c2VyQXV0aCI6eyJtZXRob2Qi", "OiJTUlBnLTQwOTYiLCJhbGci", "OiJQQkVTMmctSFMyNTYiLCJp", "dGVyYXRpb25zIjo2NTAwMDAs", "InNhbHQiOiJOUVotRF9QMkpZ", "QzFPNDdCNmFYQ2pVIn0sImVt", "YWlsIjoiTWlaWW05VUpvNDNK", "REBleGFtcGxlLmNvbSIsInNy", "cFgiOiIyMjA2Mzk5Zjg5MzQ1", "YzQwMmIwMjI0YTljZjA4OGE1", "NTgxZmNkM2E0ZDVjNjY4NmYx", "YTcyZDRhM2UzODVmYWI0In0")],
        &[concat!("ops_", "eyJzaWduSW5BZGRyZXNzIjoi", "bXkuZXhhbXBsZS5jb20iLCJ1", "c2VyQXV0aCI6eyJtZXRob2Qi", "OiJTUlBnLTQwOTYiLCJhbGci", "OiJQQkVTMmctSFMyNTYiLCJp", "dGVyYXRpb25zIjo2NTAwMDAs", "InNhbHQiOiJOUVotRF9QMkpZ", "QzFPNDdCNmFYQ2pVIn0sImVt", "YWlsIjoiT"), concat!("ops_", "eyJzaWduSW5BZGRyZXNzIjoi", "bXkuZXhhbXBsZS5jb20iLCJ1", "c2VyQXV0aCI6eyJtZXRob2Qi", "OiJTUlBnLTQwOTYiLCJhbGci", "OiJQQkVTMmctSFM")],
    ),
    row(
        "1password-secret-key",
        "1Password account secret key",
        "1Password",
        &["A3-"],
        r"\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("A3-", "BJHKTR-O1D8UMCLKT0-57SE7", "-P4H9D-I3YY8")],
        &[concat!("A3-", "BJHKTR-O1D8UMCLKT0-5"), concat!("A3-", "...")],
    ),
    row(
        "bitwarden-token",
        "Bitwarden Secrets Manager access token",
        "Bitwarden",
        &["bws", "bitwarden", "access_token", "access-token"],
        r"\b0\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9A-Za-z]{30}:[0-9A-Za-z+/]{22}==",
    )
    .entropy(4.0)
    .tried(
        &[concat!("BWS_ACCESS_TOKEN=", "0.767ce9e2-1509-4095-a5d", "b-9fd28472b01d.KqqjivRyH", "sO8bAlCxtnOJGC6u1ts8M:74", "MDsowbtnjFTafCwxURFU==")],
        &[concat!("BWS_ACCESS_TOKEN=", "0.767ce9e2-1509-4095-a5d", "b-9fd28472b01d.KqqjivRyH", "sO8bAlCx"), concat!("BWS_ACCESS_TOKEN=", "0.767ce9e2-1509-4095-a5d", "b-9fd28")],
    ),
    row(
        "kubernetes-bootstrap-token",
        "Kubernetes bootstrap token",
        "Kubernetes",
        &["bootstrap", "kubeadm", "--token"],
        r"\b([a-z0-9]{6}\.[a-z0-9]{16})\b",
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("kubeadm join 10.0.0.1:6443 --token ", "gg34cb.bhd6ce8b5e0dh5df")],
        &[concat!("kubeadm join 10.0.0.1:6443 --token ", "gg34cb.bhd6ce"), concat!("kubeadm join 10.0.0.1:6443 --token ", "gg34cb.")],
    ),
    row(
        "kubeconfig-key",
        "Client key in a kubeconfig",
        "Kubernetes",
        &["client-key-data"],
        r#"client-key-data["\x27]?:\s{0,4}["\x27]?(LS0tLS1CRUdJTi[0-9A-Za-z+/]{40,}={0,2})"#,
    )
    .named()
    .entropy(3.5)
    .tried(
        &[concat!("client-key-data: ", "LS0tLS1CRUdJTiBFQyBQUklW", "QVRFIEtFWS0tLS0tCjdqa3RE", "YUpYMk04S0I3S1lBZHZjQ3RN", "R3ZreFFZckFrMStoNGNnYWpa", "dUoxMlRZUll6M1JXazhERnlZ", "SjA0NDkK")],
        &[concat!("client-key-data: ", "LS0tLS1CRUdJTiBFQyBQUklW", "QVRFIEtFWS0tLS0tCj"), concat!("client-key-data: ", "EXAMPLE")],
    ),
    row(
        "rancher-token",
        "Rancher API token",
        "SUSE",
        &["token-", "kubeconfig-"],
        r"\b(?:token|kubeconfig-[a-z0-9\-]{1,30})-[a-z0-9]{5}:[bcdfghjklmnpqrstvwxz2456789]{54}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("token-", "1sqtj:gq2rdpm7crmcnd9nv4", "khjtnmscx6xbnjj2d2f6bd79", "rkzmw9mcdvrx")],
        &[concat!("token-", "1sqtj:gq2rdpm7crmcnd9nv4", "khjtnmscx"), concat!("token-", "...")],
    ),
    row(
        "openshift-token",
        "OpenShift access token",
        "Red Hat",
        &["sha256~"],
        r"\bsha256~[\w-]{43}",
    )
    .entropy(3.8)
    .tried(
        &[concat!("sha256~", "pfeKEVyev_M01BoKYx36UXwo", "MvEkvW9aoI1Z_RZGQvW")],
        &[concat!("sha256~", "pfeKEVyev_M01BoKYx36UXw"), concat!("sha256~", "...")],
    ),
    row(
        "rundeck-token",
        "Rundeck token",
        "PagerDuty",
        &["rundeck"],
        near!("rundeck", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("RUNDECK_SECRET_KEY=", "uI5weGEVeXk9ObKzIteQAKVt", "o7bdVUBd")],
        &[concat!("RUNDECK_SECRET_KEY=", "uI5weGEVeXk9ObKzIte"), concat!("RUNDECK_SECRET_KEY=", "uI5weGEVeX")],
    ),
];
