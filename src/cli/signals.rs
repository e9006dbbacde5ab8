//! Being told to stop, by the terminal or by whoever supervises the process.

use std::time::Duration;

use tokio::signal;

/// Exit code after a second signal, as a shell gives it for `SIGTERM`.
const TERMINATED: i32 = 143;

/// What a stop may take beyond the bounds of its parts, which end it long before.
const MARGIN: Duration = Duration::from_secs(5);

/// Waits until the process is told to stop.
///
/// From then on a second signal ends it at once, and so does the end of `bound` and a little more:
/// whatever hangs then, nobody waits for it.
pub(super) async fn told_to_stop(bound: Duration) {
    told().await;
    // A thread of its own, which the runtime does not take with it when it waits for its own.
    let spawned = std::thread::Builder::new().name("stop".to_owned()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return;
        };
        let hurried = runtime.block_on(async {
            tokio::select! {
                () = told() => true,
                () = tokio::time::sleep(bound + MARGIN) => false,
            }
        });
        tracing::warn!(hurried, "stopped without waiting any longer");
        std::process::exit(TERMINATED);
    });
    if let Err(error) = spawned {
        tracing::warn!(error = &error as &dyn std::error::Error, "a second signal will not hurry");
    }
}

/// Waits for a signal.
async fn told() {
    let interrupt = async { drop(signal::ctrl_c().await) };
    #[cfg(unix)]
    let terminate = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            // Without a handler the signal ends the process, as it does by default.
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
