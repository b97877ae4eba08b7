//! How guessing is slowed down, whatever the order of guesses, right answers and waits.

use proptest::prelude::*;

use super::limits::{FREE_DAILY, amid_strangers, take_back_of_day};
use super::{Decision, Guesses, attempt, hourly, take_back};
use crate::clock::{Span, Time};
use crate::settings::{GuessRules, Settings};

/// One thing that happens at a bucket.
#[derive(Debug, Clone)]
enum Step {
    /// Time goes on.
    Wait(Span),
    /// Time goes on until the next attempt is looked at, and not a microsecond longer.
    WaitOut,
    /// Somebody tries a wrong secret.
    Wrong,
    /// Somebody tries the right one; that it is right turns out later.
    Right,
    /// One of the right attempts under way turns out right.
    TurnsOutRight(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..=2_000_000_i64).prop_map(|micros| Step::Wait(Span::from_micros(micros))),
        2 => (0..=1200_i64).prop_map(|seconds| Step::Wait(Span::from_secs(seconds))),
        1 => (0..=30_i64).prop_map(|hours| Step::Wait(Span::from_hours(hours))),
        4 => Just(Step::WaitOut),
        8 => Just(Step::Wrong),
        3 => Just(Step::Right),
        3 => any::<prop::sample::Index>().prop_map(Step::TurnsOutRight),
    ]
}

fn rules() -> impl Strategy<Value = GuessRules> {
    (1..=6_i64, 1..=30_i64, 1..=900_i64, 1..=24_i64).prop_map(|(failures_free, delay_seconds, max, forget_hours)| {
        GuessRules {
            failures_free,
            delay_seconds,
            delay_seconds_max: max.max(delay_seconds),
            forget_hours,
            ..Settings::default().guess
        }
    })
}

/// A bucket, and the same bucket in a world where no right attempt was ever made.
struct Bucket<'r> {
    rules: &'r GuessRules,
    now: Time,
    guesses: Guesses,
    without_right: Guesses,
    /// When each wrong guess that was looked at was counted.
    wrong: Vec<Time>,
    /// Right attempts under way: when they were counted, and when the attempt before them was.
    under_way: Vec<(Time, Time)>,
}

impl<'r> Bucket<'r> {
    fn new(rules: &'r GuessRules) -> Self {
        let now = "2026-11-22T12:00:00Z".parse().expect("a moment");
        let (guesses, without_right) = (Guesses::NONE, Guesses::NONE);
        Self { rules, now, guesses, without_right, wrong: Vec::new(), under_way: Vec::new() }
    }

    /// Counts an attempt, if it is looked at, and answers when it was counted and when the one before was.
    fn counted(&mut self) -> Option<(Time, Time)> {
        let before = self.guesses;
        match attempt(before, self.now, self.rules) {
            Decision::Wait { until } => {
                assert!(until > self.now && until == before.blocked_until, "it says when to come back");
                None
            }
            Decision::Look(counted) => {
                assert!(before.blocked_until <= self.now, "looked at while blocked");
                assert!(counted.last_at > before.last_at, "two attempts were counted at one time");
                self.guesses = counted;
                Some((counted.last_at, before.last_at))
            }
        }
    }

    fn does(&mut self, step: &Step) {
        match step {
            Step::Wait(span) => self.now += *span,
            Step::WaitOut => self.now = self.now.max(self.guesses.blocked_until),
            Step::Wrong => {
                let Some((at, _)) = self.counted() else { return };
                self.wrong.push(at);
                let Decision::Look(counted) = attempt(self.without_right, self.now, self.rules) else {
                    panic!("the right attempts of somebody else let a wrong one through")
                };
                self.without_right = counted;
            }
            Step::Right => {
                let counted = self.counted();
                self.under_way.extend(counted);
            }
            Step::TurnsOutRight(which) => {
                // Comparing takes a second or two, and the process that compares may die; it does not take hours.
                let oldest = self.now - Span::from_mins(1);
                self.under_way.retain(|(mine, _)| *mine >= oldest);
                if self.under_way.is_empty() {
                    return;
                }
                let (mine, before) = self.under_way.remove(which.index(self.under_way.len()));
                self.guesses = take_back(self.guesses, mine, before, self.rules);
            }
        }
    }
}

/// When somebody who guesses as fast as the rules let them, from a fresh start, is looked at: seconds from the first.
fn fastest(rules: &GuessRules, within: Span) -> Vec<i64> {
    let (mut at, mut times) = (0, Vec::new());
    for failures in 1.. {
        if at > within.as_secs() {
            break;
        }
        times.push(at);
        let doublings = u32::try_from((failures - rules.failures_free).clamp(0, 20)).expect("few");
        let wait = (rules.delay_seconds << doublings).min(rules.delay_seconds_max);
        at += if failures < rules.failures_free { 0 } else { wait };
    }
    times
}

/// A day's count everywhere, and one for each of six places.
struct Crowd {
    now: Time,
    everywhere: Guesses,
    here: [Guesses; 6],
    /// From where and when each was looked at that was not taken back.
    looked: Vec<(usize, Time)>,
}

impl Crowd {
    fn new() -> Self {
        let now = "2026-11-22T12:00:00Z".parse().expect("a moment");
        Self { now, everywhere: Guesses::NONE, here: [Guesses::NONE; 6], looked: Vec::new() }
    }

    /// One that turns out right is taken back.
    fn tries(&mut self, place: usize, most: i64, right: bool) -> Result<(), Time> {
        let [here, everywhere] = amid_strangers(self.here[place], self.everywhere, self.now, most)?;
        if right {
            self.here[place] = take_back_of_day(here, here.last_at);
            self.everywhere = take_back_of_day(everywhere, everywhere.last_at);
        } else {
            (self.here[place], self.everywhere) = (here, everywhere);
            self.looked.push((place, self.now));
        }
        Ok(())
    }

    /// How many wrong ones from there, or from everywhere, were looked at within a day up to now.
    fn within_a_day(&self, place: Option<usize>) -> usize {
        let recent = |at: &Time| self.now.duration_since(*at) < Span::from_hours(24);
        self.looked.iter().filter(|(from, at)| place.is_none_or(|place| place == *from) && recent(at)).count()
    }
}

#[test]
fn of_tries_at_once_at_nodes_whose_clocks_differ_none_holds_up_another() {
    let rules = Settings::default().guess;
    let now: Time = "2026-11-22T12:00:00Z".parse().unwrap();
    let mut guesses = Guesses::NONE;
    for behind in (0..rules.failures_free - 1).rev() {
        let Decision::Look(counted) = attempt(guesses, now - Span::from_secs(2 - behind % 3), &rules) else {
            panic!("held up by {guesses:?}")
        };
        guesses = counted;
    }
    assert_eq!(guesses.failures, rules.failures_free - 1);
}

#[test]
fn who_mistyped_four_times_and_is_right_then_is_let_in_at_once_at_a_node_whose_clock_is_behind() {
    let rules = Settings::default().guess;
    let now: Time = "2026-11-22T12:00:00Z".parse().unwrap();
    let counted = |guesses: Guesses, now: Time| match attempt(guesses, now, &rules) {
        Decision::Look(counted) => counted,
        Decision::Wait { until } => panic!("at {now} held up until {until} by {guesses:?}"),
    };
    let mistyped = (1..rules.failures_free).fold(Guesses::NONE, |guesses, _| counted(guesses, now));
    let right = counted(mistyped, now);
    assert!(right.blocked_until > now, "as long as nobody knows that it is right, it is the fifth");
    let kept = take_back(right, right.last_at, mistyped.last_at, &rules);
    assert_eq!(kept.failures, rules.failures_free - 1);
    // The next one, right or wrong, at another node at the same moment.
    let next = counted(kept, now - Span::from_secs(2));
    // And the fifth that is wrong waits there as everywhere.
    assert_eq!(next.blocked_until, now - Span::from_secs(2) + Span::from_secs(rules.delay_seconds));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_things_looks_at_more_guesses_than_the_fastest_plain_guesser_gets(
        rules in rules(),
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut bucket = Bucket::new(&rules);
        for step in &steps {
            bucket.does(step);
        }
        let fastest = fastest(&rules, Span::from_hours(rules.forget_hours));
        for (first, from) in bucket.wrong.iter().enumerate() {
            for (count, until) in (1_usize..).zip(&bucket.wrong[first..]) {
                let window = until.duration_since(*from);
                // Whoever stays away long enough is forgotten: that is the policy, and beyond this window.
                if window >= Span::from_hours(rules.forget_hours) {
                    break;
                }
                // Attempts at one moment are counted microseconds apart.
                let seconds = (window + Span::from_millis(1)).as_secs();
                let most = fastest.iter().filter(|at| **at <= seconds).count();
                prop_assert!(count <= most, "{count} guesses within {seconds} s, {most} are the policy");
            }
        }
    }

    #[test]
    fn a_right_answer_takes_back_itself_and_nothing_else(
        rules in rules(),
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut bucket = Bucket::new(&rules);
        for step in &steps {
            bucket.does(step);
            let (kept, without) = (bucket.guesses, bucket.without_right);
            if bucket.now.duration_since(without.last_at) >= Span::from_hours(rules.forget_hours) {
                // Its failures are forgotten at the next attempt, whatever became of the right ones.
                continue;
            }
            prop_assert!(kept.failures >= without.failures, "{kept:?} forgot failures of {without:?}");
            prop_assert!(kept.last_at >= without.last_at, "{kept:?} is forgotten before {without:?}");
            let over = without.blocked_until <= bucket.now;
            prop_assert!(over || kept.blocked_until >= without.blocked_until, "{kept:?} blocks less than {without:?}");
        }
    }

    #[test]
    fn whoever_knows_the_secret_and_is_alone_never_waits(
        rules in rules(),
        waits in prop::collection::vec(0..=2_000_000_i64, 1..60),
    ) {
        let mut bucket = Bucket::new(&rules);
        for micros in waits {
            bucket.now += Span::from_micros(micros);
            let counted = bucket.counted();
            prop_assert!(counted.is_some(), "held up at {:?}", bucket.guesses);
            let (mine, before) = counted.expect("asserted above");
            bucket.guesses = take_back(bucket.guesses, mine, before, &rules);
            prop_assert_eq!(bucket.guesses.failures, 0);
        }
    }

    #[test]
    fn a_clock_that_goes_back_opens_nothing(
        rules in rules(),
        moves in prop::collection::vec(-3600..=3600_i64, 1..120),
    ) {
        // Two nodes, whose clocks differ, count in the same row.
        let mut bucket = Bucket::new(&rules);
        for seconds in moves {
            bucket.now += Span::from_secs(seconds);
            let before = bucket.guesses;
            bucket.counted();
            prop_assert!(bucket.guesses.blocked_until >= before.blocked_until);
            prop_assert!(bucket.guesses.last_at >= before.last_at);
        }
    }

    #[test]
    fn whatever_strangers_do_elsewhere_each_place_is_looked_at_and_all_together_are_bounded(
        most in 1..=12_i64,
        steps in prop::collection::vec((0..6_usize, 0..=300_i64, any::<bool>()), 1..200),
    ) {
        let mut crowd = Crowd::new();
        for (place, minutes, right) in steps {
            crowd.now += Span::from_mins(minutes / 10);
            let before = crowd.within_a_day(Some(place));
            if let Err(until) = crowd.tries(place, most, right) {
                prop_assert!(before >= usize::try_from(FREE_DAILY).expect("few"), "kept out by others");
                prop_assert!(until > crowd.now && until <= crowd.now + Span::from_hours(24));
            }
            // Two days meet in a window of 24 hours, so twice as many as a day holds are possible in it.
            let bound = 2 * (most + 2 * 6 * FREE_DAILY);
            prop_assert!(crowd.within_a_day(None) <= usize::try_from(bound).expect("few"));
        }
    }

    #[test]
    fn amid_any_crowd_the_first_ones_of_a_new_place_are_looked_at(
        most in 1..=12_i64,
        steps in prop::collection::vec((1..6_usize, 0..=600_i64), 0..200),
    ) {
        let mut crowd = Crowd::new();
        for (place, seconds) in steps {
            crowd.now += Span::from_secs(seconds);
            let _ = crowd.tries(place, most, false);
        }
        for _ in 0..FREE_DAILY {
            prop_assert_eq!(crowd.tries(0, most, false), Ok(()));
        }
    }

    #[test]
    fn an_hour_that_begins_with_the_first_holds_no_more_than_is_allowed(
        most in 1..=20_i64,
        waits in prop::collection::vec(0..=2400_i64, 1..200),
    ) {
        let mut now: Time = "2026-11-22T12:00:00Z".parse().expect("a moment");
        let (mut guesses, mut looked) = (Guesses::NONE, Vec::new());
        for seconds in waits {
            now += Span::from_secs(seconds / 40);
            match hourly(guesses, now, most) {
                Decision::Look(counted) => {
                    guesses = counted;
                    looked.push((counted.last_at, now));
                }
                Decision::Wait { until } => prop_assert!(until > now && until <= now + Span::from_hours(1)),
            }
        }
        for (began, _) in &looked {
            let same: Vec<_> = looked.iter().filter(|(other, _)| other == began).collect();
            prop_assert!(same.len() <= usize::try_from(most).expect("small"));
            prop_assert!(same.iter().all(|(_, at)| at.duration_since(*began) < Span::from_hours(1)));
        }
    }
}
