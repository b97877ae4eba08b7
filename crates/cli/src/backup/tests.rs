//! The way back from a copy, as the customers of a small world meet it.

use domain::activity::EndedBy;
use domain::protections::Frozen;
use domain::service::{self, NewKey, Scope};
use domain::sessions::NewSession;
use domain::{Actor, Refusal, SecretText, Span, credentials, sessions};
use tempfile::TempDir;
use testkit::{Database, Person, World, act_link, freeze_link, refusal};

use super::*;

/// The key of every world, as its file would say it.
const KEY: &str = "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a\n";
const OTHER_KEY: &str = "2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b\n";

/// Where an operator keeps things.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.key(KEY);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn key(&self, text: &str) {
        fs::write(self.path("key"), text).unwrap();
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn settings(&self, url: &str) -> WithConfig {
        let file = self.path("settings.toml");
        let key = self.path("key");
        fs::write(&file, format!("[storage]\nurl = {url:?}\nkey_file = {key:?}\n")).unwrap();
        fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        WithConfig { config: Some(file) }
    }

    fn backup(&self, world: &World) -> Result<()> {
        backup(&BackupOptions { config: self.settings(world.database().url()), copy: self.path("copy.db") })
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path("back.db").display())
    }

    fn restore(&self) -> Result<String> {
        put_back(&RestoreOptions { config: self.settings(&self.url()), copy: self.path("copy.db") })
    }
}

fn asked_reset(world: &World, person: &Person) -> (SecretText, SecretText) {
    let actor = person.visitor();
    let asked = credentials::ask_reset(&world.app, &actor, &person.email, &person.devices);
    let browser = world.wait(asked).unwrap();
    world.settle();
    (act_link(&world.post.newest_with_button_to(&person.email)), browser)
}

fn sign_out(world: &World, person: &Person, session: &NewSession) {
    let (account, id) = (session.account, session.session);
    let by = EndedBy::You;
    world.app.change(&person.in_session(session), move |change| sessions::end(change, account, id, by)).wait().unwrap();
}

#[test]
fn a_restore_brings_everything_back_but_what_was_granted() {
    let (desk, world) = (Desk::new(), World::new(Database::sqlite()));
    let mut mira = world.customer("mira");
    let session = world.sign_in(&mut mira);
    let (reset, browser) = asked_reset(&world, &mira);
    let brake = freeze_link(&world.post.newest_to(&mira.email));
    desk.backup(&world).unwrap();
    // What the copy does not know of: she signs out and resets her password.
    sign_out(&world, &mira, &session);
    drop(world);

    desk.restore().unwrap();
    assert_eq!(desk.names(), ["back.db", "copy.db", "key", "settings.toml"]);
    let world = World::new(Database::at(&desk.url()));
    assert!(!world.signed_in(&session.secret), "a session that was signed out is back");
    let (actor, by) = (mira.visitor(), (&reset, Some(&browser)));
    let tried = world.wait(credentials::reset(&world.app, &actor, by, "a quite new password 7!", None));
    assert_eq!(refusal(tried), Refusal::LinkSpent);
    let log = world.log(session.account).join("\n");
    assert!(log.contains("account.records_restored"), "{log}");
    // The restore was done at the time that the machine's clock says, which is later than the world's.
    world.clock.advance(SystemClock.now().duration_since(world.app.clock().now()));
    world.settle();
    let letter = world.post.newest_to(&mira.email);
    assert_eq!(letter.subject, "Our records were restored from a copy");
    // She still gets in, by a letter because no browser is known, and her brake still works.
    mira.devices.clear();
    world.sign_in(&mut mira);
    let frozen = world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &brake)).wait();
    assert!(matches!(frozen, Ok(Frozen::Now { .. })), "{frozen:?}");
}

/// Adds a local key that is good for a century, whatever this machine's clock says.
fn add_key(world: &World, name: &str) -> domain::ids::ServiceKeyId {
    let scopes = vec![Scope::CheckSession];
    let lives = Span::from_hours(24 * 36_500);
    let new = NewKey { name: name.to_owned(), signs: None, scopes, networks: Vec::new(), lives };
    world.app.change(&Actor::chore(), move |change| service::add(change, &new)).wait().unwrap().0.id
}

fn revoke(world: &World, key: domain::ids::ServiceKeyId) {
    world.app.change(&Actor::chore(), move |change| service::revoke(change, key)).wait().unwrap();
}

#[test]
fn a_restore_names_the_service_keys_that_are_good_again() {
    let (desk, world) = (Desk::new(), World::new(Database::sqlite()));
    let [kept, before, since] = ["kept", "before", "since"].map(|name| add_key(&world, name));
    revoke(&world, before);
    desk.backup(&world).unwrap();
    revoke(&world, since);
    drop(world);
    let said = desk.restore().unwrap();
    assert!(said.contains("Revoke again each that you revoked since"), "{said}");
    let named = [kept, before, since].map(|key| said.contains(&key.to_string()));
    assert_eq!(named, [true, false, true], "{said}");
    assert!(told(&TakenBack { accounts: 1, keys: Vec::new(), webhooks: Vec::new() }).starts_with("1 account: "));
    assert!(!told(&TakenBack { accounts: 1, keys: Vec::new(), webhooks: Vec::new() }).contains("service key"));
}

#[test]
fn nothing_is_put_in_place_that_the_keys_do_not_open_or_over_what_is_there() {
    let (desk, world) = (Desk::new(), World::new(Database::sqlite()));
    world.customer("mira");
    desk.backup(&world).unwrap();
    let why = desk.backup(&world).unwrap_err().to_string();
    assert!(why.contains("is there already"), "{why}");
    drop(world);
    desk.key(OTHER_KEY);
    let why = desk.restore().unwrap_err().to_string();
    assert!(why.contains("open 0 of 1 account: they belong to another database"), "{why}");
    assert_eq!(desk.names(), ["copy.db", "key", "settings.toml"]);
    fs::remove_file(desk.path("key")).unwrap();
    let settings = desk.path("settings.toml");
    let without = RestoreOptions { config: WithConfig { config: Some(settings) }, copy: desk.path("copy.db") };
    let why = restore(&without).unwrap_err().to_string();
    assert!(why.contains("put the file from your backup there first"), "{why}");
    assert!(!desk.path("key").exists() && !desk.path("back.db").exists());
    desk.key(KEY);
    for there in ["back.db", "back.db-wal"] {
        fs::write(desk.path(there), "something").unwrap();
        let why = desk.restore().unwrap_err().to_string();
        assert!(why.contains("is there already"), "{why}");
        fs::remove_file(desk.path(there)).unwrap();
    }
    // What a restore that was killed left behind is in nobody's way.
    fs::write(desk.path("back.db.part"), "half a database").unwrap();
    fs::write(desk.path("back.db.part-wal"), "half a log").unwrap();
    desk.restore().unwrap();
}

#[test]
fn a_copy_of_a_newer_version_or_of_nothing_of_ours_is_refused() {
    let config = Config::from_parts("", std::iter::empty()).unwrap();
    let copied = |step| Copied { made_at: Time::UNIX_EPOCH, step };
    let copy = Path::new("copy.db");
    let why = fits(&copied(Some(store::present_step() + 1)), &config, copy).unwrap_err().to_string();
    assert!(why.contains("or a newer one"), "{why}");
    assert!(fits(&copied(None), &config, copy).unwrap_err().to_string().contains("holds no Countersign"));
}
