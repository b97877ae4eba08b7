//! Many events and random kills: no letter is lost or invented, and a second copy goes out only where the connection broke
//! between the end of DATA and the recorded 250. `cargo xtask soak` asks for as many as one likes; every run of the tests
//! does it small.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};

use domain::ids::NoticeId;
use domain::{Span, Time};
use tempfile::TempDir;

use crate::check::{self, Answers};
use crate::kill::Chance;
use crate::machine::{Machine, News, Plan, customers, listen, next};

/// How much there is of it: `EVENTS KILLS SEED`.
const SIZE: &str = "COUNTERSIGN_SOAK";

/// Orders that are under way at once.
const AT_ONCE: u64 = 16;

/// Letters that may be behind: a killed process leaves its work to the next, which is no reason to pile it up.
const BEHIND: u64 = 200;

/// Threads that hand letters over, as the worker has.
const HANDS: usize = 4;

#[test]
fn of_many_events_and_random_kills_no_letter_is_lost_or_invented_and_each_copy_has_its_broken_connection() {
    let size = std::env::var(SIZE).unwrap_or_else(|_| "2000 3 2026".to_owned());
    let [events, kills, seed] = size.split(' ').map(|number| number.parse().unwrap()).collect::<Vec<u64>>()[..] else {
        panic!("{size}")
    };
    let directory = TempDir::new().unwrap();
    let database = directory.path().join("soak.db");
    customers(&database);
    let (news, heard) = listen();
    let office = Office::open(news.clone());
    let (mut chance, mut answers, mut progress) = (Chance(seed), Answers::default(), Progress::default());
    let mut unsent = Vec::new();
    let plan = |life: u64, hands: usize| Plan {
        database: &database,
        mail_port: office.port,
        hands,
        at: moment(life),
        environment: Vec::new(),
    };
    for life in 0..kills {
        let mut machine = Machine::start(&plan(life, HANDS), &news);
        // Somewhere about where its share of the events ends, and all of them in the last life.
        let share = events / kills;
        let until = if life + 1 == kills { events } else { share * life + 1 + chance.below(2 * share.max(1)) };
        live(&mut machine, &heard, &mut answers, &mut progress, until.min(events));
        (0..chance.below(4000)).for_each(|_| std::thread::yield_now());
        machine.kill();
        while !matches!(hear(&heard, &mut answers, &mut progress), News::Gone) {}
        unsent.push(check::unsent(&database));
    }
    let mut machine = Machine::start(&plan(kills, 0), &news);
    machine.settle();
    while !matches!(hear(&heard, &mut answers, &mut progress), News::Settled) {}
    machine.dismiss();
    let kept = check::look(&database);
    kept.agrees_with(&answers);
    let copies = office.copies();
    let (mut repeated, mut late) = (0, 0);
    for (id, handed) in &copies {
        let row = kept.letters.get(id).expect("no letter is invented");
        assert!(handed.iter().all(|copy| row.order == format!("order {}", copy.order)), "another letter by this id");
        assert!(handed.iter().all(|copy| copy.to == row.recipient), "to somebody else");
        if handed.len() == 1 {
            continue;
        }
        let lives: Vec<usize> = handed.iter().map(|copy| life_of(&copy.date)).collect();
        repeated += lives.len() - 1;
        for (before, after) in lives.iter().zip(&lives[1..]) {
            // Broken between DATA and the record: whoever died in between had not written it down as sent.
            let broken = before < after && unsent[*before..*after].iter().all(|unsent| unsent.contains(id));
            late += usize::from(!broken);
        }
    }
    let lost = kept.letters.iter().filter(|(id, row)| !row.sent || !copies.contains_key(id)).count();
    println!(
        "{} events acknowledged, {kills} kills, {} letters, {lost} lost, 0 invented, {repeated} copies more, {late} of them without a broken connection",
        answers.done.len(),
        copies.len(),
    );
    assert_eq!((lost, late), (0, 0));
    let killed = usize::try_from(kills).unwrap();
    assert!(repeated <= killed * HANDS, "each kill breaks one connection for each hand");
    assert!(answers.done.len() as u64 + kills * AT_ONCE >= events, "the machines hardly lived");
}

/// How far the letters are.
#[derive(Default)]
struct Progress {
    done: u64,
    letters: u64,
}

/// Gives orders until so many are acknowledged in all lives.
fn live(machine: &mut Machine, heard: &Receiver<News>, answers: &mut Answers, progress: &mut Progress, until: u64) {
    let mut number = answers.given.last().map_or(1, |last| last + 1);
    let (mut under_way, mut ready) = (0, false);
    while progress.done < until {
        match hear(heard, answers, progress) {
            News::Ready => ready = true,
            News::Done(_) => under_way -= 1,
            News::Letter => {}
            other => panic!("the machine says {other:?}"),
        }
        while ready
            && under_way < AT_ONCE
            && progress.done + under_way < until
            && progress.done < progress.letters + BEHIND
        {
            answers.given.insert(number);
            machine.order(number);
            (number, under_way) = (number + 1, under_way + 1);
        }
    }
}

fn hear(heard: &Receiver<News>, answers: &mut Answers, progress: &mut Progress) -> News {
    let news = next(heard);
    match news {
        News::Done(number) => {
            answers.done.insert(number);
            progress.done += 1;
        }
        News::Letter => progress.letters += 1,
        _ => {}
    }
    news
}

/// The moment at which the clock of a life stands; what an earlier life had leased is free again.
fn moment(life: u64) -> Time {
    let noon: Time = "2026-11-23T12:00:00Z".parse().unwrap();
    noon + Span::from_mins(10) * i32::try_from(life).unwrap()
}

/// The life of the process in which a letter was written: its clock stands still, so the date names the life.
fn life_of(date: &str) -> usize {
    let at = |life: u64| moment(life).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let life = (0..10_000).find(|life| at(*life) == date).expect("there are not so many lives");
    usize::try_from(life).expect("few")
}

/// One letter that arrived: a few words of it, since there may be a million.
#[derive(Clone)]
struct Copy {
    order: u64,
    to: String,
    date: String,
}

type Copies = BTreeMap<NoticeId, Vec<Copy>>;

/// A mail server that takes everything and remembers which letter came when.
struct Office {
    port: u16,
    copies: Arc<Mutex<Copies>>,
}

impl Office {
    fn open(news: Sender<News>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let office = Self { port: listener.local_addr().unwrap().port(), copies: Arc::default() };
        let copies = office.copies.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (copies, news) = (copies.clone(), news.clone());
                // A connection that breaks is what this is about.
                std::thread::spawn(move || drop(take_letters(&stream, &copies, &news)));
            }
        });
        office
    }

    fn copies(&self) -> Copies {
        self.copies.lock().unwrap().clone()
    }
}

fn take_letters(mut stream: &TcpStream, copies: &Mutex<Copies>, news: &Sender<News>) -> std::io::Result<()> {
    stream.write_all(b"220 soak.example\r\n")?;
    let mut lines = BufReader::new(stream).lines();
    let mut to = String::new();
    while let Some(line) = lines.next().transpose()? {
        if let Some(recipient) = line.strip_prefix("RCPT TO:<") {
            recipient.trim_end_matches('>').clone_into(&mut to);
        }
        if line != "DATA" {
            stream.write_all(if line == "QUIT" { b"221 bye\r\n" } else { b"250 ok\r\n" })?;
            continue;
        }
        stream.write_all(b"354 go on\r\n")?;
        let (mut id, mut order, mut date) = (None, None, String::new());
        loop {
            // Cut off before the final dot, it did not arrive.
            let Some(line) = lines.next().transpose()? else { return Ok(()) };
            if line == "." {
                break;
            }
            if let Some(written) = line.strip_prefix("Date: ") {
                written.clone_into(&mut date);
            }
            if let Some(named) = line.strip_prefix("Message-ID: <") {
                id = named.split('@').next().and_then(|id| id.parse().ok());
            }
            if let Some((_, number)) = line.split_once("order ").filter(|_| order.is_none()) {
                order = number.split(|c: char| !c.is_ascii_digit()).next().and_then(|number| number.parse().ok());
            }
        }
        let (Some(id), Some(order)) = (id, order) else { panic!("a letter without a name or an order") };
        copies.lock().unwrap().entry(id).or_default().push(Copy { order, to: to.clone(), date });
        let _ = news.send(News::Letter);
        stream.write_all(b"250 taken\r\n")?;
    }
    Ok(())
}
