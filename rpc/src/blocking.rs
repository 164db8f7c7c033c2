//! Work that holds a thread: reading the disk, simulating, encoding accounts.
//!
//! Invariant: the number of jobs that run at once is bounded, whatever becomes of their callers. A permit therefore
//! belongs to the job, not to the call: a client that disconnects leaves a job behind that still runs, and that still
//! holds its permit.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

/// The permits of jobs that run on blocking threads.
#[derive(Clone, Debug)]
pub(crate) struct BlockingCalls {
    permits: Arc<Semaphore>,
}

impl BlockingCalls {
    /// Permits for `max` jobs at once, and at least one.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max.max(1))),
        }
    }

    /// Runs `work` once there is a permit for it. A caller that goes away before that cancels it.
    ///
    /// # Errors
    /// The work panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn jobs_of_callers_that_went_away_keep_their_permits() {
        let calls = BlockingCalls::new(2);
        let running = Arc::new(AtomicUsize::new(0));
        let (release, released) = mpsc::channel::<()>();
        let released = Arc::new(std::sync::Mutex::new(released));
        for _ in 0..2 {
            let (running, released) = (Arc::clone(&running), Arc::clone(&released));
            let (begun, has_begun) = tokio::sync::oneshot::channel();
            let call = tokio::spawn({
                let calls = calls.clone();
                async move {
                    calls
                        .run(move || {
                            running.fetch_add(1, Ordering::SeqCst);
                            begun.send(()).unwrap();
                            released.lock().unwrap().recv().unwrap();
                            running.fetch_sub(1, Ordering::SeqCst);
                        })
                        .await
                }
            });
            has_begun.await.unwrap();
            call.abort();
            assert!(call.await.unwrap_err().is_cancelled());
        }
        assert_eq!(running.load(Ordering::SeqCst), 2);
        assert_eq!(calls.permits.available_permits(), 0);
        release.send(()).unwrap();
        release.send(()).unwrap();
        assert_eq!(calls.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_releases_its_permit() {
        let calls = BlockingCalls::new(1);
        assert!(calls.run(|| panic!("on purpose")).await.is_err());
        assert_eq!(calls.run(|| 7).await.unwrap(), 7);
    }
}
