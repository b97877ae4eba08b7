//! What runs transactions, as the rules see it.

use crate::app::{Reads, Rows};
use crate::meters::Commits;
use crate::refusal::Fault;

/// The machine that runs transactions: one writer on SQLite, a bounded set of workers on PostgreSQL.
pub trait Engine: Send + Sync {
    /// Takes a job on; its `done` is called exactly once, after the commit is durable or has failed.
    fn write(&self, job: Box<dyn Job>);

    /// Runs a reading on one consistent moment; its `done` is called exactly once.
    fn read(&self, reading: Box<dyn Reading>);

    /// What it counts of its commits.
    fn commits(&self) -> Commits;

    /// `sqlite` or `postgres`, for the operator's eyes only.
    fn name(&self) -> &'static str;
}

/// What a job says when its action is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Commit what was written.
    Keep,
    /// Roll back what was written.
    Discard,
}

/// A transaction as the engine sees it.
pub trait Job: Send {
    /// Runs the action. May be called again from the beginning after a rollback.
    fn run(&mut self, rows: &mut dyn Rows) -> Verdict;

    /// Called after `run` was discarded, in a transaction of its own: leaves the trace of a refused attempt.
    fn leave_trace(&mut self, rows: &mut dyn Rows) -> Verdict;

    /// The outcome of the commit, or why there was none.
    fn done(self: Box<Self>, commit: Result<(), Fault>);
}

/// A reading as the engine sees it.
pub trait Reading: Send {
    /// Whether it runs one statement and no more, which needs no transaction around it.
    fn is_one_statement(&self) -> bool;

    /// Reads.
    fn run(&mut self, rows: &mut dyn Reads);

    /// The outcome: an error says that `run` was not called.
    fn done(self: Box<Self>, outcome: Result<(), Fault>);
}
