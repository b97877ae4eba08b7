//! The developer's verbs: `cargo xtask VERB`. Each is one module; what they share is `machine` (what is installed
//! here), `child` (programs that are stopped with us), `scratch` (a directory that goes away) and `postgres`.

mod bench;
mod browser;
mod child;
mod data;
mod deb;
mod dist;
mod explore;
mod installed;
mod machine;
mod postgres;
mod scratch;
mod screenshots;
mod soak;
mod test;
mod workspace;

use std::process::ExitCode;

const HELP: &str = "\
The developer's verbs.

  cargo xtask test [--nothing-skipped]
      Runs every test, on SQLite and on PostgreSQL, and ends with the test runner's own closing line.
      On Debian, as root, it first installs what is missing; elsewhere it says what to install, runs what it
      can and names what it skipped. With --nothing-skipped it refuses to start unless everything can run.

  cargo xtask screenshots
      Starts a demo and takes a picture of every page, at the width of a desktop and of a phone, light and
      dark, into target/screenshots.

  cargo xtask bench [--small]
      Measures this build beside the limits of this machine and rewrites docs/performance.md. Takes a quarter
      of an hour and wants the machine for itself. With --small it only shows that everything runs.

  cargo xtask data
      Makes the compact tables of countries and the outline of the land anew from the packages it names (npm).

  cargo xtask explore [HISTORIES [FIRST SEED]]
      Lets an owner and a thief play random histories (a million, unless told otherwise) against the protections
      table, and shows the first that breaks a promise, as short as it goes.

  cargo xtask soak [EVENTS [KILLS [SEED]]]
      Makes a million events (unless told otherwise) while the process is killed a hundred times, and counts the
      letters that were lost, invented or sent twice. Every run of the tests does it small.

  cargo xtask deb [BINARY]
      Packs the binary for Debian, with its unit, an example of its settings and the documents, and, as root, lets dpkg
      install, upgrade, remove and purge the package in a root of its own. Builds the binary as it is shipped first,
      unless one is named.

  cargo xtask dist [--twice]
      Builds the binary as it is shipped, the same bytes wherever it is built, into target/countersign-dist. With
      --twice it builds two copies of the sources in two directories, and fails where a byte differs.

  cargo xtask bless
      Runs the tests and rewrites the generated documents and transcripts that they compare with.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => test::run(test::Missing::Skips),
        ["test", "--nothing-skipped"] => test::run(test::Missing::Stops),
        ["screenshots"] => screenshots::run(),
        ["bench"] => bench::run(bench::Extent::Whole),
        ["bench", "--small"] => bench::run(bench::Extent::Small),
        ["data"] => data::run(),
        ["explore", numbers @ ..] if numbers.len() <= 2 => explore::run(numbers),
        ["soak", numbers @ ..] if numbers.len() <= 3 => soak::run(numbers),
        ["deb"] => deb::run(),
        ["deb", binary] => deb::pack(std::path::Path::new(binary)),
        ["dist"] => dist::run(false),
        ["dist", "--twice"] => dist::run(true),
        ["bless"] => test::bless(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprintln!("xtask: unknown verb `{}`.\n\n{HELP}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    done.unwrap_or_else(|fault| {
        eprintln!("xtask: {fault:#}");
        ExitCode::FAILURE
    })
}
