//! The product over HTTP and its limits, one after the other within each repetition.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::App;
use tokio::runtime::Runtime;

use crate::histories::milliseconds;
use crate::letters::Outbox;
use crate::limits::{RawSqlite, argon2_per_second};
use crate::load::{self, Answers, Ask};
use crate::process::{Process, free_address, listens};
use crate::seed::{Customers, Sizes};
use crate::sheet::Sheet;
use crate::{Scale, backend, bare, inside, letters, product, seed, sink};

const TIME: Duration = Duration::from_secs(4);
/// Clients of a busy hour; the same number at rest and under load, on the limit and on ours.
const CLIENTS: u64 = 16;
/// Enough that a hash always waits for a free slot, few enough that none is turned away.
const SIGNING_IN: u64 = 8;
/// How many actions of the inside figure are ended in each repetition.
const ENDINGS: usize = 3_000;
/// Customers of whom something is reported.
const ENGINE_ACCOUNTS: u32 = 50_000;
/// Backends that report at once.
const REPORTING: u64 = 4;

/// Everything that is measured over HTTP.
pub(crate) struct Site<'a> {
    runtime: &'a Runtime,
    directory: PathBuf,
    mail_port: u16,
    customers: Arc<Customers>,
    checked: usize,
    signed_out: Arc<AtomicUsize>,
    product: Option<Process>,
    idle_mebibytes: f64,
    backend: Arc<backend::Backend>,
    /// A product of its own for what is reported: its letters would go on for minutes.
    engine: PathBuf,
    engine_backend: Arc<backend::Backend>,
    one_core: Process,
    one_core_customers: Arc<Customers>,
    bare: Process,
    bare_ask: Arc<Ask>,
    raw: RawSqlite,
    inside: App,
    inside_customers: Customers,
    ended: usize,
}

impl<'a> Site<'a> {
    pub(crate) fn prepare(runtime: &'a Runtime, scratch: &Path, scale: Scale) -> Result<Self> {
        println!("writing {} accounts", scale.accounts);
        let mail_port = sink::start()?;
        let directory = scratch.join("site");
        let sizes = Sizes { accounts: scale.accounts, sessions: scale.sessions, known: 64 };
        let customers = Arc::new(database(runtime, &directory, sizes)?);
        let alone = scratch.join("one-core");
        let sizes = Sizes { accounts: 64, sessions: 0, known: 64 };
        let one_core_customers = Arc::new(database(runtime, &alone, sizes)?);
        let endings = scratch.join("inside");
        let sizes = Sizes { accounts: 50_000, sessions: 50_000, known: 0 };
        let inside_customers = database(runtime, &endings, sizes)?;
        let engine = scratch.join("engine");
        database(runtime, &engine, Sizes { accounts: ENGINE_ACCOUNTS, sessions: 0, known: 0 })?;
        let (bare, bare_ask) = bare_site(&scratch.join("bare.db"))?;
        Ok(Self {
            runtime,
            one_core: product::serve(&alone, mail_port, true)?,
            backend: backend::of(&directory)?,
            engine_backend: backend::of(&engine)?,
            engine,
            directory,
            mail_port,
            customers,
            checked: usize::try_from(scale.checked)?,
            signed_out: Arc::new(AtomicUsize::new(usize::try_from(scale.checked)?)),
            product: None,
            idle_mebibytes: 0.0,
            one_core_customers,
            bare,
            bare_ask,
            raw: RawSqlite::create(&scratch.join("raw.db"))?,
            inside: inside::open(&url(&endings))?,
            inside_customers,
            ended: 0,
        })
    }

    /// From nothing to the first answer, and the memory before anybody comes.
    pub(crate) fn start(&mut self, sheet: &mut Sheet) -> Result<()> {
        self.product = None;
        let product = product::serve(&self.directory, self.mail_port, false)?;
        sheet.note("start", product.start.as_secs_f64());
        std::thread::sleep(Duration::from_secs(1));
        self.idle_mebibytes = product.resident_mebibytes()?;
        sheet.note("idle", self.idle_mebibytes);
        self.product = Some(product);
        Ok(())
    }

    /// Sign-ins beside raw hashes, on all cores and on one, and session checks while sign-ins take all they can.
    pub(crate) fn hashing(&mut self, sheet: &mut Sheet) -> Result<()> {
        let cores = u32::try_from(std::thread::available_parallelism()?.get())?;
        let (address, sign_ins) = (self.product()?.address, product::sign_ins(&self.customers));
        let alone = product::sign_ins(&self.one_core_customers);
        let all = argon2_per_second(cores)?;
        sheet.note("argon2", all);
        let ours = self.put(address, SIGNING_IN, &sign_ins)?.per_second;
        sheet.note("sign-ins", ours);
        let one = argon2_per_second(1)?;
        let ours_on_one = self.put(self.one_core.address, SIGNING_IN, &alone)?.per_second;
        sheet.note("argon2 scaling", all / one);
        sheet.note("sign-ins scaling", ours / ours_on_one);
        let checks = product::session_checks(&self.customers, self.checked);
        let (busy, checks) = self.runtime.block_on(async {
            tokio::join!(load::put(address, SIGNING_IN, TIME, sign_ins), load::put(address, CLIENTS, TIME, checks),)
        });
        busy?;
        sheet.note("check p99 busy", milliseconds(checks?.p99));
        sheet.note("loaded above idle", self.product()?.resident_mebibytes()? - self.idle_mebibytes);
        Ok(())
    }

    /// Session checks beside the bare server.
    pub(crate) fn checks(&mut self, sheet: &mut Sheet) -> Result<()> {
        let (answers, per_core_second) = self.put_and_weigh(&self.bare, &self.bare_ask)?;
        sheet.note("bare checks", answers.per_second);
        sheet.note("bare checks a core-second", per_core_second);
        let checks = product::session_checks(&self.customers, self.checked);
        let (answers, per_core_second) = self.put_and_weigh(self.product()?, &checks)?;
        sheet.note("checks", answers.per_second);
        sheet.note("checks a core-second", per_core_second);
        sheet.note("check p50", milliseconds(answers.p50));
        sheet.note("check p99", milliseconds(answers.p99));
        Ok(())
    }

    /// Durable changes beside raw commits.
    pub(crate) fn events(&mut self, sheet: &mut Sheet) -> Result<()> {
        sheet.note("raw one", self.raw.inserts_per_second(1));
        let commit: Arc<Ask> = Arc::new(|_, request| {
            request.extend_from_slice(b"POST /commit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        });
        sheet.note("bare one", self.put(self.bare.address, 1, &commit)?.per_second);
        let (address, sign_outs) = (self.product()?.address, product::sign_outs(&self.customers, &self.signed_out));
        sheet.note("event one client", self.put(address, 1, &sign_outs)?.per_second);
        sheet.note("event many clients", self.put(address, 64, &sign_outs)?.per_second);
        sheet.note("raw grouped", self.raw.inserts_per_second(64));
        for (name, at_once) in [("action alone", 1), ("action grouped", 64)] {
            let sessions = &self.inside_customers.session_ids[self.ended..][..ENDINGS];
            self.ended += ENDINGS;
            sheet.note(name, inside::endings_per_second(&self.inside, sessions, at_once)?);
        }
        Ok(())
    }

    /// Letters about sign-ins, while sign-ins and session checks take the machine.
    pub(crate) fn letters(&mut self, sheet: &mut Sheet) -> Result<()> {
        let since = letters::now();
        let (address, sign_ins) = (self.product()?.address, product::sign_ins(&self.customers));
        let checks = product::session_checks(&self.customers, self.checked);
        let (signed_in, checked) = self.runtime.block_on(async {
            tokio::join!(load::put(address, SIGNING_IN, TIME, sign_ins), load::put(address, CLIENTS, TIME, checks))
        });
        signed_in?;
        checked?;
        let outbox = Outbox::of(&self.directory)?;
        outbox.drain()?;
        outbox.note_hand_off(since, sheet)
    }

    /// What the exchange's backend asks and reports.
    pub(crate) fn backend(&mut self, sheet: &mut Sheet) -> Result<()> {
        let address = self.product()?.address;
        let local = self.backend.local_checks(&self.customers, self.checked);
        let answers = self.put(address, CLIENTS, &local)?;
        sheet.note("local checks", answers.per_second);
        let authority = format!("localhost:{}", address.port());
        let signed = self.backend.signed_checks(&self.customers, self.checked, authority);
        let answers = self.put(address, CLIENTS, &signed)?;
        sheet.note("signed checks", answers.per_second);
        let engine = product::serve(&self.engine, self.mail_port, false)?;
        let reports = self.engine_backend.reports(ENGINE_ACCOUNTS);
        let answers = self.put(engine.address, REPORTING, &reports)?;
        sheet.note("reports", answers.per_second * f64::from(backend::BATCH));
        Ok(())
    }

    fn product(&self) -> Result<&Process> {
        self.product.as_ref().context("the product is started first")
    }

    fn put(&self, server: SocketAddr, clients: u64, ask: &Arc<Ask>) -> Result<Answers> {
        self.runtime.block_on(load::put(server, clients, TIME, Arc::clone(ask)))
    }

    /// The answers, and how many there were for each second of the server's processor time.
    fn put_and_weigh(&self, server: &Process, ask: &Arc<Ask>) -> Result<(Answers, f64)> {
        let before = server.cpu_seconds()?;
        let answers = self.put(server.address, CLIENTS, ask)?;
        let used = server.cpu_seconds()? - before;
        let per_core_second = answers.per_second * TIME.as_secs_f64() / used;
        Ok((answers, per_core_second))
    }
}

pub(crate) fn database(runtime: &Runtime, directory: &Path, sizes: Sizes) -> Result<Customers> {
    std::fs::create_dir_all(directory)?;
    let app = inside::open(&url(directory))?;
    let phc = runtime.block_on(seed::hash(&app))?;
    inside::hand_over_key(&app, directory)?;
    drop(app);
    seed::customers(&directory.join("countersign.db"), sizes, &phc)
}

pub(crate) fn url(directory: &Path) -> String {
    format!("sqlite:{}", directory.join("countersign.db").display())
}

fn bare_site(file: &Path) -> Result<(Process, Arc<Ask>)> {
    let cookies = bare::fill(file)?;
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve-bare", &address.to_string()]).arg(file);
    let ask: Arc<Ask> = Arc::new(move |chance, request| {
        let cookie = &cookies[chance.below(cookies.len())];
        for part in ["GET /me HTTP/1.1\r\nHost: localhost\r\nCookie: session=", cookie, "\r\n\r\n"] {
            request.extend_from_slice(part.as_bytes());
        }
    });
    Ok((Process::start(&mut command, address, listens)?, ask))
}
