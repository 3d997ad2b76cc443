//! Accepts the sandbox's connections and finds out what they are.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::setup::{Listeners, ProxyError};

/// Runs every accept loop until `shutdown` or an audit failure.
pub(crate) async fn serve(
    _ctx: Arc<Context>,
    _listeners: Listeners,
    _shutdown: CancellationToken,
) -> Result<(), ProxyError> {
    Ok(())
}
