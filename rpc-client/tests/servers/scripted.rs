//! A server on the loopback address that answers each request as a script says, right or wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};

/// How one request is answered.
pub(crate) enum Reply {
    /// With this JSON-RPC result.
    Result(Value),
    /// With this JSON-RPC error object.
    Error(Value),
    /// With this body under status 200, whatever it is.
    Body(String),
    /// With these bytes, then the connection is closed.
    BytesThenClose(String),
    /// With nothing: the connection stays open and silent.
    Silence,
}

/// Serves `script`, which maps the body of a request to its reply, until the test process ends.
pub(crate) fn serve(script: impl Fn(&Value) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let script = Arc::new(script);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let script = Arc::clone(&script);
            thread::spawn(move || answer_all(stream.unwrap(), script.as_ref()));
        }
    });
    format!("http://{address}")
}

/// An address on which nothing listens.
pub(crate) fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn answer_all(stream: TcpStream, script: &dyn Fn(&Value) -> Reply) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream) {
        match script(&request) {
            Reply::Result(result) => {
                let body = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
                send(stream.get_mut(), &body.to_string());
            }
            Reply::Error(error) => {
                let body = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
                send(stream.get_mut(), &body.to_string());
            }
            Reply::Body(body) => send(stream.get_mut(), &body),
            Reply::BytesThenClose(bytes) => {
                // A client that has seen enough may hang up first.
                drop(stream.get_mut().write_all(bytes.as_bytes()));
                drop(stream.get_mut().shutdown(Shutdown::Both));
                return;
            }
            Reply::Silence => {}
        }
    }
}

fn send(stream: &mut TcpStream, body: &str) {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // A client that has seen enough may hang up first.
    drop(stream.write_all((head + body).as_bytes()));
}

/// The body of the next request; `None` at the end of the connection.
fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    // A handshake has no body.
    if body.is_empty() {
        Some(Value::Null)
    } else {
        serde_json::from_slice(&body).ok()
    }
}
