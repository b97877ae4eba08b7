//! Help.

mod view;

use domain::support::ADVICE;

use crate::pages::answer::{Answer, show};
use crate::pages::around::anyone;
use crate::{Visitor, Web};

pub use view::{Advice, HelpPage, RecoverPage};

/// `GET /recover`
pub(crate) async fn recover(web: Web, visitor: Visitor) -> Answer {
    let rules = &web.app().settings().protection;
    show(&RecoverPage {
        frame: anyone(&web, &visitor, "sign-in").await,
        lost_days: rules.lost_factor_days,
        thaw_hours: rules.thaw_hours,
        thaw_slow_days: rules.thaw_slow_days,
        undo_hours: rules.undo_hours,
    })
}

/// `GET /help`
pub(crate) async fn help(web: Web, visitor: Visitor) -> Answer {
    let frame = anyone(&web, &visitor, "help").await;
    let advice = ADVICE.iter().map(|piece| Advice { title: piece.title.to_owned(), text: piece.text.to_owned() });
    show(&HelpPage { frame, advice: advice.collect(), places: web.settings().places.clone() })
}
