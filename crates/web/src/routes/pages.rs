//! The addresses of the pages.

use super::row::{Route, Who, page, probe};
use super::{PASSKEY_MAX, SIGN_IN_MAX};
use crate::pages::{
    accounts, activity, approvals, assets, checkup, credentials, home, links, notifications, passkeys, phones,
    protections, second_factors, sessions, step_up, support,
};

/// Every page, and what pages are made of.
pub(super) fn table() -> Vec<Route> {
    [files(), for_anyone(), overview_and_log(), own_passkeys(), settings()].into_iter().flatten().collect()
}

fn files() -> Vec<Route> {
    vec![
        probe("/assets/{name}").get("The style sheet, the script, the icon and the map", assets::serve),
        probe("/assets/brand.css").get("The operator's colour", assets::brand),
    ]
}

fn for_anyone() -> Vec<Route> {
    vec![
        page("/", Who::Anyone).get("The first page", home::landing),
        page("/sign-up", Who::Anyone)
            .body_max(SIGN_IN_MAX)
            .get("The form that opens an account", accounts::form)
            .post("Opens an account and mails the link that confirms its address", accounts::open),
        page("/sign-up/check", Who::Anyone).body_max(SIGN_IN_MAX).post("Says how good a password is", accounts::check),
        page("/sign-in", Who::Anyone)
            .body_max(SIGN_IN_MAX)
            .get("The form that signs in", sessions::form)
            .post("Signs in, or mails the owner who decides", sessions::sign_in),
        page("/forgot", Who::Anyone)
            .body_max(SIGN_IN_MAX)
            .get("The form that asks for a new password", credentials::reset::form)
            .post("Mails the link to a new password", credentials::reset::ask),
        page("/l/{secret}/password", Who::Anyone)
            .body_max(PASSKEY_MAX)
            .post("Sets a new password by a mailed link", credentials::reset::choose),
        page("/l/{secret}/password/passkey", Who::Anyone)
            .post("Begins a proof by passkey for a mailed link to a new password", credentials::reset::start_passkey),
        page("/l/{secret}/password/check", Who::Anyone)
            .body_max(SIGN_IN_MAX)
            .post("Says how good a new password is", credentials::reset::check),
        page("/recover", Who::Anyone).get("Which way back in is the right one", support::recover),
        page("/sign-in/code", Who::Anyone)
            .body_max(SIGN_IN_MAX)
            .get("The form that takes the second proof", sessions::second_step::form)
            .post("Takes the second proof, and signs in or mails the owner", sessions::second_step::prove),
        page("/sign-in/code/send", Who::Anyone)
            .post("Sends a code by SMS for a sign-in that can be proved by one", sessions::second_step::send),
        page("/sign-in/lost", Who::Anyone)
            .post("Begins the wait after which lost second factors are taken off", sessions::second_step::lost),
        page("/sign-in/passkey/start", Who::Anyone).post("Begins a sign-in by passkey", passkeys::start_sign_in),
        page("/sign-in/passkey", Who::Anyone).post("Signs in by passkey", passkeys::sign_in),
        page("/l/{secret}", Who::Anyone)
            .get("What a link in a letter opens; shows and changes nothing", links::open)
            .post("Confirms, lets in, refuses, stops or freezes, as the visitor answers", links::answer),
        page("/stop", Who::Anyone)
            .body_max(SIGN_IN_MAX)
            .get("The form that freezes an account with freeze words", protections::stop_form)
            .post("Freezes an account with freeze words", protections::stop),
        page("/help", Who::Anyone).get("Advice, and how to reach us", support::help),
    ]
}

fn overview_and_log() -> Vec<Route> {
    vec![
        page("/home", Who::SignedIn).get("Whether the account is safe", home::overview),
        page("/step-up", Who::SignedIn).get("What stands in the way of moving money", step_up::show_why),
        page("/sign-out", Who::SignedIn).post("Ends this session", sessions::sign_out),
        page("/notices", Who::SignedIn).get("Everything we told the customer", notifications::inbox),
        page("/notices/copy", Who::SignedIn).get("Exactly what was sent, by the reference in it", notifications::copy),
        page("/notices/read", Who::SignedIn).post("Marks notices as read", notifications::mark_read),
        page("/settings/security", Who::SignedIn).get("The activity log", activity::list),
        page("/settings/security/live", Who::SignedIn).get("The activity log as it grows", activity::follow),
        page("/settings/security/sessions", Who::SignedIn).get("The live sessions", sessions::list),
        page("/settings/security/sessions/end", Who::SignedIn).post("Ends one session", sessions::end),
        page("/settings/security/sessions/end-others", Who::SignedIn)
            .post("Ends all sessions but this one", sessions::end_others),
    ]
}

fn own_passkeys() -> Vec<Route> {
    vec![
        page("/settings/passkeys", Who::SignedIn).get("The passkeys of the account", passkeys::list),
        page("/settings/passkeys/add", Who::SignedIn).post("Asks to register a passkey", passkeys::add),
        page("/settings/passkeys/new", Who::SignedIn)
            .get("The form that registers a passkey, once that is proved", passkeys::form)
            .post("Registers a passkey", passkeys::register),
        page("/settings/passkeys/new/start", Who::SignedIn)
            .post("Begins registering a passkey", passkeys::start_registering),
        page("/settings/passkeys/rename", Who::SignedIn).post("Gives a passkey another name", passkeys::rename),
        page("/settings/passkeys/remove", Who::SignedIn).post("Asks to remove a passkey", passkeys::remove),
        page("/settings/passkeys/only", Who::SignedIn)
            .post("Asks to let passkeys alone open the account, or no longer", passkeys::only),
    ]
}

fn settings() -> Vec<Route> {
    vec![
        page("/settings/password", Who::SignedIn)
            .get("The form that changes the password", credentials::form)
            .post("Changes the password", credentials::change),
        page("/settings/password/check", Who::SignedIn).post("Says how good a new password is", credentials::check),
        page("/settings/factors", Who::SignedIn).get("Ways to prove that it is you", second_factors::list),
        page("/settings/factors/app", Who::SignedIn).post("Asks to add an authenticator app", second_factors::add_app),
        page("/settings/factors/app/{factor}", Who::SignedIn)
            .get("The key of an authenticator app that is being set up", second_factors::set_up)
            .post("Confirms an authenticator app by a code of it", second_factors::confirm),
        page("/settings/factors/codes", Who::SignedIn).post("Asks for new recovery codes", second_factors::renew_codes),
        page("/settings/factors/sms", Who::SignedIn)
            .post("Asks for a code by SMS at each sign-in, or for none any more", second_factors::sms),
        page("/settings/factors/remove", Who::SignedIn)
            .post("Asks to remove a way to prove that it is you", second_factors::remove),
        page("/settings/factors/name", Who::SignedIn)
            .post("Renames a way to prove that it is you", second_factors::name),
        page("/settings/notices", Who::SignedIn)
            .get("What is mailed and sent by SMS", notifications::preferences)
            .post("Chooses what is mailed and sent by SMS", notifications::choose),
        page("/settings/phone", Who::SignedIn)
            .get("The phone that gets our SMS", phones::form)
            .post("Sends a code to a number", phones::ask)
            .unless_frozen(),
        page("/settings/phone/confirm", Who::SignedIn)
            .post("Confirms a number by its code; to replace one takes a proof", phones::confirm)
            .unless_frozen(),
        page("/settings/phone/remove", Who::SignedIn)
            .post("Asks to remove the phone, which takes a proof", phones::remove)
            .unless_frozen(),
        page("/settings/freeze-words", Who::SignedIn)
            .get("The freeze words", protections::words)
            .post("Replaces the freeze words", protections::replace_words)
            .unless_frozen(),
        page("/settings/lock", Who::SignedIn).post("Asks to lock or unlock the settings", protections::timers::lock),
        page("/approve/{approval}", Who::SignedIn)
            .body_max(SIGN_IN_MAX)
            .get("Exactly what a customer is asked to confirm", approvals::form)
            .post("Takes a proof, and does what was confirmed", approvals::prove),
        page("/settings/checkup", Who::SignedIn).get("The security check-up", checkup::list),
        page("/settings/checkup/say", Who::SignedIn).post("Keeps the customer's own word", checkup::say),
        page("/settings/checkup/unsay", Who::SignedIn).post("Takes such a word back", checkup::unsay),
        page("/settings/checkup/back-in", Who::SignedIn).get("Would you get back in? A dry run", checkup::back_in),
        page("/settings/devices", Who::SignedIn).get("The browsers that are known", sessions::devices::list),
        page("/settings/devices/forget", Who::SignedIn).post("Forgets a browser", sessions::devices::forget),
        page("/settings/devices/name", Who::SignedIn).post("Names a browser", sessions::devices::name),
        page("/settings/email", Who::SignedIn)
            .get("The form that asks for another address", accounts::email::form)
            .post("Asks for another address", accounts::email::ask)
            .unless_frozen(),
        page("/settings/email/stop", Who::SignedIn)
            .post("Stops a change of the address that waits for its new mailbox", accounts::email::stop),
        page("/settings/thaw", Who::SignedIn)
            .get("How to unfreeze the account", protections::thaw::form)
            .post("Asks for unfreezing", protections::thaw::ask),
        page("/approve/{approval}/passkey", Who::SignedIn).post("Begins a proof by passkey", passkeys::start_approval),
        page("/settings/timers", Who::SignedIn).get("Everything that waits", protections::timers::list),
        page("/settings/timers/stop", Who::SignedIn).post("Stops what waits", protections::timers::stop),
        page("/settings/freeze", Who::SignedIn)
            .get("The form that freezes the account", protections::freeze_form)
            .post("Freezes the account", protections::freeze),
    ]
}
