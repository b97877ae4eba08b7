//! What waited in the last 90 days, as lanes below the timeline: from when it was asked for to when it ended.

use domain::activity::{Entry, Event};
use domain::ids::TimerId;
use domain::protections::{Sensitive, TimerEnd, asked_for};

use super::timeline::{DAYS, STEP, name, number};

/// Lanes drawn; what finds none stands in the table alone.
const LANES: usize = 4;

/// Where the first lane is, how far apart they are, and how high a bar in one is.
const TOP: i64 = 182;
const APART: i64 = 11;
const HIGH: i64 = 8;

/// One wait, drawn.
#[derive(Clone, Debug)]
pub struct WaitBar {
    /// How far from the left edge.
    pub x: i64,
    /// How far from the upper edge.
    pub y: i64,
    /// How long.
    pub width: i64,
    /// How high.
    pub height: i64,
    /// `waits`, `done` or `stopped`.
    pub class: &'static str,
    /// What it stands for.
    pub label: String,
}

/// One wait in the table.
#[derive(Clone, Debug)]
pub struct WaitRow {
    /// What was asked for.
    pub what: String,
    /// The day on which it was asked for; absent if that was earlier than the picture.
    pub asked: Option<String>,
    /// How it ended, and on which day.
    pub ended: String,
}

/// A wait, as far as the entries tell of it.
struct Wait {
    timer: TimerId,
    what: String,
    asked: Option<i64>,
    ended: Option<(i64, TimerEnd)>,
}

/// The lanes and the rows of these entries, newest first in both; `today` is the number of the day.
pub(super) fn draw(entries: &[Entry], today: i64) -> (Vec<WaitBar>, Vec<WaitRow>) {
    let first = today - DAYS + 1;
    let waits = gather(entries.iter().filter(|entry| (first..=today).contains(&number(entry.at))));
    let mut free_from = [first; LANES];
    let mut bars = Vec::new();
    for wait in &waits {
        let (from, to) = (wait.asked.unwrap_or(first), wait.ended.map_or(today, |(day, _)| day));
        let Some(lane) = free_from.iter().position(|free| *free <= from) else { continue };
        free_from[lane] = to + 1;
        let class = match wait.ended {
            None => "waits",
            Some((_, TimerEnd::Effective)) => "done",
            Some(_) => "stopped",
        };
        bars.push(WaitBar {
            x: (from - first) * STEP + 1,
            y: TOP + APART * i64::try_from(lane).unwrap_or(0),
            width: (to - from + 1) * STEP - 2,
            height: HIGH,
            class,
            label: format!("{}, {}", row(wait).what, row(wait).ended),
        });
    }
    (bars, waits.iter().rev().map(row).collect())
}

/// One for each timer, in the order in which they were asked for.
fn gather<'a>(entries: impl DoubleEndedIterator<Item = &'a Entry>) -> Vec<Wait> {
    let mut waits: Vec<Wait> = Vec::new();
    for entry in entries.rev() {
        let (timer, what, about) = match &entry.event {
            Event::TimerStarted { timer, what, about, .. }
            | Event::TimerHalfWay { timer, what, about, .. }
            | Event::TimerEnded { timer, what, about, .. } => (*timer, what, about),
            _ => continue,
        };
        let day = number(entry.at);
        let known = waits.iter().position(|wait| wait.timer == timer).unwrap_or_else(|| {
            waits.push(Wait { timer, what: told(what, about.as_deref()), asked: None, ended: None });
            waits.len() - 1
        });
        match &entry.event {
            Event::TimerStarted { .. } => waits[known].asked = Some(day),
            Event::TimerEnded { by, .. } => waits[known].ended = Some((day, *by)),
            _ => {}
        }
    }
    waits
}

/// What was asked for, as the beginning of a line.
fn told(what: &Sensitive, about: Option<&str>) -> String {
    let text = asked_for(what, about);
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn row(wait: &Wait) -> WaitRow {
    let ended = match wait.ended {
        None => "still waits".to_owned(),
        Some((day, TimerEnd::Effective)) => format!("took effect on {}", name(day)),
        Some((day, _)) => format!("stopped on {}", name(day)),
    };
    WaitRow { what: wait.what.clone(), asked: wait.asked.map(name), ended }
}

#[cfg(test)]
mod tests {
    use domain::activity::Origin;
    use domain::clock::{Span, Time};
    use domain::ids::AccountId;

    use super::*;

    const DAY: Span = Span::from_hours(24);

    fn entry(at: Time, event: Event) -> Entry {
        let account = AccountId::from_bytes([1; 16]);
        Entry { account, sequence: 1, at, event, who: "visitor".to_owned(), session: None, origin: Origin::default() }
    }

    fn started(timer: u8) -> Event {
        Event::TimerStarted {
            timer: TimerId::from_bytes([timer; 16]),
            what: Sensitive::Unlock,
            wait_hours: 168,
            about: None,
        }
    }

    fn ended(timer: u8, by: TimerEnd) -> Event {
        Event::TimerEnded { timer: TimerId::from_bytes([timer; 16]), what: Sensitive::Unlock, by, about: None }
    }

    #[test]
    fn waits_lie_in_lanes_and_one_that_still_waits_reaches_today() {
        let now: Time = "2026-11-22T18:04:12Z".parse().unwrap();
        // Newest first, as a log is read.
        let entries = [
            entry(now - DAY, started(3)),
            entry(now - 2 * DAY, ended(1, TimerEnd::Cancelled)),
            entry(now - 5 * DAY, started(2)),
            entry(now - 5 * DAY, ended(9, TimerEnd::Effective)),
            entry(now - 9 * DAY, started(1)),
        ];
        let (bars, rows) = draw(&entries, number(now));
        let drawn: Vec<_> = bars.iter().map(|bar| (bar.x, bar.y, bar.width, bar.class)).collect();
        // The one whose beginning is older than the picture comes from its left edge; the third fits behind the first.
        assert_eq!(
            drawn,
            [(801, 182, 78, "stopped"), (1, 193, 848, "done"), (841, 204, 58, "waits"), (881, 182, 18, "waits")]
        );
        let said: Vec<_> = rows.iter().map(|row| (row.asked.is_some(), row.ended.as_str())).collect();
        assert_eq!(
            said,
            [
                (true, "still waits"),
                (true, "still waits"),
                (false, "took effect on 17\u{a0}Nov\u{a0}2026"),
                (true, "stopped on 20\u{a0}Nov\u{a0}2026"),
            ]
        );
        assert_eq!(bars[0].label, "Unlocking your settings, stopped on 20\u{a0}Nov\u{a0}2026");
    }

    #[test]
    fn more_waits_at_once_than_lanes_stand_in_the_table() {
        let now: Time = "2026-11-22T18:04:12Z".parse().unwrap();
        let entries: Vec<Entry> = (0..9).map(|timer| entry(now - DAY, started(timer))).collect();
        let (bars, rows) = draw(&entries, number(now));
        assert_eq!((bars.len(), rows.len()), (LANES, 9));
    }
}
