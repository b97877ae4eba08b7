//! The same request sent again.

use domain::ids::AccountId;
use domain::refusal::{Refusal, Stop};
use domain::repeats::{self, Asked};
use domain::sessions::NewSession;
use domain::{Actor, Answer, Span, notifications};
use serde::Serialize;
use testkit::{Person, World, both, refusal};

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Chosen {
    on: bool,
}

impl repeats::Repeatable for Chosen {}

const CODE: &str = "sign_in.failed";

/// A request of somebody in a session, under a key.
fn asked(world: &World, session: &NewSession, key: &str, body: &str) -> Asked {
    Asked::new(world.app.keys(), &session.secret, key, "/api/v1/notices/preferences/choose", body.as_bytes())
}

/// Switches a notice on or off, as a request with a key asks for it.
fn choose(world: &World, actor: &Actor, account: AccountId, on: bool) -> Answer<Chosen> {
    world.app.act(actor, move |change| {
        notifications::choose(change, account, CODE, on)?;
        Ok(Chosen { on })
    })
}

fn by(person: &Person, session: &NewSession, asked: Asked) -> Actor {
    Actor { asked: Some(asked), ..person.in_session(session) }
}

fn kept(world: &World, account: AccountId, asked: Asked) -> Result<Option<String>, Stop> {
    world.app.view(move |view| repeats::answer_or_go_on(view, account, &asked)).wait()
}

/// How often the choice is told of.
fn told(world: &World, account: AccountId) -> usize {
    world.log(account).iter().filter(|line| line.contains("notice.")).count()
}

both! {
    fn a_request_sent_twice_is_done_once_and_its_answer_is_there(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let request = asked(&world, &session, "key-1", "off");
        let actor = by(&mira, &session, request);
        assert_eq!(kept(&world, account, request).unwrap(), None);
        assert_eq!(choose(&world, &actor, account, false).wait().unwrap(), Chosen { on: false });
        assert_eq!(kept(&world, account, request).unwrap().as_deref(), Some(r#"{"on":false}"#));
        // Meanwhile it was chosen otherwise: a late copy does not choose again.
        choose(&world, &mira.in_session(&session), account, true).wait().unwrap();
        assert_eq!(refusal(choose(&world, &actor, account, false).wait()), Refusal::KeyUsed);
        assert_eq!(told(&world, account), 2);
        let choices = world.app.view(move |view| notifications::choices(view, account)).wait().unwrap();
        assert!(choices.iter().any(|choice| choice.code == CODE && choice.on));
    }

    fn of_fifty_copies_at_once_one_is_done(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let request = asked(&world, &session, "key-1", "");
        let actor = by(&mira, &session, request);
        let here = session.session;
        let end_others = || {
            world.app.act(&actor, move |change| {
                domain::sessions::end_others(change, account, here).map(|_| Chosen { on: true })
            })
        };
        let answers: Vec<_> = (0..50).map(|_| end_others()).collect();
        let outcomes: Vec<_> = answers.into_iter().map(Answer::wait).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for refused in outcomes.into_iter().filter(Result::is_err) {
            assert_eq!(refusal(refused), Refusal::KeyUsed);
        }
        assert_eq!(world.log(account).iter().filter(|line| line.contains("session.others_ended")).count(), 1);
        assert!(kept(&world, account, request).unwrap().is_some());
    }

    fn a_key_belongs_to_one_request_of_one_account(world: World) {
        let (mut mira, mut noor) = (world.customer("mira"), world.customer("noor"));
        let (hers, theirs) = (world.sign_in(&mut mira), world.sign_in(&mut noor));
        let again = world.sign_in(&mut mira);
        let first = asked(&world, &hers, "key-1", "off");
        choose(&world, &by(&mira, &hers, first), hers.account, false).wait().unwrap();
        let address = Asked::new(world.app.keys(), &hers.secret, "key-1", "/api/v1/notices/read", b"off");
        for other in [asked(&world, &hers, "key-1", "on"), asked(&world, &again, "key-1", "off"), address] {
            assert_eq!(refusal(kept(&world, hers.account, other)), Refusal::KeyUsed);
            assert_eq!(refusal(choose(&world, &by(&mira, &hers, other), hers.account, true).wait()), Refusal::KeyUsed);
        }
        assert_eq!(told(&world, hers.account), 1);
        let foreign = asked(&world, &theirs, "key-1", "off");
        assert_eq!(kept(&world, theirs.account, foreign).unwrap(), None);
        choose(&world, &by(&noor, &theirs, foreign), theirs.account, false).wait().unwrap();
        assert_eq!(told(&world, theirs.account), 1);
    }

    fn what_was_refused_is_not_remembered(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let request = asked(&world, &session, "key-1", "off");
        let actor = by(&mira, &session, request);
        let refused = world.app.act(&actor, move |change| {
            notifications::choose(change, account, CODE, false)?;
            Err::<Chosen, Stop>(Refusal::NoSuchThing.into())
        });
        assert_eq!(refusal(refused.wait()), Refusal::NoSuchThing);
        assert_eq!(kept(&world, account, request).unwrap(), None);
        choose(&world, &actor, account, false).wait().unwrap();
        assert_eq!(told(&world, account), 1);
    }

    fn an_answer_is_kept_for_a_day(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let request = asked(&world, &session, "key-1", "off");
        choose(&world, &by(&mira, &session, request), session.account, false).wait().unwrap();
        world.clock.advance(Span::from_hours(24));
        world.settle();
        assert!(kept(&world, session.account, request).unwrap().is_some(), "a moment too early");
        world.clock.advance(Span::from_secs(1));
        assert_eq!(repeats::forget_answers(&world.app).unwrap().done, 1);
        assert_eq!(repeats::forget_answers(&world.app).unwrap().done, 0);
        assert_eq!(kept(&world, session.account, request).unwrap(), None);
    }
}
