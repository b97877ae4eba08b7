//! A customer, a thief and the small exchange behind a real nginx, with the very `nginx.conf` beside it.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64;
use domain::activity::Place;
use domain::clock::{Clock, SystemClock};
use domain::ids::AccountId;
use domain::protections::{self, FreezeCause};
use domain::service::{self, NewKey, Scope, VerifyingKey};
use domain::sessions::NewSession;
use domain::webhooks::{self, Courier, Hand};
use domain::{Actor, SecretText, Span};
use outside::webhooks::{HttpCourier, WebhookSettings};
use testkit::{Database, World};
use web::{Guesses, Peer, SiteSettings, Web};

const SITE: &str = "https://exchange.example";
const WITHDRAWAL: &str = r#"{"asset":"BTC","amount":"0.05","address":"bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"}"#;
const STEP_UP: &str = "/step-up?assurance=two_factors&within_minutes=15&next=/wallet";

/// The user that owns nothing, on Debian and most others.
const NOBODY: u32 = 65534;

/// Everything that runs; ended when dropped.
struct Host {
    world: World,
    port: u16,
    exchange: u16,
    /// The exchange first.
    running: Vec<Child>,
    settings: Vec<(&'static str, String)>,
    directory: tempfile::TempDir,
}

impl Drop for Host {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

struct NoGuesses;

impl Guesses for NoGuesses {
    fn browser(&self, _user_agent: &str) -> Option<String> {
        None
    }
    fn place(&self, _ip: IpAddr) -> Option<Place> {
        None
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port").local_addr().expect("it listens").port()
}

impl Host {
    /// Countersign in this process, the exchange and nginx in theirs; nothing where there is no nginx.
    fn start() -> Option<Self> {
        let nginx = PathBuf::from("/usr/sbin/nginx");
        if !nginx.is_file() {
            println!("skipped: nginx is not on this machine");
            return None;
        }
        let world = World::with_settings(Database::sqlite(), |settings| {
            settings.operator.url = SITE.parse().expect("an address");
        });
        // The exchange signs by the machine's clock. Waiting for codes moves this one by about a minute until it does.
        let ahead = SystemClock.now().duration_since(world.app.clock().now());
        world.clock.advance(ahead - Span::from_secs(70));
        let directory = tempfile::tempdir().expect("a directory");
        let (countersign, exchange, port) = (serve(&world), free_port(), free_port());
        let mut host = Self { world, port, exchange, running: Vec::new(), settings: Vec::new(), directory };
        let (key, secret) = (host.key(), host.webhook());
        host.settings = vec![
            ("LISTEN", format!("127.0.0.1:{exchange}")),
            ("COUNTERSIGN", format!("http://127.0.0.1:{countersign}")),
            ("SITE", SITE.to_owned()),
            ("KEY_ID", key),
            ("WEBHOOK_SECRET", secret.reveal().to_owned()),
            ("KEY_FILE", host.directory.path().join("exchange.key").display().to_string()),
            ("REPORTS", host.directory.path().join("reports").display().to_string()),
        ];
        host.start_exchange();
        let here = host.directory.path().display().to_string();
        let ours = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("nginx.conf")).expect("nginx.conf");
        let conf = ours
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{countersign}"))
            .replace("127.0.0.1:9090", &format!("127.0.0.1:{exchange}"))
            .replace("127.0.0.1:8000", &format!("127.0.0.1:{port}"));
        fs::write(host.directory.path().join("nginx.conf"), conf).expect("it is ours");
        let mut start = Command::new(nginx);
        // As the README has it, but in the foreground, so that it ends with the test.
        start.args(["-p", &here, "-e", "nginx.log", "-c", "nginx.conf", "-g", "daemon off; master_process off;"]);
        if fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0) {
            // Nobody of importance: what only root may do would fail here.
            chown(host.directory.path(), Some(NOBODY), Some(NOBODY)).expect("root gives away what is its own");
            start.uid(NOBODY).gid(NOBODY);
        }
        host.running.push(start.stderr(Stdio::null()).spawn().expect("nginx starts"));
        host.until_it_listens(exchange);
        host.until_it_listens(port);
        Some(host)
    }

    fn start_exchange(&mut self) {
        let mut exchange = Command::new(env!("CARGO_BIN_EXE_exchange-backend"));
        let exchange = exchange.envs(self.settings.clone()).spawn().expect("the exchange starts");
        self.running.insert(0, exchange);
    }

    /// The exchange is killed, and started again.
    fn restart_exchange(&mut self) {
        let mut exchange = self.running.remove(0);
        exchange.kill().expect("it runs");
        exchange.wait().expect("it ends");
        self.start_exchange();
        self.until_it_listens(self.exchange);
    }

    /// Waits until Countersign was told of so many withdrawals of an account.
    fn until_told(&self, account: AccountId, withdrawals: usize) {
        for _ in 0..400 {
            let log = self.world.log(account);
            let told = log.iter().filter(|line| line.ends_with("money.withdrawn exchange")).count();
            assert!(told <= withdrawals, "told twice: {log:?}");
            if told == withdrawals {
                return;
            }
            // Another's program, which tells when it gets to it.
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{withdrawals} were paid and not told: {:?}", self.world.log(account));
    }

    fn until_it_listens(&self, port: u16) {
        for _ in 0..400 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return;
            }
            // Another's program says nothing when it is ready.
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("nobody listens: {}", fs::read_to_string(self.directory.path().join("nginx.log")).unwrap_or_default());
    }

    /// A key pair: the public half as a service key, the private one in a file. Answers the key's id.
    fn key(&self) -> String {
        let pair = Ed25519KeyPair::generate().expect("a key pair");
        let der = pair.to_pkcs8v1().expect("it can be written");
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(der.as_ref()));
        fs::write(self.directory.path().join("exchange.key"), pem).expect("it is ours");
        let spki = pair.public_key().as_der().expect("it can be written");
        let new = NewKey {
            name: "exchange".to_owned(),
            signs: Some(VerifyingKey::parse(&BASE64.encode(spki.as_ref())).expect("a public key")),
            scopes: vec![Scope::Standing, Scope::EventsIn],
            networks: vec!["127.0.0.0/8".parse().expect("a range")],
            lives: Span::from_hours(24),
        };
        let added = self.world.app.change(&Actor::chore(), move |change| service::add(change, &new)).wait();
        added.expect("a key is added").0.id.to_string()
    }

    /// The exchange as a target of webhooks; answers the secret.
    fn webhook(&self) -> SecretText {
        let url = format!("http://127.0.0.1:{}/countersign", self.exchange);
        let add = self.world.app.change(&Actor::chore(), move |change| webhooks::add(change, "exchange", &url));
        add.wait().expect("it is added").1
    }

    /// Delivers what is due, as the worker does.
    fn deliver(&self) {
        self.world.settle();
        let settings = WebhookSettings { private_targets: vec!["127.0.0.1".parse().expect("an address")] };
        let courier: &dyn Courier = &HttpCourier::new(&settings).expect("a courier");
        for target in webhooks::due(&self.world.app).expect("a look") {
            while webhooks::deliver_next(&self.world.app, courier, target, Hand::ForAll).expect("it is written down") {}
        }
        let given_up = self.world.app.view(|view| Ok(view.rows().webhooks_backlog()?)).wait().expect("a look");
        assert_eq!(given_up.waiting, 0, "the exchange did not take something");
    }

    /// What the exchange itself says to nginx about an account.
    fn straight(&self, account: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.exchange)).expect("it listens");
        let head = "GET /wallet HTTP/1.1\r\nHost: exchange.example\r\nConnection: close";
        write!(stream, "{head}\r\nX-Countersign-Account: {account}\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// A call to the exchange's address for webhooks, with these headers; answers the status.
    fn call(&self, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.exchange)).expect("it listens");
        let head = "POST /countersign HTTP/1.1\r\nHost: exchange.example\r\nConnection: close";
        write!(stream, "{head}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        status(&answer).to_owned()
    }

    /// What nginx answers, head and body; `more` is lines of headers.
    fn send(&self, what: &str, session: Option<&NewSession>, more: &str, body: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("nginx listens");
        let cookie =
            session.map_or(String::new(), |session| format!("Cookie: __Host-session={}\r\n", session.secret.reveal()));
        let length = body.len();
        write!(
            stream,
            "{what} HTTP/1.1\r\nHost: exchange.example\r\nConnection: close\r\n{cookie}{more}\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("nginx reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("nginx answers");
        answer
    }

    fn get(&self, session: Option<&NewSession>, more: &str) -> String {
        self.send("GET /wallet", session, more, "")
    }

    fn withdraw(&self, session: &NewSession) -> String {
        self.send("POST /wallet/withdraw", Some(session), "", WITHDRAWAL)
    }
}

/// Countersign's site on a port of its own.
fn serve(world: &World) -> u16 {
    let settings = SiteSettings {
        trusted_proxies: vec!["127.0.0.1".parse().expect("an address")],
        return_paths: vec!["/wallet".parse().expect("a path")],
        ..SiteSettings::default()
    };
    let web = Web::new(world.app.clone(), settings, Box::new(NoGuesses));
    let router = web::routes::router(&web).layer(axum::Extension(Peer(IpAddr::V4(Ipv4Addr::LOCALHOST))));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    listener.set_nonblocking(true).expect("a socket");
    drop(world.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        let _ = axum::serve(listener, router).await;
    }));
    port
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("none")
}

fn leads_to(answer: &str) -> &str {
    answer.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap_or("nowhere")
}

#[test]
fn nginx_asks_who_it_is_and_the_exchange_believes_nobody_else() {
    let Some(host) = Host::start() else { return };
    let mut ada = host.world.customer("ada");
    let mut session = host.world.sign_in(&mut ada);
    let account = session.account.to_string();

    // A stranger is led to the sign-in, whatever they say of themselves.
    let forged = format!("X-Countersign-Account: {account}\r\nX-Countersign-Assurance: passkey\r\n");
    for more in ["", &forged] {
        let stranger = host.get(None, more);
        assert_eq!((status(&stranger), leads_to(&stranger)), ("303", "/sign-in?next=/wallet"), "{stranger}");
    }
    // A customer is who they are, and not who they say.
    let mut bob = host.world.customer("bob");
    let bobs = host.world.sign_in(&mut bob);
    for name in ["X-Countersign-Account", "X_Countersign_Account", "x-countersign-account"] {
        let claims = host.get(Some(&bobs), &format!("{name}: {account}\r\n"));
        assert_eq!(status(&claims), "200", "{claims}");
        assert!(claims.contains(&bobs.account.to_string()) && !claims.contains(&account), "{claims}");
    }
    for name in ["Assurance", "Session", "Epoch", "May-Move-Money", "Reason"] {
        let claims = host.get(Some(&bobs), &format!("X-Countersign-{name}: forged\r\n"));
        assert!(status(&claims) == "200" && !claims.contains("forged"), "{name}: {claims}");
        assert!(claims.contains(r#""assurance":"password""#) && claims.contains(r#""reason":null"#), "{claims}");
    }
    // The way to ask is nobody's from outside, nor are the service addresses.
    for path in ["/_who", "/_who_with_money", "/api/v1/service/session"] {
        assert_eq!(status(&host.send(&format!("GET {path}"), Some(&session), "", "")), "404", "{path}");
    }

    // Money asks for more than a password.
    let denied = host.withdraw(&session);
    assert_eq!((status(&denied), leads_to(&denied)), ("303", STEP_UP), "{denied}");
    // However its path is written.
    for path in
        ["/wallet/withdraw/", "//wallet///withdraw", "/wallet/./withdraw", "/wallet/%77ithdraw", "/wallet/withdraw/x"]
    {
        let other = host.send(&format!("POST {path}"), Some(&session), "", WITHDRAWAL);
        assert_eq!((status(&other), leads_to(&other)), ("303", STEP_UP), "{path}: {other}");
    }
    // The page says why, what to do, and where it goes on.
    let why = host.send(&format!("GET {STEP_UP}"), Some(&session), "", "");
    assert!(status(&why) == "200" && why.contains("Your account has no second proof yet"), "{why}");
    assert!(why.contains("href=\"/sign-in?next=/wallet\"") && why.contains("href=\"/wallet\""), "{why}");
    host.world.add_app(&mut ada, &mut session);
    let session = host.world.sign_in(&mut ada);
    let paid = host.withdraw(&session);
    assert!(status(&paid) == "200" && paid.contains(r#""paid":true"#), "{paid}");
    host.until_told(session.account, 1);
    host.world.settle();
    assert!(host.world.post.letters().iter().any(|letter| letter.subject == "A withdrawal was made"));

    // And not longer ago than a quarter of an hour.
    host.world.clock.advance(Span::from_mins(16));
    let stale = host.withdraw(&session);
    assert_eq!((status(&stale), leads_to(&stale)), ("303", STEP_UP), "{stale}");
    let why = host.send(&format!("GET {STEP_UP}"), Some(&session), "", "");
    assert!(why.contains("You signed in a while ago") && why.contains("last 15 minutes"), "{why}");
    assert_eq!(status(&host.get(Some(&session), "")), "200");

    // Frozen, nothing moves, and the session is over at once.
    let account = session.account;
    let frozen =
        host.world.app.change(&Actor::chore(), move |change| protections::freeze(change, account, FreezeCause::Link));
    frozen.wait().expect("it freezes");
    assert_eq!(leads_to(&host.get(Some(&session), "")), "/sign-in?next=/wallet");
    assert_eq!(leads_to(&host.withdraw(&session)), "/sign-in?next=/wallet");
}

#[test]
fn what_was_paid_is_told_after_restarts_and_what_cannot_be_told_is_not_paid() {
    let Some(mut host) = Host::start() else { return };
    let mut ada = host.world.customer("ada");
    let mut session = host.world.sign_in(&mut ada);
    host.world.add_app(&mut ada, &mut session);
    let session = host.world.sign_in(&mut ada);
    for told in 1..=3 {
        let paid = host.withdraw(&session);
        assert!(status(&paid) == "200" && paid.contains(r#""paid":true"#), "{paid}");
        host.until_told(session.account, told);
        // References do not begin anew.
        host.restart_exchange();
    }
    // What Countersign would not take is refused before it is paid, and nothing waits to be told.
    for body in [
        r#"{"asset":"btc","amount":"0.05","address":"bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"}"#,
        r#"{"asset":"BTC","amount":"0.05"}"#,
        r#"{"asset":"BTC","amount":0.05,"address":"bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"}"#,
        "money please",
    ] {
        let refused = host.send("POST /wallet/withdraw", Some(&session), "", body);
        assert!(status(&refused) == "400" && refused.contains(r#""paid":false"#), "{refused}");
    }
    let waits = || fs::read_dir(host.directory.path().join("reports")).expect("its directory").count();
    assert_eq!(waits(), 0);
    // Paid and written down, and the program ended before it told: it tells when it is back.
    let event = format!(
        r#"{{"events":[{{"account":"{}","kind":"withdrawal","asset":"BTC","amount":"0.01","reference":"W-KEPT","happened_at":"{}"}}]}}"#,
        session.account,
        host.world.app.clock().now()
    );
    fs::write(host.directory.path().join("reports/W-KEPT.json"), event).expect("its directory");
    host.restart_exchange();
    host.until_told(session.account, 4);
}

#[test]
fn a_freeze_stops_what_the_exchange_has_under_way_and_nobody_else_can_tell_it_so() {
    let Some(host) = Host::start() else { return };
    let [ada, bob] = ["ada", "bob"].map(|name| {
        let mut person = host.world.customer(name);
        host.world.sign_in(&mut person).account
    });
    host.deliver();
    let stopped = |account: AccountId| host.straight(&account.to_string()).contains(r#""payouts_stopped":true"#);
    assert!(!stopped(ada) && !stopped(bob));
    let frozen =
        host.world.app.change(&Actor::chore(), move |change| protections::freeze(change, ada, FreezeCause::Link));
    frozen.wait().expect("it freezes");
    // It asks nothing, and knows.
    host.deliver();
    assert!(stopped(ada) && !stopped(bob), "{}", host.straight(&ada.to_string()));
    let body = format!(r#"{{"data":{{"account":"{bob}","position":9000,"standing":{{"may_move_money":false}}}}}}"#);
    let now = SystemClock.now().as_second();
    for signature in ["", "Webhook-Signature: v1,AAAA\r\n", "Webhook-Signature: v1a,AAAA\r\n"] {
        assert_eq!(host.call(&format!("Webhook-Id: 1\r\nWebhook-Timestamp: {now}\r\n{signature}"), &body), "400");
    }
    assert!(!stopped(bob));
}
