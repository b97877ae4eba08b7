//! A real Kannel between us and a phone, both ways. The phone is Kannel's own fake SMSC from Debian's `kannel-extras`.
//!
//! The port that the fake SMSC is spoken to on listens on every interface, whatever one sets: Kannel has no setting for
//! it. `connect-allow-ip` is what keeps others off, so no configuration of ours goes without it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use domain::notifications::{Carrier, Fate, Sms};
use domain::phones;
use outside::mail::{MailSettings, SmtpCarrier};
use outside::sms::{GatewayKind, Hooks, SmsCarrier, SmsSettings};
use testkit::{Database, World, code_in};
use web::{Guesses, SiteSettings, Web};

use super::{Calls, Post};

const HERS: &str = "+41791234567";
const HOOKS_PASSWORD: &str = "0123456789abcdef0123456789abcdef";
const FAKE_SMSC: &str = "/usr/lib/kannel/test/fakesmsc";

/// Programs that are ended with the test.
#[derive(Default)]
struct Running(Vec<Child>);

impl Drop for Running {
    fn drop(&mut self) {
        for child in self.0.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Waits until something is so: the parts are other people's, and say nothing when they are ready.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("half a minute, and still not: {what}");
}

/// A Kannel on free ports of this machine.
struct Kannel {
    /// Dropped first: whoever speaks to a server ends before it.
    phone: Running,
    _servers: Running,
    sendsms: u16,
    smsc: u16,
    heard: std::path::PathBuf,
}

impl Kannel {
    fn start(directory: &Path, hooks: u16) -> Self {
        let (admin, boxes, smsc, sendsms) = (free_port(), free_port(), free_port(), free_port());
        let config = directory.join("kannel.conf");
        let text = format!(
            "group = core\nadmin-port = {admin}\nadmin-interface = 127.0.0.1\nadmin-password = none\n\
             smsbox-port = {boxes}\nsmsbox-interface = 127.0.0.1\nbox-allow-ip = 127.0.0.1\nbox-deny-ip = \"*.*.*.*\"\n\n\
             group = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = {smsc}\nconnect-allow-ip = 127.0.0.1\n\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\nbearerbox-port = {boxes}\nsendsms-port = {sendsms}\n\
             sendsms-interface = 127.0.0.1\nreply-couldnotfetch = \"\"\nreply-requestfailed = \"\"\n\n\
             group = sendsms-user\nusername = countersign\npassword = hunter2\nmax-messages = 2\nconcatenation = true\n\n\
             group = sms-service\nkeyword = default\ncatch-all = true\nmax-messages = 0\nomit-empty = true\nsend-sender = true\n\
             post-url = \"http://gateway:{HOOKS_PASSWORD}@127.0.0.1:{hooks}/hooks/sms/inbound\"\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut servers = Running::default();
        let reached = |port: u16| TcpStream::connect(("127.0.0.1", port)).is_ok();
        servers.0.push(quietly(Command::new("/usr/sbin/bearerbox").arg(&config), directory, "bearerbox"));
        until("bearerbox listens", || reached(boxes) && reached(admin));
        servers.0.push(quietly(Command::new("/usr/sbin/smsbox").arg(&config), directory, "smsbox"));
        until("smsbox listens", || reached(sendsms));
        Self { phone: Running::default(), _servers: servers, sendsms, smsc, heard: directory.join("phone.log") }
    }

    /// A phone on the network that sends an SMS, and stays for those that come. There is room for one at a time.
    fn phone(&mut self, directory: &Path, sends: &str) {
        let mut phone = Command::new(FAKE_SMSC);
        phone.args(["-H", "127.0.0.1", "-r", &self.smsc.to_string(), "-i", "0.1", "-m", "1", sends]);
        self.phone = Running::default();
        self.phone.0.push(quietly(&mut phone, directory, "phone"));
    }

    /// What the phone was sent, in the words of the fake SMSC: sender, receiver, kind and text.
    fn heard(&self) -> Vec<String> {
        let Ok(log) = File::open(&self.heard) else { return Vec::new() };
        let lines = BufReader::new(log).split(b'\n').map_while(Result::ok);
        // It writes Latin-1 where it cannot write the letter.
        let lines = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
        lines.filter_map(|line| line.split_once("Got message ").map(|(_, said)| said.to_owned())).collect()
    }
}

fn quietly(command: &mut Command, directory: &Path, name: &str) -> Child {
    let log = File::options().create(true).append(true).open(directory.join(name).with_extension("log")).unwrap();
    command.current_dir(directory).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

struct Nothing;

impl Guesses for Nothing {
    fn browser(&self, _user_agent: &str) -> Option<String> {
        None
    }
    fn place(&self, _ip: std::net::IpAddr) -> Option<domain::activity::Place> {
        None
    }
}

fn settings(sendsms: u16, hooks: u16, password: &str) -> SmsSettings {
    SmsSettings {
        gateway: GatewayKind::Kannel,
        url: format!("http://127.0.0.1:{sendsms}/cgi-bin/sendsms"),
        user: "countersign".to_owned(),
        password: password.to_owned(),
        from: "5000".to_owned(),
        hooks_url: format!("http://127.0.0.1:{hooks}"),
        hooks_password: HOOKS_PASSWORD.to_owned(),
    }
}

fn post(world: &World, settings: &SmsSettings) -> Post {
    let nowhere = MailSettings::in_clear(1, "no-reply@exchange.example");
    Post { mail: SmtpCarrier::new(&nowhere, world.clock.clone()).unwrap(), sms: SmsCarrier::new(settings).unwrap() }
}

/// Hands over the SMS that are due by the real carrier; letters stay in the world's postbox.
struct ByKannel<'a>(&'a World, Post);

impl Carrier for ByKannel<'_> {
    fn carry(&self, letter: &domain::notifications::Letter) -> Fate {
        self.0.post.carry(letter)
    }

    fn carry_sms(&self, sms: &Sms) -> Fate {
        let fate = self.1.carry_sms(sms);
        if matches!(fate, Fate::Sent(_)) {
            self.0.post.carry_sms(sms);
        }
        fate
    }
}

fn deliver(world: &World, carrier: &ByKannel<'_>) {
    while domain::notifications::deliver(&world.app, carrier).unwrap().done > 0 {}
}

/// A code goes out and is confirmed, its delivery is reported, and FREEZE comes back.
fn there_and_back(world: &World) {
    let directory = tempfile::tempdir().unwrap();
    let hooks = free_port();
    let mut kannel = Kannel::start(directory.path(), hooks);
    let settings = settings(kannel.sendsms, hooks, "hunter2");
    let web = Web::with_gateway(
        world.app.clone(),
        SiteSettings::default(),
        Box::new(Nothing),
        Box::new(Calls(Hooks::new(&settings))),
    );
    let router = web::routes::router(&web);
    world.spawn(async move {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", hooks)).await.unwrap();
        axum::serve(listener, router).await.unwrap();
    });
    kannel.phone(directory.path(), "+41799999999 5000 text hello");
    let carrier = ByKannel(world, post(world, &settings));

    let mut mira = world.customer("mira");
    let session = world.sign_in(&mut mira);
    let (actor, account) = (mira.in_session(&session), session.account);
    world.app.change(&actor, move |change| phones::ask(change, account, HERS)).wait().unwrap();
    deliver(world, &carrier);
    let text = world.post.newest_text_to(HERS);
    until("the code is on the phone", || kannel.heard().iter().any(|said| said.contains(&text)));
    assert!(kannel.heard()[0].contains(&format!("<5000 {HERS} text ")), "{:?}", kannel.heard());
    world.wait(phones::confirm(&world.app, &actor, account, &code_in(&text))).unwrap();
    deliver(world, &carrier);

    let last = || world.app.view(move |view| phones::show(view, account)).wait().unwrap().last_sms;
    until("it is reported as delivered", || last() == Some(domain::notifications::Delivery::Delivered));

    assert!(world.signed_in(&session.secret));
    kannel.phone(directory.path(), &format!("{HERS} 5000 text Freeze"));
    until("the account is frozen", || !world.signed_in(&session.secret));

    // Kannel knows whom it may listen to, and so do we.
    let stranger = ByKannel(world, post(world, &SmsSettings { password: "guessed".to_owned(), ..settings }));
    let sms = world.post.texts().last().unwrap().clone();
    let Fate::Later(why) = stranger.carry_sms(&sms) else { panic!("it was taken with a wrong password") };
    assert!(why.contains("Authorization failed"), "{why}");
}

#[test]
fn a_real_kannel_carries_codes_reports_and_freeze() {
    let there =
        ["/usr/sbin/bearerbox", "/usr/sbin/smsbox", FAKE_SMSC].iter().all(|program| Path::new(program).exists());
    if !there {
        return println!("skipped: Kannel and its fake SMSC (kannel, kannel-extras) are not on this machine");
    }
    there_and_back(&World::new(Database::sqlite()));
    match Database::postgres() {
        Some(database) => there_and_back(&World::new(database)),
        None => println!("skipped: COUNTERSIGN_TEST_POSTGRES is not set"),
    }
}
