//! Hashing passwords on a bounded pool: fixed threads, each with memory of its own that is reused, at lower priority
//! than the threads that answer. When too many wait, more are turned away instead of growing.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use data_encoding::BASE64_NOPAD;
use prometheus_client::metrics::counter::Counter;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use crate::credentials::lanes::{Lane, Lanes};
use crate::credentials::{Beside, BreachedPasswords, Judgement, Password, strength};
use crate::entropy::{self, Entropy};
use crate::refusal::{Fault, Refusal, Stop};
use crate::settings::PasswordRules;

/// A password hash in PHC string format: `$argon2id$v=19$m=…,t=…,p=1$salt$hash`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phc(String);

impl Phc {
    /// A hash as it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text that is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What comparing a password with a hash showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Whether it is the password.
    pub right: bool,
    /// The same password under the present settings, where the stored hash is weaker than they ask.
    pub raised: Option<Phc>,
}

enum Task {
    Hash(Password, oneshot::Sender<Result<Phc, Fault>>),
    Verify(Password, Option<Phc>, oneshot::Sender<Result<Verified, Fault>>),
    AnyOf(Password, Vec<Phc>, oneshot::Sender<Result<bool, Fault>>),
}

/// A password to be judged, beside an address, for an account with or without a second factor.
struct Question {
    password: Password,
    email: Option<String>,
    second_factor: bool,
    reply: oneshot::Sender<Result<Judgement, Fault>>,
}

/// The pool.
pub struct Hashing {
    tasks: Arc<Lanes<Task>>,
    questions: Arc<Lanes<Question>>,
    turned_away: Counter,
}

impl Hashing {
    /// Starts the slots. They end when the pool is dropped.
    pub fn start(rules: &PasswordRules, entropy: &Arc<dyn Entropy>, breached: &Arc<dyn BreachedPasswords>) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let slots = if rules.hashing_slots == 0 { cores } else { rules.hashing_slots };
        let tasks = Arc::new(Lanes::new(rules.hashing_queue));
        for number in 0..slots {
            let tasks = tasks.clone();
            let slot = Slot::new(rules, entropy.clone());
            thread::Builder::new()
                .name(format!("hashing-{number}"))
                .spawn(move || slot.work(&tasks))
                .expect("the system starts a thread at start-up");
        }
        // Judging may wait for a disk or a server, and a made-up password can make it long: it has a thread of its own,
        // so it holds up no slot and nobody who answers.
        let questions = Arc::new(Lanes::new(rules.hashing_queue));
        let (asked, breached, rules) = (questions.clone(), breached.clone(), rules.clone());
        thread::Builder::new()
            .name("judging".into())
            .spawn(move || judge_all(&asked, &*breached, &rules))
            .expect("the system starts a thread at start-up");
        Self { tasks, questions, turned_away: Counter::default() }
    }

    /// Judges a password by itself and beside what is known of its account.
    pub(crate) async fn judge(&self, lane: Lane, password: &Password, beside: &Beside<'_>) -> Result<Judgement, Stop> {
        let (reply, answer) = oneshot::channel();
        let email = beside.email.map(str::to_owned);
        let question = Question { password: password.clone(), email, second_factor: beside.second_factor, reply };
        if self.questions.push(lane, question).is_err() {
            self.turned_away.inc();
            return Err(Refusal::Busy.into());
        }
        said(answer).await
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: &Password) -> Result<Phc, Stop> {
        self.ask(Lane::Later, |reply| Task::Hash(password.clone(), reply)).await
    }

    /// Compares a password with a stored hash. Without one it does the same work and says no, so that the time tells
    /// a stranger nothing.
    pub(crate) async fn verify(&self, lane: Lane, password: &Password, stored: Option<Phc>) -> Result<Verified, Stop> {
        self.ask(lane, |reply| Task::Verify(password.clone(), stored, reply)).await
    }

    /// Whether a password is one of these.
    pub(crate) async fn any_of(&self, password: &Password, stored: Vec<Phc>) -> Result<bool, Stop> {
        self.ask(Lane::First, |reply| Task::AnyOf(password.clone(), stored, reply)).await
    }

    /// How many wait for a slot.
    pub fn waiting(&self) -> usize {
        self.tasks.waiting()
    }

    /// Counts those who were turned away because too many waited.
    pub fn turned_away(&self) -> &Counter {
        &self.turned_away
    }

    async fn ask<T>(
        &self,
        lane: Lane,
        task: impl FnOnce(oneshot::Sender<Result<T, Fault>>) -> Task,
    ) -> Result<T, Stop> {
        let (reply, answer) = oneshot::channel();
        if self.tasks.push(lane, task(reply)).is_err() {
            self.turned_away.inc();
            return Err(Refusal::Busy.into());
        }
        said(answer).await
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        self.tasks.close();
        self.questions.close();
    }
}

async fn said<T>(answer: oneshot::Receiver<Result<T, Fault>>) -> Result<T, Stop> {
    match answer.await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Fault::broken("a thread that works on passwords stopped").into()),
    }
}

fn judge_all(asked: &Lanes<Question>, breached: &dyn BreachedPasswords, rules: &PasswordRules) {
    lower_priority();
    while let Some(question) = asked.pop() {
        // Whoever asked may be gone by now; then nobody needs the answer.
        if question.reply.is_closed() {
            continue;
        }
        let known = breached.contains(question.password.reveal());
        let fewest = rules.fewest(question.second_factor);
        let judgement = strength::weigh(&question.password, question.email.as_deref(), (known, fewest), rules);
        let _ = question.reply.send(Ok(judgement));
    }
}

/// Those who already wait for an answer go first; where the system refuses, it is only slower.
fn lower_priority() {
    let _ = rustix::process::setpriority_process(None, 10);
}

/// One thread's memory and settings.
struct Slot {
    memory: Vec<Block>,
    memory_kib: u32,
    passes: u32,
    entropy: Arc<dyn Entropy>,
    dummy: Option<Phc>,
}

impl Slot {
    fn new(rules: &PasswordRules, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            memory: Vec::new(),
            memory_kib: rules.argon2_memory_kib,
            passes: rules.argon2_passes,
            entropy,
            dummy: None,
        }
    }

    fn work(mut self, tasks: &Lanes<Task>) {
        lower_priority();
        while let Some(task) = tasks.pop() {
            // Whoever asked may be gone by now; then nobody needs the answer.
            match task {
                Task::Hash(password, reply) if !reply.is_closed() => drop(reply.send(self.hash(&password))),
                Task::Verify(password, stored, reply) if !reply.is_closed() => {
                    drop(reply.send(self.verify(&password, stored)));
                }
                Task::AnyOf(password, stored, reply) if !reply.is_closed() => {
                    let found = stored.iter().try_fold(false, |found, phc| Ok(found | self.matches(&password, phc)?));
                    drop(reply.send(found));
                }
                _ => {}
            }
        }
    }

    fn hash(&mut self, password: &Password) -> Result<Phc, Fault> {
        let salt = entropy::bytes::<16>(&*self.entropy);
        let params = Params::new(self.memory_kib, self.passes, 1, Some(32)).map_err(Fault::broken)?;
        let output = self.compute(password, &salt, params)?;
        Ok(Phc(format!(
            "$argon2id$v=19$m={},t={},p=1${}${}",
            self.memory_kib,
            self.passes,
            BASE64_NOPAD.encode(&salt),
            BASE64_NOPAD.encode(&output)
        )))
    }

    fn verify(&mut self, password: &Password, stored: Option<Phc>) -> Result<Verified, Fault> {
        let Some(stored) = stored else {
            let dummy = match self.dummy.clone() {
                Some(dummy) => dummy,
                None => self.hash(&Password::new("nobody has this password"))?,
            };
            self.matches(password, &dummy)?;
            self.dummy = Some(dummy);
            return Ok(Verified { right: false, raised: None });
        };
        let right = self.matches(password, &stored)?;
        let (memory_kib, passes, ..) = read(&stored)?;
        let weaker = u64::from(memory_kib) * u64::from(passes) < u64::from(self.memory_kib) * u64::from(self.passes);
        let raised = if right && weaker { Some(self.hash(password)?) } else { None };
        Ok(Verified { right, raised })
    }

    fn matches(&mut self, password: &Password, stored: &Phc) -> Result<bool, Fault> {
        let (memory_kib, passes, salt, hash) = read(stored)?;
        let params = Params::new(memory_kib, passes, 1, Some(hash.len())).map_err(Fault::broken)?;
        let output = self.compute(password, &salt, params)?;
        Ok(output.ct_eq(&hash).into())
    }

    fn compute(&mut self, password: &Password, salt: &[u8], params: Params) -> Result<Vec<u8>, Fault> {
        let blocks = params.block_count();
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::default());
        }
        let mut output = vec![0; params.output_len().unwrap_or(32)];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.reveal().as_bytes(), salt, &mut output, &mut self.memory[..blocks])
            .map_err(Fault::broken)?;
        Ok(output)
    }
}

/// Memory, passes, salt and hash of a stored string. What asks for more than any setting of ours is not computed:
/// a planted hash must not buy a gigabyte.
fn read(stored: &Phc) -> Result<(u32, u32, Vec<u8>, Vec<u8>), Fault> {
    let parse = || {
        let mut parts = stored.0.strip_prefix("$argon2id$v=19$m=")?.split('$');
        let (params, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let (memory, rest) = params.split_once(",t=")?;
        let passes = rest.strip_suffix(",p=1")?;
        let salt = BASE64_NOPAD.decode(salt.as_bytes()).ok()?;
        let hash = BASE64_NOPAD.decode(hash.as_bytes()).ok()?;
        let (memory, passes): (u32, u32) = (memory.parse().ok()?, passes.parse().ok()?);
        (memory <= 1 << 20 && passes <= 64 && hash.len() >= 16 && parts.next().is_none())
            .then_some((memory, passes, salt, hash))
    };
    parse().ok_or_else(|| Fault::broken("a stored password hash is not one of ours"))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::entropy::SeededEntropy;
    use crate::settings::Settings;

    /// A list that answers nobody until it is let go, and keeps in which order it was asked.
    struct Slow {
        go: Mutex<Receiver<()>>,
        asked: Mutex<Sender<String>>,
    }

    impl BreachedPasswords for Slow {
        fn contains(&self, password: &str) -> bool {
            // An error says that it was let go.
            let _ = self.go.lock().unwrap().recv();
            self.asked.lock().unwrap().send(password.to_owned()).unwrap();
            false
        }
    }

    #[test]
    fn a_flood_of_strangers_who_have_passwords_judged_holds_up_no_customer() {
        let rules = PasswordRules { hashing_queue: 3, ..Settings::default().password };
        let ((let_go, go), (asked, order)) = (channel::<()>(), channel());
        let slow: Arc<dyn BreachedPasswords> = Arc::new(Slow { go: Mutex::new(go), asked: Mutex::new(asked) });
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(3));
        let hashing = Hashing::start(&rules, &entropy, &slow);
        let (known, strange) = (Password::new("the customer's"), Password::new("a stranger's"));
        let beside = Beside::default();
        // Each is asked for at its first poll.
        let mut flood: Vec<_> = (0..5).map(|_| Box::pin(hashing.judge(Lane::Later, &strange, &beside))).collect();
        let mut nobody = Context::from_waker(Waker::noop());
        let turned_away = flood.iter_mut().map(|one| one.as_mut().poll(&mut nobody)).filter(Poll::is_ready).count();
        assert!(turned_away >= 1, "the strangers' lane is not full");
        let mut customer = pin!(hashing.judge(Lane::First, &known, &beside));
        assert!(customer.as_mut().poll(&mut nobody).is_pending(), "turned away by strangers");
        drop(let_go);
        let order: Vec<String> = order.iter().take(2).collect();
        assert!(order.contains(&"the customer's".to_owned()), "behind those who waited before: {order:?}");
        let judged = loop {
            if let Poll::Ready(judged) = customer.as_mut().poll(&mut nobody) {
                break judged;
            }
            thread::yield_now();
        };
        assert!(judged.is_ok());
    }

    fn slot(memory_kib: u32) -> Slot {
        let rules = PasswordRules { argon2_memory_kib: memory_kib, argon2_passes: 1, ..Settings::default().password };
        Slot::new(&rules, Arc::new(SeededEntropy::new(3)))
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let mut slot = slot(64);
        let phc = slot.hash(&Password::new("correct horse battery")).unwrap();
        assert!(slot.verify(&Password::new("correct horse battery"), Some(phc.clone())).unwrap().right);
        assert!(!slot.verify(&Password::new("correct horse batterz"), Some(phc)).unwrap().right);
        assert!(!slot.verify(&Password::new("nobody has this password"), None).unwrap().right);
    }

    #[test]
    fn a_raised_setting_raises_the_hash_at_the_next_right_password() {
        let weak = slot(64).hash(&Password::new("correct horse battery")).unwrap();
        let mut stronger = slot(128);
        let verified = stronger.verify(&Password::new("correct horse battery"), Some(weak.clone())).unwrap();
        let raised = verified.raised.expect("the stored hash is weaker");
        assert!(raised.as_str().starts_with("$argon2id$v=19$m=128,t=1,p=1$"));
        assert!(stronger.matches(&Password::new("correct horse battery"), &raised).unwrap());
        assert_eq!(stronger.verify(&Password::new("wrong"), Some(weak)).unwrap().raised, None);
    }

    #[test]
    fn it_agrees_with_the_reference_implementation() {
        // printf correct | argon2 somesaltsomesalt -id -m 6 -t 2 -p 1 -l 32 -e (Debian argon2 0~20171227)
        let reference =
            "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$zX0Au8jA/kzAcKYT2+jUp0ju0oCnQzaiOnKcsf2YjxQ";
        let mut slot = slot(64);
        assert!(slot.matches(&Password::new("correct"), &Phc::stored(reference.into())).unwrap());
    }

    #[test]
    fn a_planted_hash_buys_no_memory() {
        for planted in ["$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAA", "", "$2y$10$abc"] {
            assert!(read(&Phc::stored(planted.into())).is_err(), "{planted}");
        }
    }
}
