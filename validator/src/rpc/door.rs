//! What stands between the socket and the JSON-RPC library: health, CORS and the link to the connection.
//!
//! ```text
//! socket --> CORS (answers preflights) --> Door --> JSON-RPC library
//!                                           |  GET /health -> "ok" or the reason why not
//!                                           |  body too large -> a JSON-RPC error that Solana's clients know
//!                                           |  a call without an id -> no body
//!                                           |  adds the ConnectionHandle to the request
//! ```
//!
//! Any origin may call: the node is meant for browsers on the same machine, and no method acts on behalf of a logged-in
//! user. Whoever exposes the port to a network puts a proxy in front.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use jsonrpsee::core::BoxError;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use tower::Service;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use super::connection::ConnectionHandle;
use super::context::Context;
use super::errors::RpcFailure;
use super::middleware::NoBody;

/// How long browsers may remember the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(86_400);

/// Status "413 Content Too Large", which the JSON-RPC library gives for a body over the limit.
const TOO_LARGE: u16 = 413;

/// CORS for any origin. The requested headers are allowed by name, since `*` does not cover all of them.
pub(crate) fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::any())
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(PREFLIGHT_AGE)
}

/// The service in front of the JSON-RPC library, one per connection.
#[derive(Clone)]
pub(crate) struct Door<S> {
    pub(crate) inner: S,
    pub(crate) context: Arc<Context>,
    pub(crate) connection: ConnectionHandle,
}

type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

impl<S, B> Service<HttpRequest<B>> for Door<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: HttpRequest<B>) -> Answer {
        if request.method() == "GET" && request.uri().path() == "/health" {
            let text = self.context.health().err().unwrap_or_else(|| "ok".to_owned());
            return Box::pin(async move { Ok(plain(text)) });
        }
        request.extensions_mut().insert(self.connection.clone());
        let limit = self.context.limits.request_bytes_max;
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            if response.status() == TOO_LARGE {
                return Ok(too_large(limit));
            }
            if response.extensions().get::<NoBody>().is_some() {
                *response.body_mut() = HttpBody::empty();
            }
            Ok(response)
        })
    }
}

fn plain(text: String) -> HttpResponse {
    respond(200, "text/plain; charset=utf-8", text)
}

fn too_large(limit: u32) -> HttpResponse {
    let failure = RpcFailure::InvalidRequest(format!("the request has more than {limit} bytes"));
    respond(
        TOO_LARGE,
        "application/json; charset=utf-8",
        failure.to_json_without_id(),
    )
}

fn respond(status: u16, content_type: &'static str, body: String) -> HttpResponse {
    HttpResponse::builder()
        .status(status)
        .header("content-type", content_type)
        .body(HttpBody::from(body))
        .expect("the status and the header are constants that parse")
}
