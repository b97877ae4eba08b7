//! Help.

mod view;

use domain::support::ADVICE;

use crate::pages::answer::{Answer, show};
use crate::pages::around::anyone;
use crate::{Visitor, Web};

pub use view::{Advice, HelpPage};

/// `GET /help`
pub(crate) async fn help(web: Web, visitor: Visitor) -> Answer {
    let frame = anyone(&web, &visitor, "help").await;
    let advice = ADVICE.iter().map(|piece| Advice { title: piece.title.to_owned(), text: piece.text.to_owned() });
    show(&HelpPage { frame, advice: advice.collect(), places: web.settings().places.clone() })
}
