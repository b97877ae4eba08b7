//! The last 90 days as a picture: sign-ins above the line, what we told the customer below it, and what waited as lanes
//! below that.

use std::collections::BTreeMap;

use domain::activity::{Entry, Event, Severity};
use domain::clock::{Time, from_micros};

use crate::pages::activity::waits::{self, WaitBar, WaitRow};
use crate::pages::frame::When;

/// Days shown, today among them.
pub(crate) const DAYS: i64 = 90;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Units a day is wide; the picture is `DAYS` times as wide.
pub(super) const STEP: i64 = 10;
/// Where the line is, and how far bars reach from it.
const LINE: i64 = 110;
const UP: i64 = 100;
const DOWN: i64 = 60;

/// The picture.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// What it shows, in one sentence.
    pub title: String,
    /// The same in words.
    pub description: String,
    /// The bars, from the left.
    pub bars: Vec<Bar>,
    /// How high it is: lower where nothing waited.
    pub height: i64,
    /// What waited.
    pub waits: Vec<WaitBar>,
    /// What waited, for the table, the newest first.
    pub wait_rows: Vec<WaitRow>,
    /// The first day, for the scale below.
    pub first: String,
    /// The day in the middle.
    pub middle: String,
    /// Today.
    pub last: String,
    /// The days on which something happened, the newest first.
    pub days: Vec<DayRow>,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// How far from the left edge.
    pub x: i64,
    /// How far from the upper edge.
    pub y: i64,
    /// How high.
    pub height: i64,
    /// `in` for sign-ins; `plain`, `warn` or `alarm` for notices.
    pub class: &'static str,
    /// What it stands for.
    pub label: String,
}

/// One day in the table.
#[derive(Clone, Debug)]
pub struct DayRow {
    /// Like `22 Nov 2026`.
    pub day: String,
    /// How often somebody signed in.
    pub signed_in: u32,
    /// How much we told the customer.
    pub notices: u32,
    /// The most serious of it.
    pub worst: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Day {
    signed_in: u32,
    notices: u32,
    worst: Option<(Severity, &'static str)>,
}

/// The moment from which on entries are drawn.
pub(crate) fn since(now: Time) -> Time {
    from_micros((number(now) - DAYS + 1) * DAY_MICROS)
}

/// The picture of these entries, seen from `now`. Days are those of UTC.
pub(crate) fn draw(entries: &[Entry], now: Time) -> Timeline {
    let today = number(now);
    let mut days: BTreeMap<i64, Day> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| (today - DAYS + 1..=today).contains(&number(entry.at))) {
        let spec = entry.event.spec();
        let day = days.entry(number(entry.at)).or_default();
        day.signed_in += u32::from(matches!(entry.event, Event::SignedIn { .. }));
        if spec.tell.inbox {
            day.notices += 1;
            if day.worst.is_none_or(|(worst, _)| rank(spec.severity) > rank(worst)) {
                day.worst = Some((spec.severity, spec.title));
            }
        }
    }
    days.retain(|_, day| day.signed_in + day.notices > 0);
    let most = days.values().map(|day| day.signed_in.max(day.notices)).max().unwrap_or(1).max(4);
    let (waits, wait_rows) = waits::draw(entries, today);
    Timeline {
        title: format!("The last {DAYS} days: sign-ins above the line, notices below it, and what waited"),
        description: description(&days, wait_rows.len()),
        height: waits.iter().map(|bar| bar.y + bar.height + 3).max().unwrap_or(LINE + DOWN + 5),
        waits,
        wait_rows,
        bars: days.iter().flat_map(|(at, day)| bars(*at - today + DAYS - 1, day, most, &name(*at))).collect(),
        first: name(today - DAYS + 1),
        middle: name(today - DAYS / 2),
        last: "Today".to_owned(),
        days: days.iter().rev().map(|(at, day)| row(name(*at), day)).collect(),
    }
}

fn bars(column: i64, day: &Day, most: u32, name: &str) -> Vec<Bar> {
    let x = column * STEP + 1;
    // At least a stub: one is not nothing.
    let height = |number: u32, room: i64| (i64::from(number) * room / i64::from(most)).max(8);
    let mut bars = Vec::new();
    if day.signed_in > 0 {
        let height = height(day.signed_in, UP);
        let label = format!("{name}: signed in {}", times(day.signed_in));
        bars.push(Bar { x, y: LINE - height, height, class: "in", label });
    }
    if let Some((severity, title)) = day.worst {
        let class = match severity {
            Severity::Quiet => "plain",
            Severity::Notable => "warn",
            Severity::Alarm => "alarm",
        };
        let label = format!("{name}: {}; {title}", counted(day.notices, "notice"));
        bars.push(Bar { x, y: LINE + 2, height: height(day.notices, DOWN), class, label });
    }
    bars
}

fn row(day: String, of: &Day) -> DayRow {
    DayRow { day, signed_in: of.signed_in, notices: of.notices, worst: of.worst.map(|(_, title)| title) }
}

fn description(days: &BTreeMap<i64, Day>, waits: usize) -> String {
    let signed_in: u32 = days.values().map(|day| day.signed_in).sum();
    let notices: u32 = days.values().map(|day| day.notices).sum();
    let on = days.values().filter(|day| day.signed_in > 0).count();
    format!(
        "{} on {}, {}, {}. The tables below say the same day by day.",
        counted(signed_in, "sign-in"),
        counted(u32::try_from(on).unwrap_or(u32::MAX), "day"),
        counted(notices, "notice"),
        match waits {
            0 => "nothing waited".to_owned(),
            1 => "1 change waited".to_owned(),
            more => format!("{more} changes waited"),
        }
    )
}

fn counted(number: u32, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn times(number: u32) -> String {
    if number == 1 { "once".to_owned() } else { format!("{number} times") }
}

fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Quiet => 0,
        Severity::Notable => 1,
        Severity::Alarm => 2,
    }
}

/// A day as customers read it.
pub(super) fn name(number: i64) -> String {
    from_micros(number * DAY_MICROS).strftime("%-d\u{a0}%b\u{a0}%Y").to_string()
}

/// The number of the day in UTC.
pub(super) fn number(at: Time) -> i64 {
    at.as_microsecond().div_euclid(DAY_MICROS)
}

/// Pictures of entries that are not all there say so.
pub(crate) fn drawn_from(entries: &[Entry], whole: bool) -> Option<String> {
    let oldest = entries.last().filter(|_| !whole)?;
    Some(format!("Drawn from the newest {} entries, since {}.", entries.len(), When::at(oldest.at).text))
}

#[cfg(test)]
mod tests {
    use super::{DAYS, draw, since};
    use domain::activity::{Entry, Event, Origin};
    use domain::clock::{Span, Time};
    use domain::ids::{AccountId, SessionId};

    fn entry(at: Time, event: Event) -> Entry {
        let account = AccountId::from_bytes([1; 16]);
        Entry { account, sequence: 1, at, event, who: "visitor".to_owned(), session: None, origin: Origin::default() }
    }

    #[test]
    fn ninety_days_fit_and_the_day_before_them_does_not() {
        let now: Time = "2026-11-22T18:04:12Z".parse().unwrap();
        let signed_in = || Event::SignedIn {
            session: SessionId::from_bytes([2; 16]),
            new_device: false,
            waited: None,
            unusual: None,
        };
        let (first, before) = (since(now), since(now) - Span::from_micros(1));
        let entries = [
            entry(now, signed_in()),
            entry(now, Event::OthersEnded { sessions: 2 }),
            entry(first, signed_in()),
            entry(before, signed_in()),
        ];
        let picture = draw(&entries, now);
        assert_eq!(
            picture.bars.iter().map(|bar| (bar.x, bar.class)).collect::<Vec<_>>(),
            [(1, "in"), (DAYS * 10 - 9, "in"), (DAYS * 10 - 9, "warn")]
        );
        assert_eq!(
            picture.description,
            "2 sign-ins on 2 days, 1 notice, nothing waited. The tables below say the same day by day."
        );
        assert_eq!(picture.first, "25\u{a0}Aug\u{a0}2026");
        assert_eq!(picture.days[0].worst, Some("All other sessions were ended"));
    }
}
