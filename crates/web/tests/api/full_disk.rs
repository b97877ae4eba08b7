//! The disk is full: a small file system in memory, which only root can mount.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use testkit::{Database, PASSWORD, World};

use super::client::{Ask, Site};

#[test]
fn on_a_full_disk_writing_is_refused_clearly_reading_goes_on_and_room_mends_it() {
    let Some(disk) = SmallDisk::mount() else { return };
    let world = World::new(Database::at(&format!("sqlite:{}", disk.path().join("full.db").display())));
    let mut ada = world.customer("ada");
    let session = world.sign_in(&mut ada);
    world.settle();
    let site = Site::new(world);
    let logged = site.logged(session.account);
    let opening = Ask::post("/api/v1/sign-up").json(&json!({ "email": "mira@example.com", "password": PASSWORD }));
    let signing_in = Ask::post("/api/v1/sign-in").json(&json!({ "email": ada.email, "password": PASSWORD }));

    assert_eq!(site.send(Ask::get("/readyz")).status, 200);
    disk.fill();
    for asked in [&opening, &signing_in, &opening] {
        let refused = site.send(asked.clone());
        assert_eq!(refused.problem(), "503 unavailable -");
        assert_eq!(refused.header("retry-after"), "30");
        assert!(refused.text().contains("nothing was changed"), "{}", refused.text());
    }
    for _ in 0..2 {
        assert_eq!(site.send(Ask::get("/readyz")).status, 503, "it takes no change");
    }
    for page in ["/sign-in", "/help", "/healthz"] {
        assert_eq!(site.send(Ask::get(page)).status, 200, "{page}");
    }
    for read in ["/api/v1/session", "/api/v1/activity", "/api/v1/sessions", "/api/v1/notices"] {
        site.send(Ask::get(read).bearer(&session.secret)).expect(200);
    }
    let form = Ask::post("/sign-in").same_origin().body(
        "application/x-www-form-urlencoded",
        format!("email={}&password={}", ada.email, PASSWORD.replace(' ', "+")).into_bytes(),
    );
    let page = site.send(form);
    assert_eq!((page.status, page.header("content-type")), (503, "text/html; charset=utf-8"));
    assert!(page.text().contains("We cannot do this right now"), "{}", page.text());
    let text = page.text();
    assert!(!text.contains("works even now") && text.contains("nobody can change anything on your account"), "{text}");
    assert!(text.contains("write to support@exchange.example"), "{text}");
    assert_eq!(site.logged(session.account), logged, "what was refused left something behind");

    disk.make_room();
    assert_eq!(site.send(Ask::get("/readyz")).status, 200, "it recovers before anybody tries a change");
    site.send(opening).expect(202);
    site.send(signing_in).expect(202);
    assert!(site.logged(session.account) > logged);
}

/// A file system of a few megabytes; unmounted when it is dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = TempDir::new().expect("a temporary directory");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(directory.path()).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(directory));
        }
        println!("skipped: only root can mount a small disk");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn fill(&self) {
        let mut filler = File::create(self.path().join("filler")).expect("an empty file needs no room");
        // In pieces: one that does not fit whole is written in part.
        while filler.write_all(&[0; 512]).is_ok() {}
    }

    fn make_room(&self) {
        std::fs::remove_file(self.path().join("filler")).expect("it was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}
