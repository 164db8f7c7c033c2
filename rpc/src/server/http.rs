//! HTTP: health, CORS, calls in bodies, and the handshake of WebSocket.
//!
//! ```text
//! socket -> HTTP/1.1 -> CORS (answers preflights) -> ConnectionService -> HttpService
//!                                                     |  GET /health -> "ok" or the reason why not
//!                                                     |  POST        -> body, bounded in size and time -> dispatch
//!                                                     |  handshake   -> 101, then socket
//! ```
//!
//! Invariants:
//! - A request that is HTTP gets an answer. Errors of a call are answered in JSON-RPC, errors of the request by its
//!   status, which is never 500.
//! - Health is answered on every connection. Anything else is answered with status 503 while the limits on connections
//!   are used up (see [`connections`](crate::server::connections)).
//!
//! Any origin may call: the node is meant for browsers on the same machine, and no method acts on behalf of a logged-in
//! user. Methods that change state without a signature are refused to foreign origins ([`crate::access`]). An operator
//! who exposes the port to a network puts a proxy in front.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Method, StatusCode};
use jsonrpsee::core::server::Methods;
use soketto::handshake::http::{Server as Handshake, is_upgrade_request};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use crate::access::ForeignOrigin;
use crate::config::RpcLimits;
use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::errors::RpcFailure;
use crate::limits::refusals::Refusal;
use crate::server::connections::Admission;
use crate::server::dispatch::{Dispatcher, asks_for_health};
use crate::server::socket::Socket;
use crate::server::state::Port;
use crate::server::stop::Stop;
use crate::server::unread::UnreadAnswer;

/// How long browsers may remember the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(86_400);
/// How much of a body over the limit is still read, and for how long. A client that sends all of its request before it
/// reads would lose the answer if the connection were closed at once; a body that ends within these bounds keeps the
/// connection.
const EXCESS_BYTES_MAX: u64 = 1 << 20;
const EXCESS_TIME_MAX: Duration = Duration::from_secs(1);

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
pub(super) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// The longest call that a connection of the reserve may send: it is about health.
const RESERVE_BYTES_MAX: u32 = 4 << 10;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

pub(super) type HttpRequest = hyper::Request<Incoming>;
pub(super) type HttpResponse = hyper::Response<Full<Bytes>>;

/// CORS for any origin. The requested headers are allowed by name, since `*` does not cover all of them.
pub(crate) fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::any())
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(PREFLIGHT_AGE)
}

/// Answers one request with a node.
pub(crate) struct HttpService {
    pub(crate) port: Port,
    pub(crate) context: Arc<Context>,
    pub(crate) methods: Methods,
    pub(crate) connection: ConnectionHandle,
    pub(crate) admission: Arc<Admission>,
    pub(crate) stop: Stop,
    /// Of the page that made the request, if it is foreign.
    pub(crate) foreign_origin: Option<ForeignOrigin>,
}

impl HttpService {
    pub(crate) async fn answer(self, request: HttpRequest) -> HttpResponse {
        if request.method() == Method::GET && request.uri().path() == "/health" {
            let health = self.context.health().err().unwrap_or_else(|| "ok".to_owned());
            let mut response = respond(StatusCode::OK, TEXT, health);
            if !self.admission.is_regular() {
                response.headers_mut().insert(CONNECTION, CLOSE);
            }
            return response;
        }
        if let Err(refusal) = self.admission.serve() {
            return self.answer_in_reserve(request, refusal).await;
        }
        match self.port {
            Port::Http if is_upgrade_request(&request) => {
                refuse(StatusCode::FORBIDDEN, "WebSocket is served on the next port\n")
            }
            Port::Http => self.answer_post(request).await,
            Port::Socket if is_upgrade_request(&request) => self.upgrade(request),
            Port::Socket => refuse(StatusCode::FORBIDDEN, "only WebSocket is served on this port\n"),
        }
    }

    async fn answer_post(self, request: HttpRequest) -> HttpResponse {
        let body = match read_message(request, &self.context.limits).await {
            Ok(body) => body,
            Err(refusal) => return self.note_refused(refusal),
        };
        let busy = self.connection.begin_work();
        let context = Arc::clone(&self.context);
        let connection = self.connection.clone();
        // A call without an id is acknowledged with an empty body.
        let bytes = match self.into_dispatcher().answer(&body).await {
            Some(answer) => Bytes::from_owner(UnreadAnswer::new(&context, &connection, busy, answer)),
            None => Bytes::new(),
        };
        respond(StatusCode::OK, JSON, bytes)
    }

    /// Notes a request that exceeds a limit.
    fn note_refused(&self, response: HttpResponse) -> HttpResponse {
        let refusal = match response.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Some(Refusal::RequestBytes),
            StatusCode::REQUEST_TIMEOUT => Some(Refusal::RequestTime),
            _ => None,
        };
        if let Some(refusal) = refusal {
            self.context
                .refusals
                .note(refusal, self.connection.peer().address);
        }
        response
    }

    fn into_dispatcher(self) -> Dispatcher {
        Dispatcher {
            context: self.context,
            methods: self.methods,
            connection: self.connection,
            foreign_origin: self.foreign_origin,
            subscriber: None,
        }
    }

    /// Answers getHealth, and refuses everything else; the connection ends with it.
    async fn answer_in_reserve(self, request: HttpRequest, refusal: Refusal) -> HttpResponse {
        let failure = RpcFailure::refused(refusal, &self.context.limits);
        let time_max = self.context.limits.reserve_time_max;
        let is_call = self.port == Port::Http && request.method() == Method::POST && is_json(&request);
        let body = if is_call {
            let body = tokio::time::timeout(time_max, read_body(request, RESERVE_BYTES_MAX)).await;
            body.ok().and_then(Result::ok)
        } else {
            None
        };
        let mut response = match body {
            Some(body) if asks_for_health(&body) => {
                let answer = self.into_dispatcher().answer(&body).await;
                let json = answer.map_or_else(String::new, |answer| answer.json.get().to_owned());
                respond(StatusCode::OK, JSON, json)
            }
            _ => {
                let json = String::from(Box::<str>::from(failure.to_answer()));
                respond(StatusCode::SERVICE_UNAVAILABLE, JSON, json)
            }
        };
        response.headers_mut().insert(CONNECTION, CLOSE);
        response
    }

    /// Answers a handshake and serves the WebSocket connection that it opens.
    fn upgrade(self, request: HttpRequest) -> HttpResponse {
        let mut handshake = Handshake::new();
        let response = match handshake.receive_request(&request) {
            Ok(response) => response,
            Err(error) => {
                return refuse(
                    StatusCode::BAD_REQUEST,
                    format!("invalid WebSocket handshake: {error}\n"),
                );
            }
        };
        let socket = Socket {
            context: self.context,
            methods: self.methods,
            connection: self.connection,
            stop: self.stop,
            foreign_origin: self.foreign_origin,
        };
        tokio::spawn(async move {
            match hyper::upgrade::on(request).await {
                Ok(upgraded) => socket.serve(handshake, upgraded).await,
                Err(error) => tracing::debug!(%error, "WebSocket handshake failed"),
            }
        });
        response.map(|()| Full::default())
    }
}

/// Reads the message of a request that should be a POST with JSON.
///
/// # Errors
/// The answer to one that is not.
pub(super) async fn read_message(request: HttpRequest, limits: &RpcLimits) -> Result<Vec<u8>, HttpResponse> {
    if request.method() != Method::POST {
        return Err(refuse(StatusCode::METHOD_NOT_ALLOWED, "send calls with POST\n"));
    }
    if !is_json(&request) {
        let text = "send calls with content-type: application/json\n";
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let bytes_max = limits.request_bytes_max;
    let body = tokio::time::timeout(limits.request_time_max, read_body(request, bytes_max));
    body.await
        .unwrap_or(Err(BadBody::Slow))
        .map_err(|error| error.respond(bytes_max))
}

fn is_json(request: &HttpRequest) -> bool {
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = content_type
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    essence.is_some_and(|essence| {
        ["application/json", "application/json-rpc"]
            .iter()
            .any(|known| essence.eq_ignore_ascii_case(known))
    })
}

/// Why a body is rejected.
enum BadBody {
    /// It exceeds the limit, and all of it was read.
    Large,
    /// It exceeds the limit by so much that not all of it was read.
    Endless,
    /// It did not arrive in time.
    Slow,
    /// It ends early, or its chunks are malformed.
    Broken,
}

impl BadBody {
    /// The answer. Unless the body was read to its end, the connection is closed after it: where the next request
    /// begins is unknown.
    fn respond(self, bytes_max: u32) -> HttpResponse {
        let is_at_end = matches!(self, Self::Large);
        let (status, text) = match self {
            Self::Large | Self::Endless => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the request has more than {bytes_max} bytes"),
            ),
            Self::Slow => (
                StatusCode::REQUEST_TIMEOUT,
                "timed out reading the request".to_owned(),
            ),
            Self::Broken => (StatusCode::BAD_REQUEST, "malformed request body".to_owned()),
        };
        let json = RpcFailure::InvalidRequest(text).to_answer();
        let mut response = respond(status, JSON, String::from(Box::<str>::from(json)));
        if !is_at_end {
            response.headers_mut().insert(CONNECTION, CLOSE);
        }
        response
    }
}

/// Reads a body of at most `bytes_max` bytes.
async fn read_body(request: HttpRequest, bytes_max: u32) -> Result<Vec<u8>, BadBody> {
    let declared = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let mut body = request.into_body();
    if declared.is_some_and(|count| count > u64::from(bytes_max)) {
        return Err(skip_excess(body).await);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BadBody::Broken)?;
        let data = frame.data_ref().map_or(&[][..], |data| data);
        if bytes.len().saturating_add(data.len()) > usize::try_from(bytes_max).unwrap_or(usize::MAX) {
            drop(bytes);
            return Err(skip_excess(body).await);
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes)
}

/// Reads on for a while and discards what it reads.
async fn skip_excess(mut body: Incoming) -> BadBody {
    let skip = async {
        let mut count = 0u64;
        while count <= EXCESS_BYTES_MAX {
            match body.frame().await {
                Some(Ok(frame)) => {
                    count = count.saturating_add(frame.data_ref().map_or(0, |data| data.len() as u64))
                }
                Some(Err(_)) => break,
                None => return BadBody::Large,
            }
        }
        BadBody::Endless
    };
    tokio::time::timeout(EXCESS_TIME_MAX, skip)
        .await
        .unwrap_or(BadBody::Endless)
}

pub(super) fn refuse(status: StatusCode, text: impl Into<String>) -> HttpResponse {
    respond(status, TEXT, text.into())
}

pub(super) fn respond(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> HttpResponse {
    let mut response = HttpResponse::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
