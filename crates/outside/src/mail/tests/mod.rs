//! Real conversations over loopback: with the demo's mailbox, and with servers that misbehave.

mod keys;
mod server;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use domain::clock::{HandClock, Time};
use domain::notifications::{Carrier, Fate, Letter};

use super::implicit::Implicit;
use super::{MailSettings, MailTls, SmtpCarrier};
use crate::mailbox::{Arrived, Mailbox};
use server::{KIND, Script, Scripted, tar_pit, tls_server};

fn clock() -> Arc<HandClock> {
    let noon: Time = "2026-11-22T12:00:00Z".parse().unwrap();
    Arc::new(HandClock::at(noon))
}

fn settings(port: u16) -> MailSettings {
    MailSettings { host: "localhost".to_owned(), ..MailSettings::in_clear(port, "no-reply@exchange.example") }
}

fn carrier(port: u16) -> SmtpCarrier {
    SmtpCarrier::new(&settings(port), clock()).unwrap()
}

fn letter() -> Letter {
    Letter {
        message_id: "0193-abc@exchange.example".to_owned(),
        to: "alice@example.org".to_owned(),
        subject: "A new device signed in — was it you?".to_owned(),
        paragraphs: vec![
            "Somebody signed in from a browser we had not seen before.".to_owned(),
            ".hidden & <b>".to_owned(),
        ],
        facts: vec![("Browser".to_owned(), "Firefox 144 on Linux".to_owned())],
        button: Some(("Look at this sign-in".to_owned(), "https://exchange.example/l/look".to_owned())),
        freeze_url: Some("https://exchange.example/l/freeze".to_owned()),
        freeze_words: domain::activity::Brake::NOT_ME.freeze,
        operator: "Zürich Exchange".to_owned(),
        operator_url: "https://exchange.example:8443".to_owned(),
        accent: "#0b5d66".to_owned(),
        foot: vec!["We never phone.".to_owned()],
    }
}

/// Carries letters to a demo mailbox, and answers what arrived there, oldest first.
fn arrived(letters: &[Letter]) -> Vec<Arc<Arrived>> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mailbox = runtime.block_on(Mailbox::open(clock())).unwrap();
    let carrier = carrier(mailbox.address().port());
    for (number, letter) in (1..).zip(letters) {
        assert_eq!(carrier.carry(letter), Fate::Sent(format!("kept as letter {number}")));
    }
    let mut arrived = mailbox.newest_first();
    arrived.reverse();
    arrived
}

#[test]
fn a_letter_arrives_with_the_headers_that_identify_it() {
    let arrived = arrived(&[letter()]);
    let letter = &arrived[0];
    assert_eq!(letter.to, ["alice@example.org"]);
    assert_eq!(letter.from, "no-reply@exchange.example");
    assert_eq!(letter.subject, "A new device signed in — was it you?");
    let mut names: Vec<_> = letter.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let expected =
        ["Auto-Submitted", "Content-Type", "Date", "From", "List-ID", "MIME-Version", "Message-ID", "Subject", "To"];
    assert_eq!(names, expected);
    assert_eq!(letter.header("message-id"), Some("<0193-abc@exchange.example>"));
    assert_eq!(letter.header("date"), Some("Sun, 22 Nov 2026 12:00:00 +0000"));
    assert_eq!(letter.header("list-id"), Some("<notices.exchange.example>"));
    assert_eq!(letter.header("auto-submitted"), Some("auto-generated"));
    assert_eq!(letter.header("to"), Some("alice@example.org"));
    assert!(letter.header("content-type").unwrap().starts_with("multipart/alternative"));
    assert_eq!(letter.at.to_string(), "2026-11-22T12:00:00Z");
}

#[test]
fn text_and_html_say_the_same() {
    let arrived = arrived(&[letter()]);
    let expected = "A new device signed in — was it you?\n\nSomebody signed in from a browser we had not seen before.\n\n\
        .hidden & <b>\n\nBrowser: Firefox 144 on Linux\n\nLook at this sign-in:\nhttps://exchange.example/l/look\n\n\
        This wasn’t me. Freeze my account:\nhttps://exchange.example/l/freeze\n\
        Opening this page changes nothing yet. You do not have to sign in.\n\n\
        ---\nWe never phone.\nZürich Exchange, https://exchange.example:8443\n";
    assert_eq!(arrived[0].text.replace("\r\n", "\n").trim_end(), expected.trim_end());
    let html = arrived[0].html.as_deref().unwrap();
    for said in [
        "A new device signed in",
        "Firefox 144 on Linux",
        "href=\"https://exchange.example/l/freeze\"",
        "We never phone.",
    ] {
        assert!(html.contains(said), "{said} is missing in {html}");
    }
    assert!(html.contains(".hidden &#38; &#60;b&#62;"), "not escaped: {html}");
    for unwanted in ["<table", "<img", "<script", "@import", "url(", "<link"] {
        assert!(!html.contains(unwanted), "{unwanted} in {html}");
    }
}

#[test]
fn the_raw_letter_is_ascii_in_short_lines() {
    let long = Letter { paragraphs: vec!["Ü".repeat(5000)], ..letter() };
    let arrived = arrived(&[long]);
    assert!(arrived[0].raw.is_ascii());
    assert!(arrived[0].raw.split(|byte| *byte == b'\n').all(|line| line.len() < 200));
    assert!(arrived[0].text.contains(&"Ü".repeat(5000)));
}

#[test]
fn nothing_in_a_letter_can_add_a_header_or_a_recipient() {
    let subject = "Hello\r\nBcc: thief@example.org\r\n\r\nbody".to_owned();
    let operator = "Bank\"\r\nReply-To: thief@example.org\r\nX: <a@b.example>, ".to_owned();
    let accent = "red\"><script>".to_owned();
    let operator_url = "https://exchange.example\r\nX-Odd: 1".to_owned();
    let arrived = arrived(&[Letter { subject, operator, accent, operator_url, ..letter() }]);
    let names: Vec<_> = arrived[0].headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), 9, "{names:?}");
    assert_eq!(arrived[0].to, ["alice@example.org"]);
    assert_eq!(arrived[0].header("list-id"), Some("<notices.exchange.example>"));
    assert!(!arrived[0].html.as_deref().unwrap().contains("<script"));
}

#[test]
fn only_one_plain_address_is_written_to() {
    let carrier = carrier(1);
    for to in [
        "alice@example.org, thief@example.org",
        "alice@example.org\r\nRCPT TO:<thief@example.org>",
        "alice@example.org>\r\nBcc: thief@example.org",
        "Alice <alice@example.org>",
        "alice",
        "",
    ] {
        let fate = carrier.carry(&Letter { to: to.to_owned(), ..letter() });
        assert!(matches!(fate, Fate::Refused(_)), "{to:?}: {fate:?}");
    }
}

#[test]
fn a_letter_whose_id_is_none_waits_until_that_is_mended() {
    for id in ["no-at-sign", "two@at@signs", "a@b>\r\nBcc: x@y.example", "a b@c"] {
        let fate = carrier(1).carry(&Letter { message_id: id.to_owned(), ..letter() });
        assert!(matches!(fate, Fate::Later(_)), "{id:?}: {fate:?}");
    }
}

#[test]
fn a_letter_that_no_mail_server_saw_is_logged_with_the_reason() {
    for (letter, why) in [
        (Letter { message_id: "a@host/".to_owned(), ..letter() }, "the Message-ID is not one"),
        (Letter { to: "nobody".to_owned(), ..letter() }, "the recipient is not one e-mail address"),
    ] {
        let log = tempfile::NamedTempFile::new().unwrap();
        let writer = std::sync::Mutex::new(log.reopen().unwrap());
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(writer).finish();
        tracing::subscriber::with_default(subscriber, || carrier(1).carry(&letter));
        let logged = std::fs::read_to_string(log.path()).unwrap();
        assert!(logged.contains("ERROR") && logged.contains(&letter.message_id) && logged.contains(why), "{logged}");
    }
}

#[test]
fn what_each_answer_of_a_server_means() {
    let cases: [(Script, &str); 11] = [
        (KIND, "sent: taken as 7"),
        (Script { rcpt: "451 grey", ..KIND }, "later: 451 grey"),
        (Script { rcpt: "550 no such mailbox", ..KIND }, "refused: 550 no such mailbox"),
        (Script { rcpt: "550-no\r\n550 such mailbox", ..KIND }, "refused: 550 no such mailbox"),
        (Script { rcpt: "530 sign in first", ..KIND }, "later: 530 sign in first"),
        (Script { mail: "550 you may not send", ..KIND }, "later: 550 you may not send"),
        (Script { mail: "421 closing", ..KIND }, "later: 421 closing"),
        (Script { data: "554 nobody to send to", ..KIND }, "refused: 554 nobody to send to"),
        (Script { dot: Some("452 disk full"), ..KIND }, "later: 452 disk full"),
        (Script { dot: Some("554 no such letters here"), ..KIND }, "refused: 554 no such letters here"),
        (Script { rcpt: "what?", ..KIND }, "later: response error"),
    ];
    for (script, expected) in cases {
        let server = Scripted::start(script, 1);
        let said = match carrier(server.port).carry(&letter()) {
            Fate::Sent(words) => format!("sent: {words}"),
            Fate::Later(words) => format!("later: {words}"),
            Fate::Refused(words) => format!("refused: {words}"),
        };
        assert!(said.starts_with(expected), "{said} instead of {expected}");
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_tried_again() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert!(matches!(carrier(port).carry(&letter()), Fate::Later(_)));
}

#[test]
fn a_letter_lost_after_the_final_dot_goes_again_with_the_same_message_id() {
    let server = Scripted::start(Script { dot: None, ..KIND }, 2);
    let carrier = carrier(server.port);
    for _ in 0..2 {
        assert!(matches!(carrier.carry(&letter()), Fate::Later(_)));
    }
    drop(carrier);
    let heard = server.heard();
    let ids: Vec<_> =
        heard.iter().flat_map(|said| said.lines()).filter(|line| line.starts_with("Message-ID")).collect();
    assert_eq!(ids, ["Message-ID: <0193-abc@exchange.example>"; 2]);
}

#[test]
fn letters_share_a_connection_and_a_refusal_does_not_cost_it() {
    for script in [KIND, Script { rcpt: "550 gone", ..KIND }] {
        let server = Scripted::start(script, 1);
        let carrier = carrier(server.port);
        for _ in 0..3 {
            assert!(!matches!(carrier.carry(&letter()), Fate::Later(_)));
        }
        drop(carrier);
        let heard = server.heard();
        assert_eq!(heard.iter().filter(|line| *line == "connected").count(), 1, "{heard:?}");
        assert_eq!(heard.iter().filter(|line| line.starts_with("MAIL")).count(), 3, "{heard:?}");
    }
}

#[test]
fn a_connection_that_the_server_closed_meanwhile_costs_no_letter() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mailbox = runtime.block_on(Mailbox::open(clock())).unwrap();
    let carrier = carrier(mailbox.address().port());
    assert!(matches!(carrier.carry(&letter()), Fate::Sent(_)));
    // The mail server goes away, with the connection that was kept, and comes back on the same port.
    let port = mailbox.address().port();
    drop(mailbox);
    drop(runtime);
    let server = Scripted::on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap(), KIND, 1);
    assert_eq!(carrier.carry(&letter()), Fate::Sent("taken as 7".to_owned()));
    drop(carrier);
    assert!(server.heard().iter().any(|said| said.contains("0193-abc")));
}

#[test]
fn a_server_that_dribbles_is_left_in_time() {
    let carrier = SmtpCarrier::patient(&settings(tar_pit()), clock(), Duration::from_millis(200)).unwrap();
    assert_eq!(carrier.carry(&letter()), Fate::Later("no end within 200ms".to_owned()));
}

#[test]
fn nothing_is_said_in_clear_to_a_server_without_tls() {
    for tls in [MailTls::Starttls, MailTls::Implicit] {
        let server = Scripted::start(KIND, 1);
        let user = MailSettings { tls, user: "u".into(), password: "secret".into(), ..settings(server.port) };
        let carrier = SmtpCarrier::new(&user, clock()).unwrap();
        assert!(matches!(carrier.carry(&letter()), Fate::Later(_)));
        drop(carrier);
        let heard = server.heard();
        let told = |word: &str| heard.iter().any(|line| line.starts_with(word));
        assert!(!told("MAIL") && !told("AUTH"), "{tls:?}: {heard:?}");
    }
}

#[test]
fn letters_go_through_tls_to_a_server_whose_certificate_is_trusted() {
    for tls in [MailTls::Starttls, MailTls::Implicit] {
        let (port, authority) = tls_server(tls == MailTls::Starttls, "");
        let authority = file(&authority);
        let tls_authority = authority.path().to_owned();
        let settings = MailSettings { tls, tls_authority, user: "u".into(), password: "p".into(), ..settings(port) };
        let carrier = SmtpCarrier::new(&settings, clock()).unwrap();
        assert_eq!(carrier.carry(&letter()), Fate::Sent("taken in secret".to_owned()));
    }
}

#[test]
fn what_somebody_adds_behind_the_yes_to_starttls_is_not_taken_for_the_servers_word() {
    // As an answer to each question that follows, so that no letter would ever reach the server.
    let added = "250-localhost\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 taken by nobody\r\n";
    let (port, authority) = tls_server(true, added);
    let authority = file(&authority);
    let tls_authority = authority.path().to_owned();
    let settings = MailSettings { tls: MailTls::Starttls, tls_authority, ..settings(port) };
    let fate = SmtpCarrier::new(&settings, clock()).unwrap().carry(&letter());
    assert!(matches!(fate, Fate::Later(_)), "{fate:?}");
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn a_server_whose_certificate_is_not_trusted_gets_no_letter() {
    for tls in [MailTls::Starttls, MailTls::Implicit] {
        let (port, _) = tls_server(tls == MailTls::Starttls, "");
        let carrier = SmtpCarrier::new(&MailSettings { tls, ..settings(port) }, clock()).unwrap();
        assert!(matches!(carrier.carry(&letter()), Fate::Later(_)));
    }
}

#[test]
fn a_server_whose_certificate_names_another_gets_no_letter() {
    for tls in [MailTls::Starttls, MailTls::Implicit] {
        let (port, authority) = tls_server(tls == MailTls::Starttls, "");
        let authority = file(&authority);
        // Its certificate is good for `localhost`.
        let host = "127.0.0.1".to_owned();
        let named = MailSettings { tls, host, tls_authority: authority.path().to_owned(), ..settings(port) };
        let fate = SmtpCarrier::new(&named, clock()).unwrap().carry(&letter());
        assert!(matches!(&fate, Fate::Later(why) if why.contains("certificate")), "{tls:?}: {fate:?}");
    }
}

#[test]
fn only_the_authority_that_is_named_may_vouch() {
    for tls in [MailTls::Starttls, MailTls::Implicit] {
        let (port, _) = tls_server(tls == MailTls::Starttls, "");
        let another = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let authority = file(&another.cert.pem());
        let named = MailSettings { tls, tls_authority: authority.path().to_owned(), ..settings(port) };
        let fate = SmtpCarrier::new(&named, clock()).unwrap().carry(&letter());
        assert!(matches!(&fate, Fate::Later(why) if why.contains("certificate")), "{tls:?}: {fate:?}");
    }
}

#[tokio::test]
async fn nothing_waits_to_be_sent_under_encryption_from_the_first_byte() {
    let (port, authority) = tls_server(false, "");
    let implicit = Implicit::to("localhost", Some(authority.as_bytes())).unwrap();
    let server = SmtpCarrier::new(&settings(port), clock()).unwrap();
    let secured = implicit.secure(server.server.stream().await.unwrap()).await.unwrap();
    assert!(secured.sends_at_once());
}

#[test]
fn addresses_in_every_script_are_written_to_where_the_server_can() {
    let to = "δοκιμή@παράδειγμα.example".to_owned();
    let letter = Letter { to: to.clone(), ..letter() };
    assert_eq!(arrived(std::slice::from_ref(&letter))[0].to, [to]);
    let server = Scripted::start(KIND, 1);
    assert!(matches!(carrier(server.port).carry(&letter), Fate::Refused(_)));
}

#[test]
fn settings_that_cannot_work_are_said_before_the_first_letter() {
    let unfit = |settings: MailSettings| SmtpCarrier::new(&settings, clock()).err().map(|unfit| unfit.to_string());
    let remote = MailSettings { host: "mail.example".into(), user: "u".into(), password: "p".into(), ..settings(25) };
    assert!(unfit(remote.clone()).unwrap().contains("in clear to mail.example"));
    assert_eq!(unfit(MailSettings { tls: MailTls::Starttls, ..remote.clone() }), None);
    assert_eq!(unfit(MailSettings { host: "127.0.0.1".into(), ..remote.clone() }), None);
    assert!(unfit(MailSettings { password: String::new(), ..remote }).unwrap().contains("`user` and `password`"));
    assert!(unfit(MailSettings { from: "nobody".into(), ..settings(25) }).unwrap().contains("`from`"));
}

#[test]
fn an_authority_that_cannot_be_read_is_said_before_the_first_letter() {
    let unfit = |authority: &std::path::Path, tls| {
        let settings = MailSettings { tls, tls_authority: authority.to_owned(), ..settings(25) };
        SmtpCarrier::new(&settings, clock()).err().map(|unfit| unfit.to_string()).unwrap_or_default()
    };
    let empty = file("no certificate here");
    assert!(unfit("/nowhere/ca.pem".as_ref(), MailTls::Starttls).contains("/nowhere/ca.pem"));
    assert!(unfit(empty.path(), MailTls::Implicit).contains("it holds no certificate"));
    assert!(unfit(empty.path(), MailTls::None).contains("`tls` is \"none\""));
}

#[test]
fn the_annotated_defaults_are_mail_settings_and_print_no_password() {
    let file: toml::Table = domain::settings::DEFAULTS.parse().unwrap();
    let defaults: MailSettings = file["mail"].clone().try_into().unwrap();
    assert_eq!((defaults.host.as_str(), defaults.port, defaults.tls), ("localhost", 25, MailTls::None));
    let printed = format!("{:?}", MailSettings { password: "hunter2".into(), ..defaults });
    assert!(!printed.contains("hunter2"), "{printed}");
}

#[tokio::test]
async fn a_carrier_may_be_dropped_where_async_code_runs() {
    drop(carrier(1));
}
