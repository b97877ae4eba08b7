//! The table of all addresses. Each row says who may come, what the address is for and which handler answers;
//! the doors, `docs/routes.md` and the OpenAPI document are made from it, so none can say something else.

mod pages;
mod row;

use std::sync::LazyLock;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any};
use domain::service::Scope;

use crate::answers::Problem;
use crate::api::{
    Done, accounts, activity, approvals, checkup, credentials, devices, feed, forward_auth, links, notifications,
    passkeys, phones, protections, recovery, second_factors, service as service_api, sessions, support,
};
use crate::search::{Search, Wanted};
use crate::site::Web;
use crate::{door, health, hooks, openapi, well_known};
use Who::{Anyone, SignedIn};
use row::{api, hook, probe, service};

pub use row::{Door, Row, Side, Who};
pub(crate) use row::{Operation, Route, Shape};

/// Every row.
pub(crate) fn table() -> Vec<Route> {
    [
        probes(),
        hooks(),
        pages::table(),
        api_in_and_out(),
        api_seeing(),
        api_phone(),
        api_stopping(),
        api_changing(),
        api_back_in(),
        api_passkeys(),
        api_help(),
        for_the_backend(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn probes() -> Vec<Route> {
    vec![
        probe("/healthz").get("Says that the process runs", health::alive),
        probe("/.well-known/passkey-endpoints")
            .get("Tells password managers where passkeys are managed", well_known::passkey_endpoints),
        probe("/.well-known/change-password")
            .get("Leads password managers to the page that changes the password", well_known::change_password),
        probe("/readyz").get("Says whether requests can be served", health::ready),
    ]
}

fn hooks() -> Vec<Route> {
    vec![
        hook("/hooks/sms/report")
            .get("Takes down what became of an SMS, from Kannel, which knows no POST for it", hooks::report)
            .post("Takes down what became of an SMS", hooks::report),
        hook("/hooks/sms/inbound").post("Freezes the accounts of the number that sent FREEZE", hooks::inbound),
    ]
}

/// The most bytes where a password is given by somebody unknown: room for the longest, and no more to hash.
const SIGN_IN_MAX: usize = 4 * 1024;

/// The same where a passkey may answer beside it.
const PASSKEY_MAX: usize = 16 * 1024;

fn api_in_and_out() -> Vec<Route> {
    vec![
        api("/api/v1/sign-up", Anyone)
            .body_max(SIGN_IN_MAX)
            .post("Opens an account, whose address must then be confirmed", accounts::sign_up)
            .takes::<accounts::SignUp>()
            .gives::<accounts::SignedUp>(202),
        api("/api/v1/sign-up/confirm", Anyone)
            .post("Confirms the address of a new account, and makes this device known", accounts::confirm)
            .takes::<accounts::LinkAndPending>()
            .gives::<accounts::Confirmed>(200),
        api("/api/v1/sign-in", Anyone)
            .body_max(SIGN_IN_MAX)
            .post("Signs in on a known device; from an unknown one the owner is mailed first", sessions::sign_in)
            .takes::<sessions::SignIn>()
            .gives::<sessions::SignInAnswer>(200)
            .gives::<sessions::SignInAnswer>(202),
        api("/api/v1/sign-in/code", Anyone)
            .body_max(SIGN_IN_MAX)
            .post("Takes the second proof of a sign-in", sessions::prove)
            .takes::<sessions::SecondProof>()
            .gives::<sessions::SignInAnswer>(200)
            .gives::<sessions::SignInAnswer>(202),
        api("/api/v1/sign-in/code/send", Anyone)
            .post("Sends a code by SMS for a sign-in that can be proved by one", sessions::send_code)
            .takes::<recovery::HalfSignedIn>()
            .gives::<sessions::SignInCodeSent>(200),
        api("/api/v1/sign-in/confirm", Anyone)
            .post("Lets a waiting sign-in in", sessions::confirm)
            .takes::<accounts::LinkAndPending>()
            .gives::<sessions::SignInAnswer>(200),
        api("/api/v1/sign-in/deny", Anyone)
            .post("Denies a waiting sign-in", sessions::deny)
            .takes::<sessions::LinkAlone>()
            .gives::<Done>(200),
        api("/api/v1/sign-out", SignedIn).post("Ends this session", sessions::sign_out).gives::<Done>(200),
        api("/api/v1/password/check", Anyone)
            .body_max(SIGN_IN_MAX)
            .post("Says how good a password is, and why", credentials::check)
            .takes::<credentials::Check>()
            .gives::<credentials::Judged>(200),
        api("/api/v1/password/change", SignedIn)
            .post("Changes the password and ends every other session", credentials::change)
            .takes::<credentials::Change>()
            .gives::<credentials::Changed>(200),
    ]
}

fn api_seeing() -> Vec<Route> {
    vec![
        api("/api/v1/session", SignedIn)
            .get("This session and its account", sessions::here)
            .gives::<sessions::Here>(200),
        api("/api/v1/sessions", SignedIn).get("Every live session", sessions::list).gives::<sessions::Sessions>(200),
        api("/api/v1/sessions/{session}/end", SignedIn).post("Ends one session", sessions::end).gives::<Done>(200),
        api("/api/v1/sessions/end-others", SignedIn)
            .post("Ends every session but this one", sessions::end_others)
            .gives::<sessions::Ended>(200),
        api("/api/v1/activity", SignedIn)
            .get("A page of the activity log, newest first", activity::page)
            .asks::<Search>()
            .gives::<activity::Activity>(200),
        api("/api/v1/activity/live", SignedIn)
            .get("What happens from now on, as server-sent events", activity::follow)
            .asks::<activity::After>()
            .gives_text("text/event-stream"),
        api("/api/v1/activity.csv", SignedIn)
            .get("The whole activity log for a spreadsheet", activity::as_csv)
            .asks::<Wanted>()
            .gives_text("text/csv"),
        api("/api/v1/activity.json", SignedIn)
            .get("The whole activity log as one JSON array", activity::as_json)
            .asks::<Wanted>()
            .gives_text("application/json"),
        api("/api/v1/notices", SignedIn)
            .get("A page of the inbox, newest first", notifications::inbox)
            .asks::<activity::Cursor>()
            .gives::<notifications::Inbox>(200),
        api("/api/v1/notices/copy", SignedIn)
            .get("Exactly what was sent about one event, and what became of it", notifications::copy)
            .asks::<notifications::Which>()
            .gives::<notifications::WhatWasSent>(200),
        api("/api/v1/notices/read", SignedIn)
            .post("Marks notices as read", notifications::read)
            .takes::<notifications::ReadUpTo>()
            .gives::<Done>(200),
        api("/api/v1/notices/preferences", SignedIn)
            .get("Which notices are sent by e-mail and SMS", notifications::preferences)
            .gives::<notifications::Preferences>(200),
        api("/api/v1/notices/preferences/choose", SignedIn)
            .post("Switches a notice on or off", notifications::choose)
            .takes::<notifications::Choose>()
            .gives::<Done>(200),
    ]
}

fn api_phone() -> Vec<Route> {
    vec![
        api("/api/v1/phone", SignedIn)
            .get("The phone that gets our SMS", phones::show)
            .gives::<phones::PhoneState>(200),
        api("/api/v1/phone/add", SignedIn)
            .unless_frozen()
            .post("Sends a code to a number, to confirm it as the account's phone", phones::add)
            .takes::<phones::Add>()
            .gives::<phones::CodeSent>(200),
        api("/api/v1/phone/confirm", SignedIn)
            .unless_frozen()
            .post("Confirms a number by the code that was sent to it; to replace one takes a proof", phones::confirm)
            .takes::<phones::Confirm>()
            .gives::<phones::PhoneConfirmed>(200),
        api("/api/v1/phone/remove", SignedIn)
            .unless_frozen()
            .post("Asks to remove the phone, which takes a proof", phones::remove)
            .gives::<phones::PhoneRemoved>(200),
    ]
}

fn api_stopping() -> Vec<Route> {
    vec![
        api("/api/v1/links/look", Anyone)
            .post("Says what a mailed link would do, and does nothing", links::look)
            .takes::<links::Look>()
            .gives::<links::Seen>(200),
        api("/api/v1/freeze", SignedIn)
            .post("Freezes the account and ends all its sessions", protections::freeze)
            .gives::<protections::NowFrozen>(200),
        api("/api/v1/freeze/by-link", Anyone)
            .post("Freezes the account of a notice, by the link in it", protections::freeze_by_link)
            .takes::<sessions::LinkAlone>()
            .gives::<protections::NowFrozen>(200),
        api("/api/v1/freeze/by-words", Anyone)
            .body_max(SIGN_IN_MAX)
            .post("Freezes an account by its address and freeze words", protections::freeze_by_words)
            .takes::<protections::ByWords>()
            .gives::<protections::NowFrozen>(200),
        api("/api/v1/freeze/words", SignedIn)
            .get("The freeze words of the account", protections::words)
            .gives::<protections::FreezeWords>(200),
        api("/api/v1/freeze/words/replace", SignedIn)
            .unless_frozen()
            .post("Replaces the freeze words", protections::replace_words)
            .gives::<protections::Replaced>(200),
    ]
}

fn api_passkeys() -> Vec<Route> {
    vec![
        api("/api/v1/sign-in/passkey/start", Anyone)
            .post("Begins a sign-in by passkey, without a name", passkeys::start_sign_in)
            .gives::<passkeys::Started>(200),
        api("/api/v1/sign-in/passkey", Anyone)
            .post("Signs in by passkey, in a new browser too", passkeys::sign_in)
            .takes::<passkeys::SignInByPasskey>()
            .gives::<sessions::SignInAnswer>(200),
        api("/api/v1/approvals/{approval}/passkey", SignedIn)
            .post("Begins a proof by passkey for an approval", passkeys::start_approval)
            .gives::<passkeys::Started>(200),
        api("/api/v1/passkeys", SignedIn)
            .get("The passkeys of the account", passkeys::list)
            .gives::<passkeys::Passkeys>(200),
        api("/api/v1/passkeys/start", SignedIn)
            .post("Begins registering a passkey, once that is proved", passkeys::start_registering)
            .gives::<passkeys::Started>(200),
        api("/api/v1/passkeys/register", SignedIn)
            .post("Registers a passkey and ends every other session", passkeys::register)
            .takes::<passkeys::Made>()
            .gives::<passkeys::Registered>(200),
        api("/api/v1/passkeys/rename", SignedIn)
            .post("Gives a passkey another name", passkeys::rename)
            .takes::<passkeys::Rename>()
            .gives::<Done>(200),
    ]
}

fn api_changing() -> Vec<Route> {
    vec![
        api("/api/v1/approvals", SignedIn)
            .post("Asks for a sensitive change, which must then be proved", approvals::ask)
            .takes::<approvals::Wanted>()
            .gives::<approvals::Asked>(200),
        api("/api/v1/approvals/{approval}", SignedIn)
            .get("Exactly what will happen, and what can prove it", approvals::show)
            .gives::<approvals::Asked>(200),
        api("/api/v1/approvals/{approval}/prove", SignedIn)
            .body_max(SIGN_IN_MAX)
            .post("Takes a proof; once enough is proved, the change is made or begins to wait", approvals::prove)
            .takes::<approvals::Proving>()
            .gives::<approvals::Proved>(200),
        api("/api/v1/factors", SignedIn)
            .get("Ways to prove that it is the customer", second_factors::list)
            .gives::<second_factors::Factors>(200),
        api("/api/v1/factors/{factor}/name", SignedIn)
            .post("Renames one of them", second_factors::name)
            .takes::<second_factors::Naming>()
            .gives::<Done>(200),
        api("/api/v1/factors/app/{factor}", SignedIn)
            .get("The key of an authenticator app that is being set up", second_factors::offered)
            .gives::<second_factors::AppKey>(200),
        api("/api/v1/factors/app/{factor}/confirm", SignedIn)
            .post("Confirms an authenticator app by a code of it", second_factors::confirm)
            .takes::<second_factors::FirstCode>()
            .gives::<second_factors::AppConfirmed>(200),
        api("/api/v1/timers", SignedIn)
            .get("Everything that waits", protections::timers)
            .gives::<protections::Timers>(200),
        api("/api/v1/timers/{timer}/stop", SignedIn)
            .post("Stops what waits", protections::stop_timer)
            .gives::<Done>(200),
        api("/api/v1/timers/stop-by-link", Anyone)
            .post("Stops what waits, by the link in a notice", protections::stop_timer_by_link)
            .takes::<sessions::LinkAlone>()
            .gives::<Done>(200),
    ]
}

fn api_back_in() -> Vec<Route> {
    vec![
        api("/api/v1/password/reset/ask", Anyone)
            .body_max(SIGN_IN_MAX)
            .post("Mails the link to a new password, if there is an account", recovery::ask)
            .takes::<recovery::Ask>()
            .gives::<recovery::ResetAsked>(202),
        api("/api/v1/password/reset/look", Anyone)
            .post("Says what a reset link asks for, and does nothing", recovery::look)
            .takes::<accounts::LinkAndPending>()
            .gives::<recovery::ResetWanted>(200),
        api("/api/v1/password/reset/passkey", Anyone)
            .post("Begins a proof by passkey for a reset link", recovery::start_passkey)
            .takes::<accounts::LinkAndPending>()
            .gives::<passkeys::Started>(200),
        api("/api/v1/password/reset", Anyone)
            .body_max(PASSKEY_MAX)
            .post("Sets a new password by a mailed link; every session ends", recovery::reset)
            .takes::<recovery::Reset>()
            .gives::<recovery::WasReset>(200),
        api("/api/v1/email/change", SignedIn)
            .get("The changes of the address that wait for their new mailbox", recovery::email_changes)
            .gives::<recovery::EmailChanges>(200),
        api("/api/v1/email/change/stop", SignedIn)
            .post("Stops the changes of the address that wait for their new mailbox", recovery::stop_email_changes)
            .gives::<Done>(200),
        api("/api/v1/email/confirm", Anyone)
            .post("Confirms another address of an account, on the device that asked", recovery::confirm_email)
            .takes::<recovery::ConfirmEmail>()
            .gives::<Done>(200),
        api("/api/v1/email/undo", Anyone)
            .post("Undoes a change of the address from the old mailbox, and freezes", recovery::undo_email)
            .takes::<sessions::LinkAlone>()
            .gives::<recovery::EmailUndone>(200),
        api("/api/v1/sign-in/lost", Anyone)
            .post("Begins the same wait for a sign-in whose password was right", recovery::lose_factors_by_password)
            .takes::<recovery::HalfSignedIn>()
            .gives::<recovery::Waits>(202),
        api("/api/v1/factors/lost", Anyone)
            .post(
                "Begins the wait after which lost second factors are taken off, by a reset link",
                recovery::lose_factors,
            )
            .takes::<accounts::LinkAndPending>()
            .gives::<recovery::Waits>(202),
    ]
}

fn api_help() -> Vec<Route> {
    vec![
        api("/api/v1/checkup", SignedIn).get("The security check-up", checkup::list).gives::<checkup::Checkup>(200),
        api("/api/v1/checkup/say", SignedIn)
            .post("Keeps the customer's own word on a line of the check-up", checkup::say)
            .takes::<checkup::Saying>()
            .gives::<Done>(200),
        api("/api/v1/checkup/unsay", SignedIn)
            .post("Takes such a word back", checkup::unsay)
            .takes::<checkup::Saying>()
            .gives::<Done>(200),
        api("/api/v1/checkup/back-in", SignedIn)
            .get("Would you get back in? A dry run for what may be lost", checkup::back_in)
            .asks::<checkup::LostQuery>()
            .gives::<checkup::BackIn>(200),
        api("/api/v1/devices", SignedIn)
            .get("The browsers that are known", devices::list)
            .gives::<devices::Devices>(200),
        api("/api/v1/devices/{device}/forget", SignedIn)
            .post("Forgets a browser and ends its sessions", devices::forget)
            .gives::<Done>(200),
        api("/api/v1/devices/{device}/name", SignedIn)
            .post("Names a browser", devices::name)
            .takes::<devices::Naming>()
            .gives::<Done>(200),
        api("/api/v1/forward-auth", Anyone)
            .get(
                "For a proxy on the same host: who is this, in headers, or 401, or 403 for more proof",
                forward_auth::who,
            )
            .asks::<forward_auth::Wanted>()
            .answers(200, "Let it through: who it is stands in headers.", forward_auth::SAID)
            .answers(401, "Nobody is signed in: lead to the sign-in.", &[])
            .answers(403, "The sign-in is too weak or too long ago: lead to /step-up.", forward_auth::SAID_WHY),
        api("/api/v1/step-up", SignedIn)
            .get("What stands in the way of moving money", forward_auth::why)
            .asks::<forward_auth::Demand>()
            .gives::<forward_auth::StepUp>(200),
        api("/api/v1/help", Anyone)
            .get("How to stay safe and how to reach us", support::help)
            .gives::<support::Help>(200),
        api("/api/v1/cases", SignedIn)
            .get("The cases that support works on for this account", support::cases)
            .gives::<support::Cases>(200),
        api("/api/v1/openapi.json", Anyone).get("This document", openapi::show).gives_text("application/json"),
    ]
}

/// Room for a hundred events with everything as long as it may be.
const EVENTS_MAX: usize = 64 * 1024;

fn for_the_backend() -> Vec<Route> {
    vec![
        service("/api/v1/service/session/check", Scope::CheckSession)
            .post("Says whose session this is, and whether money may move", service_api::check_session)
            .takes::<service_api::SessionToCheck>()
            .gives::<service_api::SessionChecked>(200),
        service("/api/v1/service/session", Scope::CheckSession)
            .get(
                "Says whose session this is, and whether money may move: the session stands in a header",
                service_api::session,
            )
            .reads_header("Countersign-Session", true, "The session's secret. A signature covers it.")
            .reads_header(
                "Countersign-Seen-From",
                false,
                "The address the customer came from: with it this is a use of the session, which keeps it alive. A signature covers it.",
            )
            .gives::<service_api::SessionChecked>(200),
        service("/api/v1/service/accounts/{account}/standing", Scope::Standing)
            .get("Says whether an account may move money now, and if not why and until when", service_api::standing)
            .gives::<service_api::AccountStanding>(200),
        service("/api/v1/service/events", Scope::EventsIn)
            .body_max(EVENTS_MAX)
            .post(
                "Takes purchases, deposits and withdrawals, which the customer then sees and is told of",
                service_api::report,
            )
            .takes::<service_api::EventsIn>()
            .gives::<service_api::EventsTaken>(200),
        service("/api/v1/service/feed", Scope::Feed)
            .get("Tells of freezes, thaws, revocations, changed credentials and standings, in order", feed::read)
            .asks::<feed::Wanted>()
            .gives::<feed::FeedPage>(200),
    ]
}

/// Every address with the methods that are open there.
pub fn doors() -> &'static [Door] {
    static DOORS: LazyLock<Vec<Door>> = LazyLock::new(|| table().iter().flat_map(Route::doors).collect());
    &DOORS
}

/// The whole site: every row behind its door, and one more door for what is in no row.
pub fn router(web: &Web) -> Router {
    let behind_door = |handlers: MethodRouter<Web>, row: Row| {
        handlers.layer(from_fn_with_state((web.clone(), row), door::pass)).with_state(web.clone())
    };
    let router = table().into_iter().fold(Router::new(), |router, route| {
        let row = route.row();
        router.route(row.path(), behind_door(route.handlers, row))
    });
    router
        .route("/api/{*rest}", behind_door(any(nowhere), Row::nowhere(Side::Api)))
        .fallback_service(behind_door(any(nowhere), Row::nowhere(Side::Page)))
}

async fn nowhere() -> Problem {
    Problem::not_found()
}

/// The table as `docs/routes.md` shows it.
pub fn as_markdown() -> String {
    let text = String::from(
        "# Routes\n\nMade from the table in `crates/web/src/routes.rs` by `cargo xtask bless`; do not edit.\n\n\
         Every POST under `/api/v1` that is not open to anyone takes an `Idempotency-Key`.\n\n\
         | address | method | who may | what it does |\n|---|---|---|---|\n",
    );
    doors().iter().fold(text, |text, door| {
        format!("{text}| `{}` | {} | {} | {} |\n", door.path, door.method, door.who_in_words(), door.summary)
    })
}
