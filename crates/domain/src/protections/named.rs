//! What a sensitive change is about in this very case: which app, which phone, which address.

use crate::change::View;
use crate::ids::AccountId;
use crate::phones::PhoneNumber;
use crate::protections::Sensitive;
use crate::refusal::Stop;
use crate::second_factors;

/// Its object, as the customer reads it after a colon; none for a change that has no object, or whose object is gone.
pub fn named(view: &mut View<'_>, account: AccountId, what: &Sensitive) -> Result<Option<String>, Stop> {
    Ok(match what {
        Sensitive::RemoveFactor { factor } => second_factors::list(view, account)?
            .into_iter()
            .find(|held| held.id == *factor)
            .map(|held| format!("the {} “{}”", held.kind.method().noun(), held.name)),
        Sensitive::ChangeEmail { new } => Some(format!("to {new}")),
        Sensitive::ChangePhone { new: Some(new) } => {
            Some(format!("to the number that ends in {}", PhoneNumber::stored(new.clone()).ending()))
        }
        _ => None,
    })
}

/// What was asked for, with its object.
pub fn asked_for(what: &Sensitive, about: Option<&str>) -> String {
    let title = what.rule().title;
    about.map_or_else(|| title.to_owned(), |about| format!("{title}: {about}"))
}
