//! `kill -9`, again and again, while orders are acknowledged and letters handed over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};

use domain::clock::SystemClock;
use domain::ids::NoticeId;
use domain::{Span, Time};
use outside::mailbox::{Arrived, Mailbox};
use tempfile::TempDir;

use crate::check::{self, Answers, Kept};
use crate::machine::{Machine, News, Plan, customers, listen, next};

/// How often the process is killed.
const KILLS: u64 = 24;

/// Threads that hand letters over.
const HANDS: usize = 2;

/// Orders in one life, at most.
const ORDERS: u64 = 24;

/// Orders that are under way at once.
const AT_ONCE: u64 = 8;

#[test]
fn what_was_acknowledged_survives_kill_9_and_no_letter_is_lost_or_invented() {
    let directory = TempDir::new().unwrap();
    let database = directory.path().join("killed.db");
    customers(&database);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (news, heard) = listen();
    let office = PostOffice::open(&runtime, news.clone());
    let (mut chance, mut answers) = (Chance(2026), Answers::default());
    let mut recorded = BTreeMap::new();
    for round in 0..KILLS {
        let plan = Plan {
            database: &database,
            mail_port: office.port,
            hands: HANDS,
            at: moment(round),
            environment: Vec::new(),
        };
        let mut machine = Machine::start(&plan, &news);
        live(&mut machine, &heard, &mut answers, Death::of(round, &mut chance));
        // The moment after the news is as likely to be hit as the news itself.
        (0..chance.below(4000)).for_each(|_| std::thread::yield_now());
        machine.kill();
        last_words(&heard, &mut answers);
        let kept = check::look(&database);
        kept.agrees_with(&answers);
        let copies = copies(&office.letters());
        for (id, _) in kept.letters.iter().filter(|(_, letter)| letter.sent) {
            if let Some(arrived) = copies.get(id) {
                recorded.entry(*id).or_insert(arrived.len());
            }
        }
    }
    let plan =
        Plan { database: &database, mail_port: office.port, hands: 0, at: moment(KILLS), environment: Vec::new() };
    let mut machine = Machine::start(&plan, &news);
    machine.settle();
    while !matches!(next(&heard), News::Settled) {}
    machine.dismiss();
    let kept = check::look(&database);
    kept.agrees_with(&answers);
    letters_agree(&kept, &office.letters(), &recorded);
    println!("{KILLS} kills, {} orders, {} acknowledged", answers.given.len(), answers.done.len());
    assert!(answers.done.len() > 100, "the machines hardly lived");
}

#[test]
fn a_request_sent_again_after_kill_9_is_done_once() {
    let directory = TempDir::new().unwrap();
    let database = directory.path().join("killed.db");
    customers(&database);
    let (news, heard) = listen();
    let (mut chance, mut answers) = (Chance(2027), Answers::default());
    let mut again = 0;
    for round in 0..12 {
        let plan = Plan { database: &database, mail_port: 0, hands: 0, at: moment(round), environment: Vec::new() };
        let mut machine = Machine::start(&plan, &news);
        assert!(matches!(next(&heard), News::Ready));
        // First everything that got no answer in an earlier life, then something new.
        let unanswered: Vec<u64> = answers.given.difference(&answers.done).copied().collect();
        let first = answers.given.last().map_or(1, |last| last + 1);
        let last_life = round == 11;
        let new = if last_life { first..first } else { first..first + ORDERS };
        again += unanswered.len();
        let waiting = unanswered.len() as u64 + if last_life { 0 } else { chance.below(ORDERS) };
        for number in unanswered.into_iter().chain(new) {
            answers.given.insert(number);
            machine.order_once(number);
        }
        let mut heard_of = 0;
        while heard_of < waiting {
            match next(&heard) {
                News::Done(number) => drop(answers.done.insert(number)),
                other => panic!("the machine says {other:?}"),
            }
            heard_of += 1;
        }
        machine.kill();
        last_words(&heard, &mut answers);
        // None is there twice: that is checked while it is read.
        check::look(&database).agrees_with(&answers);
    }
    assert_eq!(answers.given, answers.done, "in the last life every copy is answered");
    assert_eq!(check::look(&database).orders, answers.given);
    assert!(again > 20, "only {again} requests were sent again");
}

/// When in its life a process is killed.
#[derive(Clone, Copy)]
enum Death {
    /// As soon as it opened its database.
    Opening,
    /// With its first orders under way.
    Ordered,
    /// After so many acknowledgements.
    Acknowledged(u64),
    /// After so many letters arrived: perhaps between the 250 and its record.
    Lettered(u64),
}

impl Death {
    fn of(round: u64, chance: &mut Chance) -> Self {
        match round % 6 {
            0 => Self::Opening,
            1 => Self::Ordered,
            2 | 3 => Self::Acknowledged(1 + chance.below(16)),
            _ => Self::Lettered(1 + chance.below(10)),
        }
    }
}

/// Gives orders until it is time to die.
fn live(machine: &mut Machine, heard: &Receiver<News>, answers: &mut Answers, death: Death) {
    let first = answers.given.last().map_or(1, |last| last + 1);
    let mut numbers = first..first + ORDERS;
    let (mut acknowledged, mut lettered) = (0, 0);
    loop {
        let more = match next(heard) {
            News::Ready => AT_ONCE,
            News::Done(number) => {
                answers.done.insert(number);
                acknowledged += 1;
                1
            }
            News::Letter => {
                lettered += 1;
                0
            }
            other => panic!("the machine says {other:?}"),
        };
        if matches!(death, Death::Opening) {
            return;
        }
        for number in numbers.by_ref().take(usize::try_from(more).unwrap()) {
            answers.given.insert(number);
            machine.order(number);
        }
        let due = match death {
            Death::Opening | Death::Ordered => true,
            Death::Acknowledged(count) => acknowledged >= count,
            // Letters may be slower than orders; there are no more orders to wait for then.
            Death::Lettered(count) => lettered >= count || numbers.is_empty(),
        };
        if due {
            return;
        }
    }
}

/// What a killed process had said before it died counts as said.
fn last_words(heard: &Receiver<News>, answers: &mut Answers) {
    loop {
        match next(heard) {
            News::Done(number) => drop(answers.done.insert(number)),
            News::Gone => return,
            News::Ready | News::Letter => {}
            other => panic!("the machine said {other:?}"),
        }
    }
}

fn letters_agree(kept: &Kept, arrived: &[Arc<Arrived>], recorded: &BTreeMap<NoticeId, usize>) {
    for letter in arrived {
        let row = kept.letters.get(&id(letter)).expect("no letter is invented");
        assert_eq!(letter.to, [row.recipient.as_str()]);
        assert!(letter.text.contains(&row.order), "{} is not what this letter is about:\n{}", row.order, letter.text);
    }
    let copies = copies(arrived);
    for (id, row) in &kept.letters {
        assert!(row.sent && copies.contains_key(id), "the letter about {} is lost", row.order);
    }
    let mut repeated: BTreeMap<&String, BTreeSet<NoticeId>> = BTreeMap::new();
    for (id, lives) in &copies {
        assert_eq!(lives.iter().collect::<BTreeSet<_>>().len(), lives.len(), "twice in one life of the process");
        for life in &lives[..lives.len() - 1] {
            repeated.entry(life).or_default().insert(*id);
        }
    }
    println!("{} letters, {} repeated", copies.len(), repeated.values().map(BTreeSet::len).sum::<usize>());
    for again in repeated.values() {
        assert!(again.len() <= HANDS, "a hand was between a 250 and its record with more than one letter");
    }
    for (id, count) in recorded {
        assert_eq!(copies[id].len(), *count, "a letter went out again after it was written down as sent");
    }
}

/// The lives of the process in which each letter was sent: its clock stands still, so the date names the life.
fn copies(arrived: &[Arc<Arrived>]) -> BTreeMap<NoticeId, Vec<String>> {
    let mut copies: BTreeMap<NoticeId, Vec<String>> = BTreeMap::new();
    for letter in arrived {
        copies.entry(id(letter)).or_default().push(letter.header("Date").expect("a date").to_owned());
    }
    copies
}

fn id(letter: &Arrived) -> NoticeId {
    let id = letter.header("Message-ID").expect("an id").trim_matches(['<', '>']);
    id.split('@').next().and_then(|id| id.parse().ok()).expect("it names a notice")
}

/// The moment at which the clock of a life stands; what an earlier life had leased is free again.
fn moment(round: u64) -> Time {
    let noon: Time = "2026-11-23T12:00:00Z".parse().unwrap();
    noon + Span::from_mins(10) * i32::try_from(round).unwrap()
}

/// The mail server, whose letters are kept however many there are.
pub(crate) struct PostOffice {
    pub(crate) port: u16,
    mailbox: Arc<Mailbox>,
    letters: Arc<Mutex<Vec<Arc<Arrived>>>>,
}

impl PostOffice {
    pub(crate) fn open(runtime: &tokio::runtime::Runtime, news: Sender<News>) -> Self {
        let mailbox = Arc::new(runtime.block_on(Mailbox::open(Arc::new(SystemClock))).unwrap());
        let office = Self { port: mailbox.address().port(), mailbox, letters: Arc::default() };
        let (mailbox, letters) = (office.mailbox.clone(), office.letters.clone());
        let mut arrivals = office.mailbox.arrivals();
        runtime.spawn(async move {
            while arrivals.changed().await.is_ok() {
                for _ in 0..collect(&mailbox, &letters) {
                    let _ = news.send(News::Letter);
                }
            }
        });
        office
    }

    /// All letters that arrived so far, oldest first.
    pub(crate) fn letters(&self) -> Vec<Arc<Arrived>> {
        collect(&self.mailbox, &self.letters);
        self.letters.lock().unwrap().clone()
    }
}

/// Takes over what arrived since the last time; the mailbox itself keeps only the newest.
fn collect(mailbox: &Mailbox, letters: &Mutex<Vec<Arc<Arrived>>>) -> usize {
    let mut letters = letters.lock().unwrap();
    let known = letters.last().map_or(0, |last| last.id);
    let mut new: Vec<_> = mailbox.newest_first().into_iter().take_while(|letter| letter.id > known).collect();
    new.reverse();
    assert!(new.first().is_none_or(|first| first.id == known + 1), "the mailbox forgot letters");
    let count = new.len();
    letters.append(&mut new);
    count
}

/// Chance from a seed (Knuth's MMIX generator): where the kills fall is varied, and not by the clock.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}
