//! Host rewriting to a gateway with a path prefix.

use http::StatusCode;

use crate::fence::{Fence, H1, Reply};

#[tokio::test]
async fn a_rewritten_host_reaches_the_gateway_with_prefix_and_query() {
    let fence = Fence::new().await;
    let mut client = fence.h1("api.model.test").await;
    let reply = client
        .send(fence.request(
            "POST",
            "api.model.test",
            "/v1/../v1/messages?beta=true&x=%2F",
            &[],
            "{}",
        ))
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let seen = &fence.gateway.seen()[0];
    assert_eq!(seen.uri, "/prefix/v1/messages?beta=true&x=%2F");
    assert!(
        seen.headers["host"]
            .to_str()
            .unwrap()
            .starts_with("127.0.0.6:"),
        "{:?}",
        seen.headers["host"]
    );
    assert_eq!(&seen.body[..], b"{}");
    // The prefix can not be climbed out of.
    let reply = client
        .send(fence.request("GET", "api.model.test", "/../admin", &[], ""))
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(fence.gateway.seen().len(), 1);
}

#[tokio::test]
async fn http2_towards_a_plain_gateway_works() {
    let fence = Fence::new().await;
    let mut client = fence.h2("api.model.test").await;
    let request = http::Request::builder()
        .uri(format!("https://api.model.test:{}/v1/x", fence.port))
        .body(Default::default())
        .unwrap();
    let reply = Reply::of(client.send_request(request).await.unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        (
            fence.gateway.seen()[0].version,
            &*fence.gateway.seen()[0].uri
        ),
        (http::Version::HTTP_11, "/prefix/v1/x")
    );
}

#[tokio::test]
async fn the_gateway_itself_is_not_reachable() {
    let fence = Fence::new().await;
    let mut client = H1::over(fence.tcp().await).await;
    let reply = client
        .send(fence.request("GET", "127.0.0.6", "/", &[], ""))
        .await;
    assert!(
        matches!(
            reply.status,
            StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST
        ),
        "{}",
        reply.status
    );
    assert!(fence.gateway.seen().is_empty());
}

#[tokio::test]
async fn redirects_of_the_gateway_to_itself_come_back_under_the_known_name() {
    let fence = Fence::new().await;
    let gateway = fence.gateway_url();
    let mut client = fence.h1("api.model.test").await;
    for (to, expected) in [
        (
            format!("{gateway}/prefix/next?a=b"),
            format!("https://api.model.test:{}/next?a=b", fence.port),
        ),
        ("/prefix/next".to_owned(), "/next".to_owned()),
        (
            "https://elsewhere.test/prefix/x".to_owned(),
            "https://elsewhere.test/prefix/x".to_owned(),
        ),
        (format!("{gateway}/other"), format!("{gateway}/other")),
    ] {
        let reply = client
            .send(fence.request(
                "GET",
                "api.model.test",
                "/redirect",
                &[("x-redirect-to", &to)],
                "",
            ))
            .await;
        assert_eq!(reply.headers["location"], expected);
    }
}

#[tokio::test]
async fn an_unreachable_gateway_is_a_502_and_never_a_direct_call() {
    let fence = Fence::new().await;
    // lost.model.test resolves to a live server, but is rewritten to a port where nobody listens.
    let reply = fence.get("gone.model.test", "/v1/x", &[]).await;
    assert_eq!(
        (reply.status, reply.class()),
        (StatusCode::BAD_GATEWAY, "upstream"),
        "{}",
        reply.body
    );
    assert!(fence.tls.seen().is_empty());
}
