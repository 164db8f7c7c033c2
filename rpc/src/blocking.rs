//! Work that holds a thread: reading the disk, simulating, encoding accounts.
//!
//! Invariant: never more than so many pieces of work run at once, whatever becomes of those who asked for them. A place
//! therefore goes with the work, not with the call: a client that hangs up leaves work behind that still runs, and
//! whose place is still taken.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

/// The places of work that runs on threads of its own.
#[derive(Clone, Debug)]
pub(crate) struct BlockingCalls {
    places: Arc<Semaphore>,
}

impl BlockingCalls {
    /// Room for `max` pieces of work at once, and at least one.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(max.max(1))),
        }
    }

    /// Runs `work` once there is a place for it. When the caller goes away before that, it does not run.
    ///
    /// # Errors
    /// The work panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        spawn_blocking(move || {
            let result = work();
            drop(place);
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
    async fn callers_that_go_away_leave_no_room_for_more_work() {
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
        assert_eq!(calls.places.available_permits(), 0);
        release.send(()).unwrap();
        release.send(()).unwrap();
        assert_eq!(calls.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_frees_its_place() {
        let calls = BlockingCalls::new(1);
        assert!(calls.run(|| panic!("on purpose")).await.is_err());
        assert_eq!(calls.run(|| 7).await.unwrap(), 7);
    }
}
