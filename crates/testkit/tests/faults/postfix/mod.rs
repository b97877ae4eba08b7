//! A real Postfix takes our letters: by both forms of TLS, put off, refused, slow, and cut off at the worst moment. And
//! verifiers that others wrote say that the letters are ours.

mod server;
mod verify;

use std::io::{BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use data_encoding::BASE64;
use domain::clock::SystemClock;
use domain::notifications::{Carrier, Fate, Letter};
use domain::protections::{self, FreezeCause};
use domain::sessions::SignInOutcome;
use domain::{App, Span, notifications};
use outside::mail::{DkimRecord, MailSettings, MailTls, SmtpCarrier};
use outside::mailbox::Mailbox;
use testkit::wire::{Cut, Wire};
use testkit::{Database, Person, World, both};

use server::{Postfix, until};

fn carrier(world: &World, settings: &MailSettings) -> SmtpCarrier {
    SmtpCarrier::new(settings, world.clock.clone()).expect("these settings are fit")
}

fn deliver(app: &App, carrier: &SmtpCarrier) {
    while notifications::deliver(app, carrier).unwrap().done > 0 {}
}

/// Customers to each of whom one letter is on its way: a stranger has their password.
fn letters_for(world: &World, names: &[&str]) {
    let people: Vec<Person> = names.iter().map(|name| world.customer(name)).collect();
    for mut person in people.clone() {
        world.sign_in(&mut person);
    }
    world.settle();
    for person in people {
        let outcome = world.try_sign_in(&person.thief()).unwrap();
        assert!(matches!(outcome, SignInOutcome::Waiting(_)), "in without a word");
    }
}

/// Writes down that a letter came back. Answers whether that was new.
fn came_back(world: &World, message_id: &str, said: &str) -> bool {
    let (message_id, said) = (message_id.to_owned(), said.to_owned());
    let change = move |change: &mut domain::Change<'_>| notifications::came_back(change, &message_id, &said);
    world.app.change(&domain::Actor::chore(), change).wait().expect("it is written down")
}

fn waiting(world: &World) -> i64 {
    world.app.view(|view| Ok(view.rows().outbox_waiting()?)).wait().unwrap()
}

fn header<'a>(letter: &'a str, name: &str) -> Vec<&'a str> {
    let head = letter.split("\n\n").next().unwrap_or_default();
    head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
}

both! {
    fn greylisting_puts_a_letter_off_and_a_later_try_brings_it_once(world: World) {
        let Some(postfix) = Postfix::start() else { return };
        let carrier = carrier(&world, &postfix.by(MailTls::Starttls));
        letters_for(&world, &["grey"]);
        postfix.put_off(2);
        for wait in [20, 40] {
            deliver(&world.app, &carrier);
            assert_eq!((waiting(&world), postfix.letters().len()), (1, 0));
            world.clock.advance(Span::from_secs(wait - 1));
            deliver(&world.app, &carrier);
            assert_eq!(waiting(&world), 1, "tried before its time");
            world.clock.advance(Span::from_secs(1));
        }
        deliver(&world.app, &carrier);
        assert_eq!(waiting(&world), 0, "{}", postfix.log());
        assert_eq!(postfix.letters_once(1).len(), 1);
    }

    fn a_letter_that_is_put_off_for_ever_is_given_up_after_five_days(world: World) {
        let Some(postfix) = Postfix::start() else { return };
        let carrier = carrier(&world, &postfix.by(MailTls::None));
        letters_for(&world, &["grey"]);
        postfix.put_off(usize::MAX);
        let begun = world.app.clock().now();
        while waiting(&world) == 1 {
            deliver(&world.app, &carrier);
            world.clock.advance(Span::from_mins(10));
        }
        let hours = (world.app.clock().now().as_second() - begun.as_second()) / 3600;
        assert!((5 * 24..6 * 24).contains(&hours), "given up after {hours} hours");
        assert!(postfix.letters().is_empty());
    }

    fn a_recipient_who_is_refused_is_marked_and_everybody_else_gets_their_letter(world: World) {
        let Some(postfix) = Postfix::start() else { return };
        let carrier = carrier(&world, &postfix.by(MailTls::Starttls));
        letters_for(&world, &["gone", "mira", "tomas"]);
        deliver(&world.app, &carrier);
        assert_eq!(waiting(&world), 0, "nobody waits, and the one who was refused is not tried again");
        let letters = postfix.letters_once(2);
        let mut to: Vec<_> = letters.iter().flat_map(|letter| header(letter, "To")).collect();
        to.sort_unstable();
        assert_eq!(to, ["mira@example.com", "tomas@example.com"]);
        assert!(postfix.log().contains("550 5.1.1"), "{}", postfix.log());
    }

    fn a_letter_that_is_taken_and_comes_back_later_is_marked_and_its_owner_reads_why(world: World) {
        let Some(postfix) = Postfix::start() else { return };
        let carrier = carrier(&world, &MailSettings { bounces: "back@exchange.example".to_owned(), ..postfix.by(MailTls::Starttls) });
        letters_for(&world, &["later", "mira"]);
        deliver(&world.app, &carrier);
        assert_eq!(waiting(&world), 0, "both were taken");
        let is_report = |letter: &String| letter.contains("report-type=delivery-status");
        until("the report arrived", || postfix.letters().iter().any(is_report));
        let letters = postfix.letters();
        let reports: Vec<&String> = letters.iter().filter(|letter| is_report(letter)).collect();
        assert_eq!(header(reports[0], "To"), ["back@exchange.example"], "{}", reports[0]);
        let returned = outside::mail::returned(reports[0].as_bytes()).expect("a report that Postfix wrote");
        let (message_id, said) = (returned.message_id.clone(), returned.said.clone());
        assert!(came_back(&world, &message_id, &said), "{returned:?}");
        assert!(!came_back(&world, &message_id, &said), "twice");
        assert_eq!(reports.len(), 1);
        assert!(postfix.letters_once(2).iter().any(|letter| header(letter, "To") == ["mira@example.com"]));
        // No other letter that arrived is taken for a report.
        assert_eq!(letters.iter().filter(|letter| outside::mail::returned(letter.as_bytes()).is_some()).count(), 1);
    }

    fn while_a_tar_pit_holds_a_letter_requests_are_answered(world: World) {
        let Some(postfix) = Postfix::start() else { return };
        let carrier = carrier(&world, &postfix.by(MailTls::Starttls));
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        letters_for(&world, &["slow"]);
        let app = world.app.clone();
        let held = std::thread::spawn(move || deliver(&app, &carrier));
        until("the letter is being handed over", || postfix.log().contains("connect from"));
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)));
        let account = session.account;
        let freeze = world.app.change(&mira.in_session(&session), move |change| {
            protections::freeze(change, account, FreezeCause::Settings)
        });
        freeze.wait().unwrap();
        assert!(!held.is_finished(), "the tar pit held nothing up, so this shows nothing");
        held.join().unwrap();
        assert_eq!(waiting(&world), 0);
        assert!(postfix.letters_once(2).iter().any(|letter| header(letter, "To") == ["slow@example.com"]));
    }

    fn a_letter_cut_off_after_the_final_dot_arrives_twice_with_one_message_id_and_never_again(world: World) {
        let Some(postfix) = Postfix::start() else { return };
        let wire = Wire::to(postfix.port, b"\r\n.\r\n");
        let carrier = carrier(&world, &MailSettings::in_clear(wire.port, "no-reply@exchange.example"));
        letters_for(&world, &["mira"]);
        wire.set(Cut::BeforeOnce);
        deliver(&world.app, &carrier);
        assert_eq!((waiting(&world), postfix.letters().len()), (1, 0), "cut before the dot, it did not arrive");
        wire.set(Cut::AfterOnce);
        for _ in 0..4 {
            world.clock.advance(Span::from_hours(1));
            deliver(&world.app, &carrier);
        }
        assert_eq!(waiting(&world), 0);
        let letters = postfix.letters_once(2);
        assert_eq!(letters.len(), 2, "once with its yes lost, and once more");
        assert_eq!(header(&letters[0], "Message-ID"), header(&letters[1], "Message-ID"));
        assert_eq!(header(&letters[0], "Message-ID").len(), 1);
    }
}

#[test]
fn letters_travel_by_both_forms_of_tls_signed_in_where_one_has_to() {
    let Some(postfix) = Postfix::start() else { return };
    let world = World::new(Database::sqlite());
    let ways = [postfix.by(MailTls::Starttls), postfix.by(MailTls::Implicit), postfix.by_name()];
    for (number, way) in (1..).zip(&ways) {
        let fate = carrier(&world, way).carry(&letter());
        assert!(matches!(fate, Fate::Sent(_)), "{way:?}: {fate:?}\n{}", postfix.log());
        postfix.letters_once(number);
    }
    for letter in postfix.letters() {
        assert!(letter.contains("by mail.exchange.example (Postfix) with ESMTPS"), "it travelled in clear: {letter}");
    }
    // And never otherwise: by another authority, to another name, with another password.
    let here = MailSettings { host: "127.0.0.1".to_owned(), ..postfix.by(MailTls::Starttls) };
    let machines_own = MailSettings { tls_authority: "".into(), ..postfix.by(MailTls::Implicit) };
    let guessed = MailSettings { password: "guessed".to_owned(), ..postfix.by_name() };
    for way in [here, machines_own, guessed] {
        let fate = carrier(&world, &way).carry(&letter());
        assert!(matches!(fate, Fate::Later(_)), "{way:?}: {fate:?}");
    }
    assert_eq!(postfix.letters().len(), ways.len());
}

#[test]
fn a_server_whose_offer_of_tls_is_struck_out_on_the_way_gets_no_letter() {
    let Some(postfix) = Postfix::start() else { return };
    let world = World::new(Database::sqlite());
    let (port, heard) = struck_out(postfix.port);
    let fate = carrier(&world, &MailSettings { port, ..postfix.by(MailTls::Starttls) }).carry(&letter());
    assert_eq!(fate, Fate::Later("internal client error: STARTTLS is not supported on this server".to_owned()));
    let heard = heard.lock().unwrap().clone();
    assert!(heard.iter().any(|line| line.starts_with("EHLO")), "{heard:?}");
    assert!(heard.iter().all(|line| line.starts_with("EHLO") || line.starts_with("QUIT")), "{heard:?}");
    // The same way in clear brings it: nothing else was in the way.
    let fate = carrier(&world, &MailSettings { port, ..postfix.by(MailTls::None) }).carry(&letter());
    assert!(matches!(fate, Fate::Sent(_)), "{fate:?}");
}

/// A wire that turns the server's offer of STARTTLS into something nobody knows, and keeps what the client says.
fn struck_out(server: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let tell = heard.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).unwrap();
            let (from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || {
                for line in BufReader::new(from_server).lines().map_while(Result::ok) {
                    let _ = write!(to_client, "{}\r\n", line.replace("STARTTLS", "XXXXXXXX"));
                }
            });
            let (mut server, tell) = (server, tell.clone());
            std::thread::spawn(move || {
                for line in BufReader::new(client).lines().map_while(Result::ok) {
                    tell.lock().unwrap().push(line.clone());
                    let _ = write!(server, "{line}\r\n");
                }
            });
        }
    });
    (port, heard)
}

fn letter() -> Letter {
    Letter {
        message_id: "0193-abc@exchange.example".to_owned(),
        to: "mira@example.com".to_owned(),
        subject: "Somebody signed in to Zürich Exchange from a browser we had not seen before — was it you?".to_owned(),
        paragraphs: vec![
            "Somebody signed in from a browser we had not seen before, in Zürich.".to_owned(),
            ".a line that begins with a dot,  two  spaces, and spaces at its end:   ".to_owned(),
            "Ü".repeat(600),
        ],
        facts: vec![("Browser".to_owned(), "Firefox 144 on Linux".to_owned())],
        button: Some(("Look at this sign-in".to_owned(), "https://exchange.example/l/look".to_owned())),
        freeze_url: Some("https://exchange.example/l/freeze".to_owned()),
        freeze_words: domain::activity::Brake::NOT_ME.freeze,
        operator: "Zürich Exchange".to_owned(),
        operator_url: "https://exchange.example".to_owned(),
        accent: "#0b5d66".to_owned(),
        foot: vec!["We never phone.".to_owned()],
    }
}

/// A key, settings that sign with it, and what stands in the DNS.
fn signing(settings: MailSettings) -> (tempfile::NamedTempFile, MailSettings, DkimRecord) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    let text = BASE64.encode(der.as_ref());
    std::fs::write(file.path(), format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")).unwrap();
    let settings = MailSettings { dkim_key: file.path().to_owned(), dkim_selector: "autumn".to_owned(), ..settings };
    let record = settings.dkim_record().unwrap().unwrap();
    (file, settings, record)
}

#[test]
fn a_signed_letter_is_ours_to_verifiers_that_others_wrote_and_a_changed_one_is_not() {
    if !verify::here() {
        return;
    }
    let world = World::new(Database::sqlite());
    let mailbox = world.wait(Mailbox::open(Arc::new(SystemClock))).unwrap();
    let port = mailbox.address().port();
    let (_key, settings, record) = signing(MailSettings::in_clear(port, "no-reply@exchange.example"));
    assert!(matches!(carrier(&world, &settings).carry(&letter()), Fate::Sent(_)));
    let raw = String::from_utf8(mailbox.newest_first()[0].raw.clone()).unwrap();
    assert!(verify::verdicts(raw.as_bytes(), &record).iter().all(|(_, ours)| *ours), "{raw}");

    let (_, _, another) = signing(settings);
    let with_header = |header: &str| format!("{header}\r\n{raw}");
    let without = |name: &str| {
        let at = raw.find(&format!("\r\n{name}: ")).unwrap() + 2;
        let end = at + raw[at..].find("\r\n").unwrap() + 2;
        format!("{}{}", &raw[..at], &raw[end..])
    };
    let changed = [
        raw.replace("Subject: ", "Subject: Urgent "),
        raw.replace("List-Id: <notices.", "List-Id: <news."),
        raw.replace("never phone", "always phone"),
        raw.replace("two  spaces", "two  places"),
        raw.replace("multipart/alternative", "multipart/mixed"),
        format!("{raw}Call us.\r\n"),
        with_header("From: thief@example.org"),
        with_header("To: everybody@example.org"),
        with_header("Subject: Urgent"),
        with_header("Reply-To: thief@example.org"),
        with_header("Cc: thief@example.org"),
        with_header("Date: Sun, 22 Nov 2099 12:00:00 +0000"),
        with_header("Content-Type: text/html"),
        with_header("Message-ID: <another@example.org>"),
        without("Auto-Submitted"),
        without("Date"),
    ];
    for changed in changed {
        assert!(changed != raw, "nothing was changed in\n{raw}");
        for (verifier, ours) in verify::verdicts(changed.as_bytes(), &record) {
            assert!(!ours, "{verifier} takes this for ours:\n{changed}");
        }
    }
    assert!(verify::verdicts(raw.as_bytes(), &another).iter().all(|(_, ours)| !ours), "by another key");
}

#[test]
fn a_signature_survives_its_way_through_postfix() {
    let Some(postfix) = Postfix::start().filter(|_| verify::here()) else { return };
    let world = World::new(Database::sqlite());
    let (_key, settings, record) = signing(postfix.by(MailTls::Starttls));
    assert!(matches!(carrier(&world, &settings).carry(&letter()), Fate::Sent(_)));
    let arrived = postfix.letters_once(1).remove(0);
    assert_eq!(header(&arrived, "Received").len(), 1, "it came by Postfix: {arrived}");
    for (verifier, ours) in verify::verdicts(arrived.as_bytes(), &record) {
        assert!(ours, "{verifier} does not take this for ours:\n{arrived}");
    }
}
