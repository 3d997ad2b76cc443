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
        &[concat!("8xcdXdMUFLg00d.atlasv1.1", "QINvT8yPCoJFyE8Humpdl1Sp", "skdnWF=Fpky=d1q3=MlyGWla", "0Wmu6nCRw2yx")],
        &[concat!("8xcdXdMUFLg00d.atlasv1.1", "QINvT8yPCoJFyE8Humpdl1Sp", "sk"), concat!("8xcdXdMUFLg00d.atlasv1.1", "QINv")],
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
        &[concat!("hvs.", "b7m0EstzI94T7QC3jU1Twuih", "aoXeilb")],
        &[concat!("hvs.", "b7m0EstzI94T7QC3j"), concat!("hvs.", "...")],
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
        &[concat!("hvb.", "yr_0PMVuqsBIHDGIOQ20WK17", "UGu")],
        &[concat!("hvb.", "yr_0PMVuqsBIHD"), concat!("hvb.", "...")],
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
        &[concat!("VAULT_SECRET_KEY=", "s.i2N2fv5DturJ0a6GqYHAME", "IYz1")],
        &[concat!("VAULT_SECRET_KEY=", "s.i2N2fv5DturJ0a"), concat!("VAULT_SECRET_KEY=", "s.i2N2fv5")],
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
        &[concat!("Unseal Key 1: ", "xZl7s98YB0gZ7owXdqfTTPGl", "USn7/zvFd2sWCvGVkQOy")],
        &[concat!("Unseal Key 1: ", "xZl7s98YB0gZ7owXdqfTTPGl", "US"), concat!("Unseal Key 1: ", "xZl7s98YB0gZ7o")],
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
        &[concat!("CONSUL_SECRET_KEY=", "f2e7ab8a-ebfb-3ca6-a25c-", "b62c5bae727a")],
        &[concat!("CONSUL_SECRET_KEY=", "f2e7ab8a-ebfb-3ca6-a2"), concat!("CONSUL_SECRET_KEY=", "f2e7ab8a-ebf")],
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
        &[concat!("pul-", "2037295e10b3cb3cb64b4532", "47ad831efccf17ce")],
        &[concat!("pul-", "2037295e10b3cb3cb64b45"), concat!("pul-", "...")],
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
        &[concat!("ico-", "pINU4rrrgLsQlDzQEa4vzr0T", "ALLpxzgu")],
        &[concat!("ico-", "pINU4rrrgLsQlDzQE"), concat!("ico-", "...")],
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
        &[concat!("API-", "CWQ2X5BS00LPCYG5P8XJXWT8", "WIBC")],
        &[concat!("API-", "CWQ2X5BS00LPCYG"), concat!("API-", "...")],
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
        &[concat!("pnu_", "0Ffj9ZX2OpqK8yeUUlyNwEn6", "SNCgG5zo17vyMVeS")],
        &[concat!("pnu_", "0Ffj9ZX2OpqK8yeUUlyNwE"), concat!("pnu_", "...")],
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
        &[concat!("eyJ0eXAiOiAiVENWMiJ9", ".2rPnoXE_xkJvo24sSy6eG5v", "bQ4_UpMZP.fvaTfwVcla5-ua", "7v_wztwMrEeKXEPrSxj2eIm6", "hlIYnyOkXm")],
        &[concat!("eyJ0eXAiOiAiVENWMiJ9", ".2rPnoXE_xkJvo24sSy6eG5v", "bQ4_UpMZP.fvaTfwV"), concat!("eyJ0eXAiOiAiVENWMiJ9", "...")],
    ),
    row(
        "jetbrains-permanent-token",
        "JetBrains Hub or YouTrack permanent token",
        "JetBrains",
        &["perm:", "perm-"],
        r"\bperm[:\-][0-9A-Za-z=]{4,40}\.[0-9A-Za-z=\-]{4,40}\.[0-9A-Za-z]{30}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("perm:", "8lvJ.kSfQ5Z.PGCckOSB5ozW", "tFUgOg2uJJWCADOJP6")],
        &[concat!("perm:", "8lvJ.kSfQ5Z.PGCckOSB5oz"), concat!("perm:", "...")],
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
        &[concat!("dp.said.", "9JJO55snPEU1iKyalghekDKr", "MUx3eWU4VidY4oyqQZh")],
        &[concat!("dp.said.", "9JJO55snPEU1iKyalghekD"), concat!("dp.said.", "...")],
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
        &[concat!("st.", "8375d42cfb4262a175ebef66", ".b11dad24266b7e59ed5fc63", "1e1082874.041094deb40caa", "4751810a22ebfc5571")],
        &[concat!("st.", "8375d42cfb4262a175ebef66", ".b11dad24266b7e59ed5fc63", "1e10"), concat!("st.", "...")],
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
        &[concat!("ops_", "eyJzaWduSW5BZGRyZXNzIjoi", "bXkuZXhhbXBsZS5jb20iLCJ1", "c2VyQXV0aCI6eyJtZXRob2Qi", "OiJTUlBnLTQwOTYiLCJhbGci", "OiJQQkVTMmctSFMyNTYiLCJp", "dGVyYXRpb25zIjo2NTAwMDAs", "InNhbHQiOiJwenJNR0txS1pZ", "eHNSUUkza196Si1yIn0sImVt", "YWlsIjoiNWtsaGdjc0duUFI1", "RUBleGFtcGxlLmNvbSIsInNy", "cFgiOiI4NTk0NjQ5NzllOTgz", "N2M5Zjk5YzMzM2ZlYjVmOWNl", "NjMxZTdlYjI5MjM3YWI2N2Ez", "ZjY3MmM5MmIyYmM5YTRmIn0")],
        &[concat!("ops_", "eyJzaWduSW5BZGRyZXNzIjoi", "bXkuZXhhbXBsZS5jb20iLCJ1", "c2VyQXV0aCI6eyJtZXRob2Qi", "OiJTUlBnLTQwOTYiLCJhbGci", "OiJQQkVTMmctSFMyNTYiLCJp", "dGVyYXRpb25zIjo2NTAwMDAs", "InNhbHQiOiJwenJNR0txS1pZ", "eHNSUUkza196Si1yIn0sImVt", "YWlsIjoiN"), concat!("ops_", "eyJzaWduSW5BZGRyZXNzIjoi", "bXkuZXhhbXBsZS5jb20iLCJ1", "c2VyQXV0aCI6eyJtZXRob2Qi", "OiJTUlBnLTQwOTYiLCJhbGci", "OiJQQkVTMmctSFM")],
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
        &[concat!("A3-", "G2MLSM-Z870MF-5GQYI-SVB4", "H-JUN0V-92JUV")],
        &[concat!("A3-", "G2MLSM-Z870MF-5GQYI-S"), concat!("A3-", "...")],
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
        &[concat!("BWS_ACCESS_TOKEN=", "0.96e67493-c2ee-420c-ab2", "f-28ca92655a92.oPzCVCgWm", "bfc27q0hwE2YeDZKo9fj3:vT", "jJ8MLFmNzurrfP+TdJQe==")],
        &[concat!("BWS_ACCESS_TOKEN=", "0.96e67493-c2ee-420c-ab2", "f-28ca92655a92.oPzCVCgWm", "bfc27q0h"), concat!("BWS_ACCESS_TOKEN=", "0.96e67493-c2ee-420c-ab2", "f-28ca9")],
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
        &[concat!("kubeadm join 10.0.0.1:6443 --token ", "6ebb10.2k1a5c4df6f70g2e")],
        &[concat!("kubeadm join 10.0.0.1:6443 --token ", "6ebb10.2k1a5c"), concat!("kubeadm join 10.0.0.1:6443 --token ", "6ebb10.")],
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
        &[concat!("client-key-data: ", "LS0tLS1CRUdJTiBFQyBQUklW", "QVRFIEtFWS0tLS0tCnR2M1BR", "dXVJeURJaEhDK0RKQXZVeXNG", "N2dVVS9iT1hTRGw5a3E1NHZR", "M2w5VEs0S29GOWt0VGlLN3hJ", "ZXpELzMK")],
        &[concat!("client-key-data: ", "LS0tLS1CRUdJTiBFQyBQUklW", "QVRFIEtFWS0tLS0tCn"), concat!("client-key-data: ", "EXAMPLE")],
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
        &[concat!("token-", "av9d0:7bdhmwcjt4mwjr7xz8", "xw4lzc2svkq2jbkghbclh8xl", "blhxn9hwlfrb")],
        &[concat!("token-", "av9d0:7bdhmwcjt4mwjr7xz8", "xw4lzc2sv"), concat!("token-", "...")],
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
        &[concat!("sha256~", "d1mLgxmLmkcTsiXGZHXxIGTI", "ETLKGBCWC6JRBNg52xv")],
        &[concat!("sha256~", "d1mLgxmLmkcTsiXGZHXxIGT"), concat!("sha256~", "...")],
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
        &[concat!("RUNDECK_SECRET_KEY=", "n1Y8GLA9q4M8PSOPdndpAAhr", "J23ybswR")],
        &[concat!("RUNDECK_SECRET_KEY=", "n1Y8GLA9q4M8PSOPdnd"), concat!("RUNDECK_SECRET_KEY=", "n1Y8GLA9q4")],
    ),
];
