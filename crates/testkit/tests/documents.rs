//! `docs/events.md` says what the event catalogue says, `docs/protections.md` what the protections table says.

use std::fmt::Write as _;
use std::path::Path;

use domain::activity::{Event, Outgoing, Severity, Spec, catalogue};
use domain::feed::{Kind, Moved};
use domain::ids::TimerId;
use domain::protections::{Lock, Needs, Sensitive};
use domain::settings::ProtectionRules;
use domain::{Settings, Span, Time};

#[test]
fn the_list_of_events_is_the_catalogue() {
    is_kept("docs/events.md", &as_markdown());
}

#[test]
fn the_list_of_protections_is_the_table() {
    is_kept("docs/protections.md", &protections(&Settings::default().protection));
}

#[test]
fn the_page_for_backends_names_everything_that_the_feed_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/service.md");
    let page = std::fs::read_to_string(file).expect("the page");
    let news = catalogue()
        .iter()
        .filter_map(Event::news)
        .flat_map(|news| [news.kind.code(), news.changed])
        .collect::<Vec<_>>();
    let moved = Moved::ALL.into_iter().flat_map(|moved| [moved.words().0, moved.words().1]);
    for word in news.into_iter().chain(moved).chain(Kind::ALL.map(Kind::code)) {
        assert!(page.contains(&format!("`{word}`")), "docs/service.md does not say what `{word}` is");
    }
}

/// The file is what was made, and is written where expectations are blessed.
fn is_kept(name: &str, made: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::write(&file, made).expect("the document is written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, made, "{name} is not what it is made from: run `cargo xtask bless`");
}

const HEAD: &str = "\
# Events

Everything that can happen on an account. Made from the catalogue in `crates/domain/src/activity/catalogue.rs` by
`cargo xtask bless`; do not edit.

A code is stored for good and never used for anything else. SMS go to customers who confirmed a phone. *Inbox* is the customer's inbox on the site, *support* the
operator's support address. *Feed* is what the exchange's backend is told of by itself: the kind of the item, and what changed. *Freeze offer* says whether the letter leads to \"this wasn't me\". Where telling depends on
the case, the row shows the case that is told: the third wrong password, a session ended from another device,
a notice switched off.

| code | severity | what the customer reads | e-mail | SMS | inbox | support | freeze offer | feed |
|---|---|---|---|---|---|---|---|---|
";

fn as_markdown() -> String {
    let mut text = HEAD.to_owned();
    let specs: Vec<Spec> = catalogue().iter().map(Event::spec).collect();
    for (event, spec) in catalogue().iter().zip(&specs) {
        let (inbox, support) = (yes(spec.tell.inbox), yes(spec.tell.operator));
        let (mail, sms) = (outgoing(spec.tell.mail), outgoing(spec.tell.sms));
        let row = [spec.code, severity(spec.severity), spec.title, mail, sms, inbox, support];
        let feed = event.news().map_or("no".to_owned(), |news| format!("{}: {}", news.kind.code(), news.changed));
        writeln!(text, "| `{}` | {} | {} | {feed} |", row[0], row[1..].join(" | "), yes(spec.freeze_offer))
            .expect("a text grows");
    }
    text.push_str("\n## What the customer is advised\n");
    for spec in specs.iter().filter(|spec| !spec.advice.is_empty()) {
        write!(text, "\n**{}.** {}\n", spec.title, spec.advice).expect("a text grows");
    }
    text
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Quiet => "quiet",
        Severity::Notable => "notable",
        Severity::Alarm => "alarm",
    }
}

fn outgoing(outgoing: Outgoing) -> &'static str {
    match outgoing {
        Outgoing::Never => "no",
        Outgoing::Choice { on: true } => "yes, can be switched off",
        Outgoing::Choice { on: false } => "no, can be switched on",
        Outgoing::Always => "always",
    }
}

fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

const PROTECTIONS: &str = "\
# Protections

What a signed-in customer, or one who gets back in, can change of what protects the account. Made from the table in
`crates/domain/src/protections/policy.rs` and the default settings by `cargo xtask bless`; do not edit.

**Who may** says what has to be proved. *One proof* is a second factor where the account has an authenticator app or a
passkey, and the password where it has neither; with passkeys alone it is a passkey or a recovery code. *Old* is what is
older than every hold of late: what came during a hold, or soon after it, counts for signing in and loosens nothing until
it is as old as that hold was long. *Asleep* is, while the account is frozen, what came less than {hold} before the freeze
or since: it lets nobody in, proves nothing, stops nothing and is not asked for, until a thaw wakes it. Meanwhile it can be
taken off, as the one thing that loosens while frozen, and freezing again does not stop that
([why](decisions/0023-what-came-shortly-before-a-freeze-sleeps.md)).

**Waits** is how long, counted from when a mail server took the letter about it, and while a change of the e-mail address can
be undone, the letter to the mailbox of before as well; after an undo, for 14 days, also the one to the address that it removed
([why](decisions/0024-an-address-that-an-undo-removed-still-hears.md)). If one does not, no phone was told either, and the wait is shorter
than {untold}, it is {untold} from when we gave up. **Not before** is what makes it later still. **Told** is what happens when it is
asked for. **Stopped by** is what ends the wait without an effect; who stops it says so from any session, or by the link in
the letter, without signing in; from a session it takes a proof to stop what gets somebody back in, or anything while the
account is frozen. When a wait is over the table is asked once more, and what it no longer admits does not
take effect. **Holds money** is how long money then waits that would go to an address younger than the change, counted in the
same way, and for {untold} from the change where somebody cannot be told of it.

| change | code | | who may | waits | not before | told | stopped by | holds money | while frozen | under the lock |
|---|---|---|---|---|---|---|---|---|---|---|
";

fn protections(rules: &ProtectionRules) -> String {
    let mut text = PROTECTIONS.replace("{untold}", &long(Span::from_hours(24 * rules.untold_days)));
    let hold = long(Span::from_hours(rules.hold_hours));
    text = text.replace("{hold}", &hold);
    for what in Sensitive::all() {
        let rule = what.rule();
        // A day's lock shows whether the wait is the lock's own.
        let lock = Lock { armed_at: Time::UNIX_EPOCH, days: 1 };
        let wait = what.wait(rules, Some(&lock));
        let own = wait != what.wait(rules, None);
        let waits = match wait {
            Span::ZERO => "no".to_owned(),
            _ if own => format!("1 to {} days, chosen when locking", rules.lock_days_max),
            wait => long(wait),
        };
        let waiting = wait != Span::ZERO;
        let started = Event::TimerStarted {
            timer: TimerId::from_bytes([0; 16]),
            what: what.clone(),
            wait_hours: 24,
            about: None,
        };
        let told = if waiting { told(&started.spec()) } else { "when it took effect".into() };
        let stopped = match (waiting, rule.voidable, &what) {
            (false, _, _) => "–",
            (true, true, _) => "anyone who is told, a freeze, a change of credentials",
            (true, false, Sensitive::LoseFactors) => "anyone who is told",
            (true, false, _) => "anyone who is told, freezing again",
        };
        let row = [
            rule.title.to_owned(),
            format!("`{}`", rule.code),
            if rule.loosens { "loosens" } else { "tightens" }.to_owned(),
            who_may(rule.needs).to_owned(),
            waits,
            if waiting && rule.voidable { "the end of a hold" } else { "–" }.to_owned(),
            told,
            stopped.to_owned(),
            if rule.holds { hold.clone() } else { "no".into() },
            yes(rule.while_frozen).to_owned(),
            yes(rule.under_lock).to_owned(),
        ];
        writeln!(text, "| {} |", row.join(" | ")).expect("a text grows");
    }
    text
}

fn who_may(needs: Needs) -> &'static str {
    match needs {
        Needs::OneProof => "one proof",
        Needs::OneAwakeProof => "one proof that does not sleep",
        Needs::OneOldProof => "one proof that is old",
        Needs::TwoOlderThanTheFreeze => {
            "two of password, app and recovery code, or a passkey, that were older than a hold is long when it was frozen"
        }
        Needs::PasswordOrMailbox => "the password, or a link from the mailbox",
    }
}

fn told(spec: &Spec) -> String {
    let inbox = if spec.tell.inbox { " and in the inbox" } else { "" };
    format!("by e-mail ({}), by SMS ({}){inbox}", outgoing(spec.tell.mail), outgoing(spec.tell.sms))
}

fn long(span: Span) -> String {
    match span.as_hours() {
        24 => "1 day".into(),
        hours if hours % 24 == 0 => format!("{} days", hours / 24),
        hours => format!("{hours} hours"),
    }
}
