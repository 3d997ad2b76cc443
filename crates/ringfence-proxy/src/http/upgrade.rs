//! WebSockets: after the 101, bytes are copied both ways with half-close, until both are done or the session ends.

use std::sync::Arc;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::finish::Finish;
use crate::context::Context;
use crate::limits;
use crate::upstream::Lease;

/// Joins the two sides in a task of its own, once both have switched.
pub(crate) fn join(
    ctx: Arc<Context>,
    client: OnUpgrade,
    server: OnUpgrade,
    lease: Option<Lease>,
    mut finish: Finish,
) {
    tokio::spawn(async move {
        let copied = async {
            // The upstream connection hands its socket over when it is driven to its end.
            let switching = async { tokio::try_join!(client, server) };
            let driving = async {
                if let Some(lease) = lease {
                    lease.finish().await;
                }
            };
            let (both, ()) = tokio::join!(switching, driving);
            let (client, server) = both.map_err(std::io::Error::other)?;
            let (mut client, mut server) = (TokioIo::new(client), TokioIo::new(server));
            let size = limits::WEBSOCKET_BUFFER_BYTES;
            tokio::io::copy_bidirectional_with_sizes(&mut client, &mut server, size, size).await
        };
        tokio::select! {
            result = copied => match result {
                Ok((up, down)) => {
                    finish.sent(up);
                    finish.count(usize::try_from(down).unwrap_or(usize::MAX));
                    finish.complete();
                }
                Err(error) => finish.fail(&error.to_string()),
            },
            () = ctx.closing.cancelled() => finish.fail("the session ended"),
            () = ctx.failed().cancelled_owned() => finish.fail("the session is ending"),
        }
    });
}
