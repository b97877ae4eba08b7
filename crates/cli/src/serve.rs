//! `countersign serve`: pages, API and worker in one process.

use std::sync::Arc;

use anyhow::{Result, bail};
use axum::Router;
use domain::clock::SystemClock;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::config::Config;
use crate::crowd::Limits;
use crate::machine::{self, Machine};
use crate::metrics::Figures;
use crate::server::{self, Listening};
use crate::{logs, metrics, worker};

/// Serves until the process is told to stop.
#[expect(clippy::needless_pass_by_value, reason = "the settings are this command's own")]
pub(crate) fn run(config: Config) -> Result<()> {
    logs::start("info");
    let machine = Machine::build(&config, Arc::new(SystemClock))?;
    let tls = match (config.web.tls_certificate.as_os_str().is_empty(), config.web.tls_key.as_os_str().is_empty()) {
        (true, true) => None,
        (false, false) => Some(server::tls_from_files(&config.web.tls_certificate, &config.web.tls_key)?),
        _ => bail!("[web] tls_certificate and tls_key belong together: set both or none"),
    };
    runtime()?.block_on(async {
        let signals = StopSignals::hear()?;
        let limits = Limits::of_the_system(&config.web.trusted_proxies);
        let listening = Listening::on(config.web.listen, tls, limits).await?;
        // Before it is said that we serve: where the port is taken we do not.
        if let Some(address) = config.metrics.listen {
            metrics::serve(address, Figures::new(&machine.app, &machine.web, listening.counter())).await?;
        }
        tracing::info!(
            listen = %listening.listener.local_addr()?,
            url = config.settings.operator.url.as_str(),
            database = machine.app.engine_name(),
            "serving"
        );
        let router = web::routes::router(&machine.web);
        until_stopped(machine, listening, router, signals).await;
        Ok(())
    })
}

/// Serves and works until SIGTERM or SIGINT; then live pages are let go, requests and letters under way finish, and the
/// database is closed.
pub(crate) async fn until_stopped(machine: Machine, listening: Listening, router: Router, signals: StopSignals) {
    let (close, closing) = watch::channel(false);
    let work = tokio::spawn(worker::run(
        machine.app.clone(),
        machine.carrier.clone(),
        machine.courier.clone(),
        closing.clone(),
    ));
    let serving = tokio::spawn(server::run(listening, router, closing));
    signals.any().await;
    tracing::info!("stopping");
    machine.web.close();
    close.send_replace(true);
    // Each of them reports its own troubles.
    let _ = serving.await;
    let _ = work.await;
    if let Err(stop) = tokio::task::spawn_blocking(move || domain::sessions::flush_marks(&machine.app).map(drop))
        .await
        .unwrap_or(Ok(()))
    {
        tracing::warn!(error = %stop, "last-seen marks were not written down");
    }
    tracing::info!("stopped");
}

/// SIGTERM and SIGINT, caught from the moment this is made: before anybody is told that we serve, or a signal that follows
/// at once would end the process where it stands.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Catches the signals from here on.
    pub(crate) fn hear() -> Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them.
    async fn any(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The runtime of the main thread: it lets clients in, hears signals and looks after the chores. Clients are answered on
/// threads of their own: see `server::lanes`.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// `countersign migrate`: opening a database brings it to the present step.
pub(crate) fn migrate(config: &Config) -> Result<()> {
    // A long step says now and then that it goes on.
    logs::start("info");
    let app = machine::app(config)?;
    println!("The {} database is at the present step.", app.engine_name());
    Ok(())
}
