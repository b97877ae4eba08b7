//! Migrations: one text a step, rendered for the database at hand, each in a transaction with the line that says it ran.

use domain::refusal::Fault;

use crate::dialect::Dialect;
use crate::tx::{postgres_fault, sqlite_fault};

/// Every step, in order. A step that was released is never changed.
pub(crate) const STEPS: &[(i64, &str)] = &[
    (1, include_str!("../../../migrations/0001_walking_skeleton.sql")),
    (2, include_str!("../../../migrations/0002_factors_and_protections.sql")),
    (3, include_str!("../../../migrations/0003_kept_answers.sql")),
    (4, include_str!("../../../migrations/0004_phones_and_sms.sql")),
    (5, include_str!("../../../migrations/0005_openings_by_address.sql")),
    (6, include_str!("../../../migrations/0006_holds_run_once_told.sql")),
    (7, include_str!("../../../migrations/0007_sms_have_hands_of_their_own.sql")),
    (8, include_str!("../../../migrations/0008_alarms_first.sql")),
    (9, include_str!("../../../migrations/0009_an_undo_runs_once_told.sql")),
    (10, include_str!("../../../migrations/0010_service_keys.sql")),
    (11, include_str!("../../../migrations/0011_what_was_sent.sql")),
    (12, include_str!("../../../migrations/0012_feed.sql")),
    (13, include_str!("../../../migrations/0013_webhooks.sql")),
    (14, include_str!("../../../migrations/0014_reports_are_forgotten.sql")),
    (15, include_str!("../../../migrations/0015_key_check.sql")),
    (16, include_str!("../../../migrations/0016_trial.sql")),
    (17, include_str!("../../../migrations/0017_freezes_first.sql")),
];

/// The last step that this build knows.
pub fn present_step() -> i64 {
    STEPS.last().map_or(0, |(number, _)| *number)
}

/// Why this build serves no database at that step, if it does not: what a newer one made of it, it cannot know.
pub fn newer(step: i64) -> Option<String> {
    let present = present_step();
    let why = || format!("it is at step {step}, and this version knows {present}: a newer one used it");
    (step > present).then(why)
}

fn unless_newer(step: i64) -> Result<(), Fault> {
    newer(step).map_or(Ok(()), |why| Err(Fault::broken(why)))
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (step {{int}} NOT NULL PRIMARY KEY)";

/// Brings a SQLite database to the present step. Answers how many steps ran.
pub(crate) fn sqlite(connection: &mut rusqlite::Connection) -> Result<usize, Fault> {
    let step = |connection: &mut rusqlite::Connection| -> rusqlite::Result<Result<usize, Fault>> {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(&Dialect::Sqlite.render(TABLE))?;
        let done: i64 = transaction.query_row("SELECT coalesce(max(step), 0) FROM migration", [], |row| row.get(0))?;
        if let Err(newer) = unless_newer(done) {
            return Ok(Err(newer));
        }
        let mut ran = 0;
        for (number, text) in STEPS.iter().filter(|(number, _)| *number > done) {
            transaction.execute_batch(&Dialect::Sqlite.render(text))?;
            transaction.execute("INSERT INTO migration (step) VALUES (?1)", [number])?;
            ran += 1;
        }
        transaction.commit()?;
        Ok(Ok(ran))
    };
    step(connection).map_err(sqlite_fault)?
}

/// Brings a PostgreSQL database to the present step. Two nodes that start at once wait for each other.
pub(crate) async fn postgres(client: &mut tokio_postgres::Client) -> Result<usize, Fault> {
    let step = async |client: &mut tokio_postgres::Client| -> Result<Result<usize, Fault>, tokio_postgres::Error> {
        // CREATE TABLE IF NOT EXISTS can fail in a race with itself; then the other has created it. Where it is there nothing is
        // asked for: the server would say so in each start's log.
        let there: bool = client.query_one("SELECT to_regclass('migration') IS NOT NULL", &[]).await?.get(0);
        let created = if there { Ok(()) } else { client.batch_execute(&Dialect::Postgres.render(TABLE)).await };
        let transaction = client.transaction().await?;
        if transaction.batch_execute("LOCK TABLE migration IN ACCESS EXCLUSIVE MODE").await.is_err() {
            created?;
        }
        let done: i64 = transaction.query_one("SELECT coalesce(max(step), 0) FROM migration", &[]).await?.get(0);
        if let Err(newer) = unless_newer(done) {
            return Ok(Err(newer));
        }
        let mut ran = 0;
        for (number, text) in STEPS.iter().filter(|(number, _)| *number > done) {
            transaction.batch_execute(&Dialect::Postgres.render(text)).await?;
            transaction.execute("INSERT INTO migration (step) VALUES ($1)", &[number]).await?;
            ran += 1;
        }
        transaction.commit().await?;
        Ok(Ok(ran))
    };
    step(client).await.map_err(|error| postgres_fault(&error))?
}
