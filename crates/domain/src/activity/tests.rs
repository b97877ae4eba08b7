//! The catalogue's own rules.

use super::*;

#[test]
fn the_stored_tag_of_every_event_is_its_code() {
    for event in catalogue() {
        let stored = serde_json::to_value(&event).unwrap();
        assert_eq!(stored["event"], event.spec().code);
        assert_eq!(serde_json::from_value::<Event>(stored).unwrap(), event);
    }
}

#[test]
fn what_cannot_be_switched_off_is_everything_that_tells_of_a_takeover() {
    let always: Vec<&str> = catalogue()
        .iter()
        .map(Event::spec)
        .filter(|spec| spec.tell.mail == Outgoing::Always && spec.severity == Severity::Alarm)
        .map(|spec| spec.code)
        .collect();
    assert_eq!(
        always,
        [
            "sign_in.waiting",
            "sign_in.unusual_place",
            "sign_in.denied",
            "sign_in.unproved",
            "sign_in.done",
            "sign_in.done",
            "credential.password_changed",
            "credential.password_reset",
            "factor.app_added",
            "factor.codes_renewed",
            "factor.code_used",
            "account.email_changed",
            "account.email_undone",
            "protection.frozen",
            "protection.timer_started",
            "protection.timer_half_way",
            "protection.thawed",
            "protection.lock_opened",
            "factor.passkey_added",
            "factor.passkey_copied",
            "factor.removed",
            "factor.all_lost",
            "factor.passkey_only",
            "factor.sms_codes",
            "phone.changed",
            "phone.removed",
            "money.withdrawn",
        ]
    );
}

#[test]
fn nobody_is_told_to_freeze_what_is_frozen() {
    for spec in catalogue().iter().map(Event::spec).filter(|spec| spec.freeze_offer) {
        let said = spec.advice_for(true);
        assert!(!said.is_empty() && !said.to_lowercase().contains("freeze your account"), "{}: {said}", spec.code);
        assert_eq!(spec.advice_for(false), spec.advice);
    }
}
