//! Nodes behind a proxy that speaks TLS.
//!
//! `certificate.pem` and `key.pem` are a certificate for `localhost` and its key, valid until 2126; `another.pem` is a
//! certificate of somebody else:
//!
//! ```sh
//! openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost \
//!   -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
//!   -keyout key.pem -out certificate.pem
//! ```

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::process::{Output, Stdio};
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::user::{Node, User};

const CERTIFICATE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/client_cli/tls/certificate.pem"
);
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/client_cli/tls/key.pem");
const ANOTHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/client_cli/tls/another.pem");

/// A server that ends TLS in front of a plain one; it stops with its runtime.
struct Proxy {
    _runtime: Runtime,
    port: u16,
}

impl Proxy {
    fn before(target: SocketAddr) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            let acceptor = acceptor();
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust the certificate leaves.
                    let Ok(mut client) = acceptor.accept(client).await else {
                        return;
                    };
                    let mut server = TcpStream::connect(target).await.unwrap();
                    drop(copy_bidirectional(&mut client, &mut server).await);
                });
            }
        });
        Self {
            _runtime: runtime,
            port,
        }
    }
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_file(KEY).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Runs a command that trusts the certificates of a file only.
fn run(user: &User, trusted: &str, args: &[&str]) -> Output {
    user.command(args).env("SSL_CERT_FILE", trusted).output().unwrap()
}

fn fails(user: &User, trusted: &str, args: &[&str]) -> String {
    let output = run(user, trusted, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.starts_with("error: ") && line.lines().count() == 1, "{line}");
    line
}

#[test]
fn calls_go_over_tls_to_a_trusted_node_only() {
    let node = Node::start();
    let address: SocketAddr = node.url.strip_prefix("http://").unwrap().parse().unwrap();
    let proxy = Proxy::before(address);
    let url = format!("https://localhost:{}", proxy.port);
    let user = User::without_node();
    let output = run(&user, CERTIFICATE, &["slot", "--url", &url]);
    assert!(output.status.success(), "{output:?}");

    let refused = fails(&user, ANOTHER, &["slot", "--url", &url]);
    assert!(
        refused.contains("cannot make a secure connection") && refused.contains("SSL_CERT_FILE"),
        "{refused}"
    );
    let plain = node.url.replace("http", "https");
    let refused = fails(&user, CERTIFICATE, &["slot", "--url", &plain]);
    assert!(refused.contains("a node itself speaks no TLS"), "{refused}");
}

#[test]
fn subscriptions_go_over_tls_to_a_trusted_node_only() {
    let node = Node::start();
    let user = User::of(&node);
    let address: SocketAddr = node.url.strip_prefix("http://").unwrap().parse().unwrap();
    let websocket = SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap());
    let proxy = Proxy::before(websocket);
    let url = format!("wss://localhost:{}", proxy.port);
    let mut logs = user
        .command(&["logs", "--ws", &url])
        .env("SSL_CERT_FILE", CERTIFICATE)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(logs.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert!(line().starts_with("Streaming transaction logs"));
    user.ok(&["keygen", "new"]);
    user.ok(&["airdrop", "1"]);
    assert!(line().starts_with("Transaction executed in slot "));
    logs.kill().unwrap();
    logs.wait().unwrap();

    let refused = fails(&user, ANOTHER, &["logs", "--ws", &url]);
    assert!(refused.contains("cannot make a secure connection"), "{refused}");
    let plain = format!("wss://{websocket}");
    let refused = fails(&user, CERTIFICATE, &["logs", "--ws", &plain]);
    assert!(refused.contains("cannot make a secure connection"), "{refused}");
}
