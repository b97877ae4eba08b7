//! `countersign retain`: drops what is over by the policy in `[retain]`, or says what would go.

use std::time::Duration;

use anyhow::Result;
use domain::retain::{self, Over, Table};
use domain::settings::RetainRules;
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;
use crate::machine;

/// After each change that dropped something the others have their turn: about as long as such a change takes.
const PAUSE: Duration = Duration::from_millis(5);

/// Drops all of it, or counts it, with a bar that shows how far it is.
pub(crate) fn run(config: &Config, dry_run: bool) -> Result<()> {
    let app = machine::app(config)?;
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos} of {len} accounts  {eta} left")?);
    let over = retain::drop_all(&app, dry_run, &mut |progress| {
        bar.set_length(progress.accounts);
        bar.set_position(progress.looked_at);
        if progress.wrote {
            std::thread::sleep(PAUSE);
        }
    });
    bar.finish_and_clear();
    print!("{}", report(&over?, &config.settings.retain, dry_run));
    Ok(())
}

/// A line for each table.
fn report(over: &Over, rules: &RetainRules, dry_run: bool) -> String {
    let line = |table: &Table| {
        let after =
            table.days(rules).map_or("kept for ever".to_owned(), |days| format!("{days} days after it was over"));
        format!("{:>12}  {:<36}{after}\n", over.of(*table), table.title())
    };
    let lines: String = Table::ALL.iter().map(line).collect();
    format!("{}\n{lines}", if dry_run { "Would be dropped:" } else { "Dropped:" })
}

#[cfg(test)]
mod tests {
    use domain::Settings;

    use super::*;

    #[test]
    fn the_report_has_a_line_for_each_table_and_says_what_is_kept() {
        let mut over = Over::default();
        over.add(Table::Sessions, 1200);
        let text = report(&over, &Settings::default().retain, true);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + Table::ALL.len());
        assert_eq!(lines[0], "Would be dropped:");
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>().join(" "),
            "1200 sessions that ended 400 days after it was over"
        );
        assert!(lines[8].ends_with("kept for ever"), "{}", lines[8]);
    }
}
