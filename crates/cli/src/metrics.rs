//! What this process counts about itself, shown to Prometheus on a port of its own.
//!
//! What is counted as it happens stands in `domain::meters`; here is added what exists only while somebody asks.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use domain::notifications::Way;
use domain::webhooks::Backlog;
use domain::{App, trial};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use web::Web;

use crate::crowd::Limits;
use crate::server::{self, Listening};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Carrier {
    carrier: &'static str,
}

/// The figures, and where they are looked up.
pub(crate) struct Figures {
    app: App,
    web: Web,
    connections: Box<dyn Fn() -> usize + Send + Sync>,
    list: Registry,
    asked: Asked,
}

/// What is looked up when somebody asks.
#[derive(Default)]
struct Asked {
    backlog: Family<Carrier, Gauge>,
    oldest: Family<Carrier, Gauge>,
    database: Gauge,
    changes: Gauge,
    hashing: Gauge,
    streams: Gauge,
    feed_waiting: Gauge,
    reports_waiting: Gauge,
    webhooks_waiting: Gauge,
    webhooks_oldest: Gauge,
    webhooks_dead: Gauge,
    webhooks_off: Gauge,
    connections: Gauge,
}

impl Figures {
    /// All there are.
    pub(crate) fn new(app: &App, web: &Web, connections: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        let (app, web) = (app.clone(), web.clone());
        Self {
            list: Registry::with_prefix("countersign"),
            app,
            web,
            connections: Box::new(connections),
            asked: Asked::default(),
        }
        .listed()
    }

    fn listed(mut self) -> Self {
        let (list, asked) = (&mut self.list, &self.asked);
        self.app.meters().list(list);
        list.register(
            "hashing_turned_away",
            "Passwords that nobody looked at because too many waited",
            self.app.hashing().turned_away().clone(),
        );
        list.register("hashing_waiting", "Passwords that wait for a slot", asked.hashing.clone());
        list.register("outbox_waiting", "Notices that are neither sent nor refused", asked.backlog.clone());
        list.register("outbox_oldest_seconds", "How long the oldest of them has waited", asked.oldest.clone());
        list.register("database_answers", "1 while the database answers a reading", asked.database.clone());
        list.register("database_takes_changes", "1 while the database takes changes", asked.changes.clone());
        list.register("live_streams", "Pages that are followed live", asked.streams.clone());
        list.register("feed_waiting", "Requests that wait for the feed", asked.feed_waiting.clone());
        list.register(
            "reports_waiting",
            "Requests with reports that wait for their turn",
            asked.reports_waiting.clone(),
        );
        list.register("webhooks_waiting", "Items on their way to a webhook", asked.webhooks_waiting.clone());
        list.register(
            "webhooks_oldest_seconds",
            "How long ago the oldest of them happened",
            asked.webhooks_oldest.clone(),
        );
        list.register(
            "webhooks_dead",
            "Items that a webhook did not take and that are not tried any more",
            asked.webhooks_dead.clone(),
        );
        list.register("webhooks_off", "Webhooks that said that they are gone", asked.webhooks_off.clone());
        list.register("connections", "Connections that clients hold open", asked.connections.clone());
        let build = [("version", env!("CARGO_PKG_VERSION")), ("database", self.app.engine_name())];
        list.register(
            "build",
            "What runs here",
            Info::new(build.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()),
        );
        self
    }

    /// All of them as the text that Prometheus reads, as of now.
    async fn text(&self) -> Result<String> {
        let asked = &self.asked;
        let backlog = self.app.view(|view| {
            let rows = view.rows();
            let notices = [(Way::Mail, rows.outbox_backlog(Way::Mail)?), (Way::Sms, rows.outbox_backlog(Way::Sms)?)];
            Ok((notices, rows.webhooks_backlog()?))
        });
        let backlog = backlog.await;
        asked.database.set(i64::from(backlog.is_ok()));
        asked.changes.set(i64::from(trial::takes_changes(&self.app).await.is_ok()));
        // Where the database does not answer, what it would say keeps its last value beside that 0.
        let (notices, calls) = backlog.map_or((None, None), |(notices, calls)| (Some(notices), Some(calls)));
        for (way, (waiting, oldest)) in notices.into_iter().flatten() {
            let carrier = Carrier { carrier: way.code() };
            asked.backlog.get_or_create(&carrier).set(waiting);
            let age = oldest.map_or(0, |notice| self.app.clock().now().duration_since(notice.made_at()).as_secs());
            asked.oldest.get_or_create(&carrier).set(age.max(0));
        }
        if let Some(calls) = calls {
            self.of_webhooks(&calls);
        }
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        asked.hashing.set(count(self.app.hashing().waiting()));
        asked.streams.set(count(self.web.live_streams()));
        asked.feed_waiting.set(count(self.web.feed_waiting()));
        asked.reports_waiting.set(count(self.web.reports_waiting()));
        asked.connections.set(count((self.connections)()));
        let mut text = String::new();
        text::encode(&mut text, &self.list)?;
        Ok(text)
    }

    fn of_webhooks(&self, calls: &Backlog) {
        let (asked, now) = (&self.asked, self.app.clock().now());
        asked.webhooks_waiting.set(calls.waiting);
        asked.webhooks_oldest.set(calls.oldest.map_or(0, |item| now.duration_since(item.made_at()).as_secs().max(0)));
        asked.webhooks_dead.set(calls.dead);
        asked.webhooks_off.set(calls.off);
    }
}

/// Shows the figures at `/metrics` of an address, until the process ends.
pub(crate) async fn serve(address: SocketAddr, figures: Figures) -> Result<()> {
    let listening = Listening::on(address, None, Limits::for_a_few())
        .await
        .context("there is nowhere to show the figures for [metrics]")?;
    tracing::info!(listen = %listening.listener.local_addr()?, "metrics");
    let router = Router::new().route("/metrics", get(show)).with_state(Arc::new(figures));
    tokio::spawn(async move {
        // To the end, so that it can be read how the process ends.
        let (_open, closing) = watch::channel(false);
        server::run(listening, router, closing).await;
    });
    Ok(())
}

async fn show(State(figures): State<Arc<Figures>>) -> impl IntoResponse {
    let text = figures.text().await.unwrap_or_else(|error| {
        tracing::error!(%error, "the figures cannot be written");
        String::new()
    });
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
}

#[cfg(test)]
mod tests;
