//! One WebSocket connection: messages in, answers and notifications out.
//!
//! ```text
//! frames --> reader: next message --> wait for permits --> task: dispatch --> outbox --> writer --> frames
//!                                     (in flight)                             bounded    ^ pings
//!                                          subscriptions ---------------------> outbox
//! ```
//!
//! Invariant: what a client makes the node hold is bounded whether it reads or not. A message holds one permit, and one
//! more for each KiB, until its answer is in the outbox. Without permits the reader stops, so the peer's sending side
//! fills up and the peer waits. A client that does not read fills the outbox, then uses up the permits.
//!
//! The connection ends when the peer closes it, breaks the protocol, or sends nothing for [`SILENCE_MAX`] although it
//! is pinged; when it is closed from outside ([`ConnectionHandle::close`]); and when the node stops: messages that are
//! in flight are then answered first.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::io::{BufReader, BufWriter};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jsonrpsee::core::JsonRawValue;
use jsonrpsee::core::server::{BoundedSubscriptions, MethodSink, Methods};
use soketto::connection::Error as SocketError;
use soketto::data::ByteSlice125;
use soketto::handshake::http::Server as Handshake;
use soketto::{Incoming, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, interval_at};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use crate::access::ForeignOrigin;
use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::errors::RpcFailure;
use crate::limits::refusals::Refusal;
use crate::server::dispatch::{Dispatcher, Subscriber};
use crate::server::stop::Stop;
use crate::server::unread::UnreadAnswer;

/// Time between two pings.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How long a peer that is pinged may stay silent.
const SILENCE_MAX: Duration = Duration::from_secs(75);

type Stream = BufReader<BufWriter<Compat<TokioIo<Upgraded>>>>;
type Message = Box<JsonRawValue>;
type Answers = mpsc::Sender<UnreadAnswer>;

/// What a connection is served with.
pub(crate) struct Socket {
    pub(crate) context: Arc<Context>,
    pub(crate) methods: Methods,
    pub(crate) connection: ConnectionHandle,
    pub(crate) stop: Stop,
    /// Of the page that opened the connection, if it is foreign.
    pub(crate) foreign_origin: Option<ForeignOrigin>,
}

impl Socket {
    /// Serves a connection after its handshake until it ends.
    pub(crate) async fn serve(mut self, handshake: Handshake, upgraded: Upgraded) {
        let limits = self.context.limits;
        let stream = BufReader::new(BufWriter::new(TokioIo::new(upgraded).compat()));
        let mut builder = handshake.into_builder(stream);
        builder.set_max_message_size(usize::try_from(limits.request_bytes_max).unwrap_or(usize::MAX));
        let (sender, receiver) = builder.finish();
        let buffered_max = usize::try_from(limits.messages_buffered_max.max(1)).unwrap_or(1);
        let (outbox, messages) = mpsc::channel(buffered_max);
        let (answers, unread) = mpsc::channel(buffered_max);
        let heard = LastHeard::now();
        let (end, ended) = oneshot::channel();
        let writer = tokio::spawn(
            Writer {
                sender,
                heard: heard.clone(),
            }
            .run(
                Queued {
                    messages,
                    answers: unread,
                },
                ended,
            ),
        );
        let reader = Reader::new(&self, MethodSink::new(outbox), answers, heard);
        let permits = Arc::clone(&reader.permits);
        let permits_max = reader.permits_max;
        tokio::select! {
            () = reader.run(receiver) => {}
            () = self.stop.stopped() => {
                // All permits are free when every message is answered. The server waits for a bounded time.
                drop(permits.acquire_many(permits_max).await);
            }
        }
        // The writer may be gone already.
        let _ = end.send(());
        drop(writer.await);
        self.connection.close();
    }
}

/// When the peer sent something last.
#[derive(Clone)]
struct LastHeard(Arc<Mutex<Instant>>);

impl LastHeard {
    fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn silence(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// Receives messages and has them answered.
struct Reader {
    dispatcher: Arc<Dispatcher>,
    outbox: MethodSink,
    answers: Answers,
    heard: LastHeard,
    permits: Arc<Semaphore>,
    permits_max: u32,
    bytes_max: u32,
}

impl Reader {
    fn new(socket: &Socket, outbox: MethodSink, answers: Answers, heard: LastHeard) -> Self {
        let limits = socket.context.limits;
        // The largest message always gets its permits.
        let permits_max = limits
            .messages_in_flight_max
            .max(permits_of(limits.request_bytes_max));
        let subscriber = Subscriber {
            outbox: outbox.clone(),
            permits: BoundedSubscriptions::new(limits.subscriptions_max),
            connection_id: socket.context.next_connection(),
        };
        let dispatcher = Dispatcher {
            context: Arc::clone(&socket.context),
            methods: socket.methods.clone(),
            connection: socket.connection.clone(),
            foreign_origin: socket.foreign_origin.clone(),
            subscriber: Some(subscriber),
        };
        Self {
            dispatcher: Arc::new(dispatcher),
            outbox,
            answers,
            heard,
            permits: Arc::new(Semaphore::new(usize::try_from(permits_max).unwrap_or(1))),
            permits_max,
            bytes_max: limits.request_bytes_max,
        }
    }

    async fn run(self, mut receiver: Receiver<Stream>) {
        loop {
            let mut message = Vec::new();
            let received = receiver.receive(&mut message).await;
            self.heard.note();
            let is_served = match received {
                Ok(Incoming::Data(_)) => self.serve_message(message).await,
                Ok(Incoming::Pong(_)) => Some(()),
                Err(SocketError::MessageTooLarge { .. }) => self.refuse_large().await,
                Ok(Incoming::Closed(_)) | Err(SocketError::Closed) => None,
                Err(error) => {
                    tracing::debug!(%error, "WebSocket connection failed");
                    None
                }
            };
            if is_served.is_none() {
                return;
            }
        }
    }

    /// Has a message answered once there are permits for it; `None` when the connection is gone.
    async fn serve_message(&self, message: Vec<u8>) -> Option<()> {
        let bytes = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let permits = Arc::clone(&self.permits).acquire_many_owned(permits_of(bytes));
        let permits = tokio::select! {
            permits = permits => permits.ok()?,
            () = self.outbox.closed() => return None,
        };
        tokio::spawn(answer(
            Arc::clone(&self.dispatcher),
            self.answers.clone(),
            message,
            permits,
        ));
        Some(())
    }

    async fn refuse_large(&self) -> Option<()> {
        let address = self.dispatcher.connection.peer().address;
        self.dispatcher
            .context
            .refusals
            .note(Refusal::RequestBytes, address);
        let text = format!("the message has more than {} bytes", self.bytes_max);
        let refusal = RpcFailure::InvalidRequest(text).to_answer();
        self.outbox.send(refusal).await.ok()
    }
}

/// The permits that a message of this length holds.
const fn permits_of(bytes: u32) -> u32 {
    (bytes >> 10).saturating_add(1)
}

/// Answers one message, unless the connection goes away meanwhile.
async fn answer(
    dispatcher: Arc<Dispatcher>,
    answers: Answers,
    message: Vec<u8>,
    permits: OwnedSemaphorePermit,
) {
    let busy = dispatcher.connection.begin_work();
    let answer = tokio::select! {
        answer = dispatcher.answer(&message) => answer,
        () = answers.closed() => return,
    };
    if let Some(answer) = answer {
        let answer = UnreadAnswer::new(&dispatcher.context, &dispatcher.connection, busy, answer);
        // An error means that the connection is gone.
        drop(answers.send(answer).await);
    }
    drop(permits);
}

/// What is to be written.
struct Queued {
    /// Answers to subscribing, and notifications.
    messages: mpsc::Receiver<Message>,
    answers: mpsc::Receiver<UnreadAnswer>,
}

/// One of them.
enum Next {
    Message(Message),
    Answer(UnreadAnswer),
}

impl Queued {
    /// The next one; `None` when nothing will come any more.
    async fn next(&mut self) -> Option<Next> {
        tokio::select! {
            Some(answer) = self.answers.recv() => Some(Next::Answer(answer)),
            Some(message) = self.messages.recv() => Some(Next::Message(message)),
            else => None,
        }
    }

    /// The next one that is there already.
    fn try_next(&mut self) -> Option<Next> {
        let answer = self.answers.try_recv().ok().map(Next::Answer);
        answer.or_else(|| self.messages.try_recv().ok().map(Next::Message))
    }
}

impl AsRef<str> for Next {
    fn as_ref(&self) -> &str {
        match self {
            Self::Message(message) => message.get(),
            Self::Answer(answer) => answer.as_ref(),
        }
    }
}

/// Writes messages out, and pings.
struct Writer {
    sender: Sender<Stream>,
    heard: LastHeard,
}

impl Writer {
    /// Writes until the connection fails or `ended` fires; what was queued by then is written.
    async fn run(mut self, mut queued: Queued, mut ended: oneshot::Receiver<()>) {
        let start = Instant::now()
            .checked_add(PING_EVERY)
            .unwrap_or_else(Instant::now);
        let mut pings = interval_at(start, PING_EVERY);
        loop {
            let written = tokio::select! {
                next = queued.next() => match next {
                    Some(next) => self.send_queued(next, &mut queued).await,
                    None => break,
                },
                _ = pings.tick() => self.ping().await,
                _ = &mut ended => {
                    while let Some(next) = queued.try_next() {
                        if self.send_queued(next, &mut queued).await.is_err() {
                            break;
                        }
                    }
                    break;
                }
            };
            if let Err(error) = written {
                tracing::debug!(%error, "WebSocket connection failed");
                break;
            }
        }
        // Senders that wait see at once that the outbox is closed.
        drop(queued);
        // The peer may be gone already.
        drop(self.sender.close().await);
    }

    /// Sends a message and those that are queued behind it, with one flush.
    async fn send_queued(&mut self, first: Next, queued: &mut Queued) -> Result<(), SocketError> {
        let mut next = Some(first);
        let mut budget = queued.messages.max_capacity();
        while let Some(message) = next {
            self.sender.send_text(message).await?;
            budget = budget.saturating_sub(1);
            next = if budget > 0 { queued.try_next() } else { None };
        }
        self.sender.flush().await
    }

    async fn ping(&mut self) -> Result<(), SocketError> {
        if self.heard.silence() > SILENCE_MAX {
            return Err(SocketError::Io(io::ErrorKind::TimedOut.into()));
        }
        let empty: &[u8] = &[];
        let empty = ByteSlice125::try_from(empty).expect("nothing fits into 125 bytes");
        self.sender.send_ping(empty).await?;
        self.sender.flush().await
    }
}
