use super::*;

const MARK: &str = "rf-placeholder-0123456789abcdef";

fn request(headers: &[(&'static str, String)], path: &str, query: Option<&str>) -> Marked {
    let headers = headers
        .iter()
        .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
        .collect();
    Marked {
        headers,
        path: path.into(),
        query: query.map(Into::into),
    }
}

#[test]
fn swaps_in_headers_basic_path_and_query() {
    let basic = format!("basic {}", STANDARD.encode(format!("user:{MARK}")));
    let mut r = request(
        &[
            ("authorization", basic),
            ("x-api-key", MARK.into()),
            ("x-two", format!("{MARK} {MARK}")),
            ("x-other", "y".into()),
        ],
        &format!("/bot{MARK}/send"),
        Some(&format!("a=1&key={MARK}&b=2")),
    );
    assert_eq!(find(MARK, &r), Where::Somewhere);
    swap(MARK, "s3/cr&t", &mut r).unwrap();
    assert_eq!(find(MARK, &r), Where::Nowhere);
    assert_eq!(
        r.headers["authorization"],
        format!("Basic {}", STANDARD.encode("user:s3/cr&t"))
    );
    assert_eq!(r.headers["x-api-key"], "s3/cr&t");
    assert_eq!(r.headers["x-two"], "s3/cr&t s3/cr&t");
    assert!(r.headers["x-api-key"].is_sensitive());
    assert_eq!(r.path, "/bots3%2Fcr%26t/send");
    assert_eq!(r.query.unwrap(), "a=1&key=s3%2Fcr%26t&b=2");
}

#[test]
fn finds_nothing_where_there_is_nothing() {
    let r = request(
        &[
            ("authorization", "Basic !!!".into()),
            ("x", "rf-placeholder-".into()),
        ],
        "/",
        None,
    );
    assert_eq!(find(MARK, &r), Where::Nowhere);
}

#[test]
fn a_value_with_a_line_break_is_refused() {
    let mut r = request(&[("x-api-key", MARK.into())], "/", None);
    assert!(swap(MARK, "a\r\nx-evil: 1", &mut r).is_err());
}

#[test]
fn injects_header_and_query_in_place_of_the_clients_own() {
    let mut r = request(
        &[("authorization", "Bearer attacker".into())],
        "/",
        Some("k%65y=attacker&a=b"),
    );
    inject(
        &Inject::Header("Authorization".into(), "Bearer {}".into()),
        "real",
        &mut r,
    )
    .unwrap();
    inject(&Inject::Query("key".into(), "{}".into()), "r/l", &mut r).unwrap();
    assert_eq!(r.headers.get_all("authorization").iter().count(), 1);
    assert_eq!(r.headers["authorization"], "Bearer real");
    assert_eq!(r.query.unwrap(), "a=b&key=r%2Fl");
}
