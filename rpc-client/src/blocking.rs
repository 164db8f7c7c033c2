//! Calls on the calling thread, for code that is not asynchronous.

use std::fmt;
use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use crate::{ClientConfig, RpcClient, RpcError};

/// A node, called over HTTP from code that is not asynchronous.
///
/// It owns a thread that tends the connections, so that a connection which the node has closed between two calls is
/// replaced before the next one. It must not be used or dropped on a thread of another runtime.
///
/// ```no_run
/// # fn example() -> Result<(), isobath_rpc_client::RpcError> {
/// use isobath_rpc_client::{BlockingRpcClient, ClientConfig};
///
/// let rpc = BlockingRpcClient::new("http://127.0.0.1:8899", ClientConfig::default())?;
/// println!("slot {}", rpc.wait(RpcClient::slot)?);
/// # use isobath_rpc_client::RpcClient;
/// # Ok(())
/// # }
/// ```
pub struct BlockingRpcClient {
    runtime: Runtime,
    client: RpcClient,
}

impl BlockingRpcClient {
    /// Prepares calls to `url`; the first call makes the first connection.
    ///
    /// # Errors
    /// [`RpcError::InvalidUrl`] when it is not a usable `http://` or `https://` address.
    ///
    /// # Panics
    /// When the system cannot start a thread.
    pub fn new(url: &str, config: ClientConfig) -> Result<Self, RpcError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("rpc-client")
            .enable_all()
            .build()
            .expect("the system starts one more thread");
        Ok(Self {
            runtime,
            client: RpcClient::new(url, config)?,
        })
    }

    /// Makes `call` and waits for its answer: `rpc.wait(|rpc| rpc.balance(&address))`.
    pub fn wait<'a, F: Future>(&'a self, call: impl FnOnce(&'a RpcClient) -> F) -> F::Output {
        self.runtime.block_on(call(&self.client))
    }
}

impl fmt::Debug for BlockingRpcClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingRpcClient").field(&self.client).finish()
    }
}
