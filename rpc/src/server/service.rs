//! The service of one connection: whether a request is answered at all, and by whom.
//!
//! ```text
//! request --> host of this machine? --> node started? --> HttpService, with the origin if it is foreign
//!             403                       starting
//! ```

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use hyper::StatusCode;
use tower::Service;

use crate::connection::ConnectionHandle;
use crate::limits::refusals::Refusal;
use crate::server::connections::Admission;
use crate::server::http::{HttpRequest, HttpResponse, HttpService, refuse};
use crate::server::starting;
use crate::server::state::{Port, ServerState};
use crate::server::stop::Stop;

/// The service of one connection.
#[derive(Clone)]
pub(crate) struct ConnectionService {
    pub(crate) port: Port,
    pub(crate) server: Arc<ServerState>,
    pub(crate) connection: ConnectionHandle,
    pub(crate) admission: Arc<Admission>,
    pub(crate) stop: Stop,
}

impl Service<HttpRequest> for ConnectionService {
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}

impl ConnectionService {
    async fn answer(self, request: HttpRequest) -> HttpResponse {
        let access = &self.server.access;
        if let Err(text) = access.check_host(request.uri(), request.headers()) {
            let address = self.connection.peer().address;
            self.server.refusals.note(Refusal::Host, address);
            return refuse(StatusCode::FORBIDDEN, text);
        }
        let Some(node) = self.server.node() else {
            return starting::answer(self.port, &self.server, request).await;
        };
        let service = HttpService {
            port: self.port,
            context: Arc::clone(&node.context),
            methods: node.methods(self.port),
            connection: self.connection,
            admission: self.admission,
            stop: self.stop,
            foreign_origin: access.foreign_origin(request.headers()),
        };
        service.answer(request).await
    }
}
