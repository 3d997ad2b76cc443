//! `git http-backend` behind a plain HTTP server on loopback; nginx puts TLS before it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;

/// Serves the repositories below `root` under `/git/`, for reading and writing, until the runtime ends.
///
/// # Errors
/// When no port is free.
pub async fn serve(root: PathBuf) -> io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let root = Arc::new(root);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let root = Arc::clone(&root);
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let root = Arc::clone(&root);
                    async move {
                        Ok::<_, Infallible>(
                            answer(request, root)
                                .await
                                .unwrap_or_else(|error| plain(error.to_string().into(), 500)),
                        )
                    }
                });
                let _closed = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Ok(address)
}

/// One request as CGI (RFC 3875).
async fn answer(
    request: Request<Incoming>,
    root: Arc<PathBuf>,
) -> io::Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let mut child = tokio::process::Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root.as_ref())
        .env("GIT_HTTP_EXPORT_ALL", "1")
        // The repositories belong to whoever runs the tests, which is not always who owns their home.
        .envs([
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "safe.directory"),
            ("GIT_CONFIG_VALUE_0", "*"),
        ])
        .env("REMOTE_USER", "tester")
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("PATH_INFO", parts.uri.path().trim_start_matches("/git"))
        .env("QUERY_STRING", parts.uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    // All bodies of these tests fit the pipe's buffer.
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&body).await?;
    }
    let said = child.wait_with_output().await?.stdout;
    let end = said
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .ok_or_else(|| io::Error::other("no CGI header"))?;
    let (head, rest) = said.split_at(end);
    let mut response = plain(
        Bytes::copy_from_slice(rest.get(4..).unwrap_or_default()),
        200,
    );
    for line in String::from_utf8_lossy(head).lines() {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        if name == "Status" {
            let code = value.get(..3).and_then(|c| c.parse().ok()).unwrap_or(500);
            *response.status_mut() = StatusCode::from_u16(code).map_err(io::Error::other)?;
        } else if let (Ok(name), Ok(value)) = (
            http::HeaderName::try_from(name),
            http::HeaderValue::try_from(value),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

fn plain(body: Bytes, status: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
}
