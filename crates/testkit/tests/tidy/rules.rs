//! The rules: from a text to what is wrong in it.

use std::path::{Component, Path};

use super::repository::File;

/// Features without a story of their own, and why.
pub(crate) const NO_STORY: &[(&str, &str)] =
    &[("support", "opening a case is a part of every freeze, and the stories of freezes read the letter support gets")];

/// What each layer must not know: see ARCHITECTURE.md.
pub(crate) const STRANGERS: [(&str, &[&str]); 5] = [
    ("lookalike", &["domain", "store", "outside", "web", "countersign", "tokio", "axum", "reqwest", "rusqlite"]),
    (
        "domain",
        &[
            "store",
            "outside",
            "web",
            "countersign",
            "axum",
            "hyper",
            "rusqlite",
            "postgres",
            "lettre",
            "reqwest",
            "askama",
        ],
    ),
    ("store", &["outside", "web", "countersign", "axum", "hyper", "lettre", "reqwest", "askama"]),
    ("outside", &["store", "web", "countersign", "axum", "rusqlite", "postgres"]),
    ("web", &["store", "outside", "countersign", "rusqlite", "postgres", "lettre", "reqwest"]),
];

const LINES_MAX: usize = 500;

pub(crate) fn too_long(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > LINES_MAX).then(|| format!("{} has {lines} lines; at most {LINES_MAX}", file.path))
}

/// The words in backticks, outside blocks of code.
fn backticked(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|prose| prose.lines().flat_map(|line| line.split('`').skip(1).step_by(2))).collect()
}

/// The backticked words that are paths: of a file with an ending we use, or with a slash between its parts. What starts
/// with a slash is an address of the site.
pub(crate) fn paths(text: &str) -> Vec<String> {
    let endings = [".rs", ".md", ".toml", ".sql", ".html", ".txt", ".css", ".js", ".svg", ".mjs"];
    let is_path = |word: &&str| {
        let odd = word.starts_with('/') || word.contains("://") || word.contains([' ', '{', '*', '<', '=']);
        !odd && (word.contains('/') || endings.iter().any(|ending| word.ends_with(ending)))
    };
    backticked(text).into_iter().filter(is_path).map(str::to_owned).collect()
}

/// The targets of relative links, from the root.
pub(crate) fn links(file: &File) -> Vec<String> {
    let targets = file.text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let relative =
        targets.filter(|target| !target.contains("://") && !target.starts_with(['#', '<']) && !target.contains(' '));
    let here = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    relative.map(|target| plain(&here.join(target.split('#').next().unwrap_or_default()))).collect()
}

/// A path without `.` and `..` in it.
fn plain(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    parts.join("/")
}

/// The functions of a text, and the titles of its browser tests.
pub(crate) fn tests(text: &str) -> Vec<String> {
    let functions = text.split("fn ").skip(1).chain(text.split("def ").skip(1));
    let name = |rest: &str| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().map(str::to_owned);
    let titles = text.split("test(").skip(1).filter_map(|rest| rest.split(['"', '\'', '`']).nth(1)).map(str::to_owned);
    functions.filter_map(name).chain(titles).filter(|name| !name.is_empty()).collect()
}

/// The names of tests that a document gives: backticked sentences with underscores, and browser tests' titles behind
/// `browser:`.
pub(crate) fn names_of_tests(text: &str) -> Vec<String> {
    let sentence = |word: &&str| {
        let letters = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        letters && word.matches('_').count() >= 3
    };
    backticked(text)
        .into_iter()
        .filter_map(|word| word.strip_prefix("browser: ").or_else(|| Some(word).filter(sentence)))
        .map(str::to_owned)
        .collect()
}

/// The blocks of Rust in a document, each on one line.
pub(crate) fn examples(text: &str) -> Vec<String> {
    text.split("```rust\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```"))
        .map(|(code, _)| one_line(code))
        .collect()
}

/// A text with its white space taken as one space each, so that indentation makes no difference.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn unfinished_decision(file: &File) -> Vec<String> {
    let wanted = ["# ", "## Question", "## Choice", "## What it costs", "## What would change our mind"];
    let there = |heading: &str| file.text.lines().any(|line| line.starts_with(heading));
    wanted.iter().filter(|heading| !there(heading)).map(|heading| format!("{}: no “{heading}”", file.path)).collect()
}

pub(crate) fn left_to_do(file: &File) -> Vec<String> {
    // Written in two parts, so that this file does not break its own rule.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME")];
    numbered(file)
        .filter(|(_, line)| {
            words.iter().any(|word| {
                line.split(word).skip(1).any(|rest| {
                    let number = rest.strip_prefix("(#").and_then(|rest| rest.split_once(')'));
                    number.is_none_or(|(number, _)| number.parse::<u32>().is_err())
                })
            })
        })
        .map(|(place, line)| format!("{place}: {}", line.trim()))
        .collect()
}

pub(crate) fn asks_which_database(file: &File) -> Vec<String> {
    numbered(file)
        .filter(|(_, line)| {
            // What is only said about a database in a comment asks nothing.
            let code = line.split("//").next().unwrap_or_default().to_lowercase();
            ["sqlite", "postgres", "dialect"].iter().any(|word| code.contains(word))
        })
        .map(|(place, line)| format!("{place}: {}", line.trim()))
        .collect()
}

pub(crate) fn time_or_chance_in_sql(file: &File) -> Vec<String> {
    let words =
        ["now()", "random()", "current_timestamp", "current_time", "datetime(", "strftime(", "gen_random", "uuid_"];
    numbered(file)
        .filter(|(_, line)| {
            let code = line.split("--").next().unwrap_or_default().to_lowercase();
            words.iter().any(|word| code.contains(word))
        })
        .map(|(place, line)| format!("{place}: {}", line.trim()))
        .collect()
}

pub(crate) fn known_strangers(manifest: &File, strangers: &[&str]) -> Vec<String> {
    let section = manifest.text.split("\n[").find(|section| section.starts_with("dependencies]")).unwrap_or_default();
    let known = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    known.filter(|name| strangers.contains(name)).map(|name| format!("{} depends on {name}", manifest.path)).collect()
}

/// A feature has a story where a story names something of it.
pub(crate) fn without_story(features: &[String], stories: &str, excused: &[(&str, &str)]) -> Vec<String> {
    let told = |feature: &str| {
        let path = format!("{feature}::");
        stories.match_indices(&path).any(|(at, _)| !stories[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
            || stories.contains(&format!("domain::{feature};"))
            || stories.lines().any(|line| line.starts_with("use domain::{") && word_of(line, feature))
    };
    let excuse = |feature: &str| excused.iter().any(|(name, _)| *name == feature);
    let silent = features.iter().filter(|feature| !told(feature) && !excuse(feature));
    let idle = excused.iter().filter(|(name, _)| told(name) || !features.iter().any(|feature| feature == name));
    let silent = silent.map(|feature| format!("nobody in a story meets `{feature}`"));
    silent.chain(idle.map(|(name, _)| format!("`{name}` is excused without need"))).collect()
}

fn word_of(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|each| each == word)
}

pub(crate) fn place_on_a_machine(file: &File) -> Vec<String> {
    let places =
        [["/ho", "me/"], ["/ro", "ot/"], ["/Us", "ers/"], ["/wo", "rk/"], ["C:", "\\"]].map(|parts| parts.concat());
    // A path begins here: at a word's start, a quote, a bracket, and not in the middle of an address.
    let begins = |before: &str| !before.ends_with(|c: char| c.is_alphanumeric() || "/._-})]".contains(c));
    numbered(file)
        .filter(|(_, line)| {
            places.iter().any(|place| {
                line.match_indices(place.as_str())
                    .any(|(at, _)| begins(&line[..at]) && line[at + place.len()..].starts_with(char::is_alphanumeric))
            })
        })
        .map(|(place, line)| format!("{place}: {}", line.trim()))
        .collect()
}

/// The lines of a file, each with its place.
fn numbered(file: &File) -> impl Iterator<Item = (String, &str)> {
    file.text.lines().enumerate().map(|(index, line)| (format!("{}:{}", file.path, index + 1), line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_file_may_have_five_hundred_lines_and_not_one_more() {
        assert_eq!(too_long(&file("a.rs", &"\n".repeat(500))), None);
        assert!(too_long(&file("a.rs", &"\n".repeat(501))).is_some());
    }

    #[test]
    fn a_path_is_told_from_an_address_and_a_word() {
        let text =
            "`crates/web/src` and `STYLE.md`, but `/stop`, `GET /l/{secret}`, `App`, `a/*`\n```\n`x/y`\n```\n`b/c`";
        assert_eq!(paths(text), ["crates/web/src", "STYLE.md", "b/c"]);
    }

    #[test]
    fn a_link_is_followed_from_the_document_it_stands_in() {
        let text = "[a](../STYLE.md) [b](events.md#top) [c](https://example.com) [d](#here)";
        assert_eq!(links(&file("docs/operating.md", text)), ["STYLE.md", "docs/events.md"]);
    }

    #[test]
    fn the_tests_that_a_document_names_are_found() {
        let named = names_of_tests("`a_test_is_a_sentence`, `frozen_at`, `browser: opens an account`, `Keep`");
        assert_eq!(named, ["a_test_is_a_sentence", "opens an account"]);
        let there = tests("fn a_test_is_a_sentence(world: World) {}\ntest('opens an account', async () => {})");
        assert_eq!(there, ["a_test_is_a_sentence", "opens an account"]);
    }

    #[test]
    fn an_example_is_told_from_other_blocks() {
        let text = "```text\nfn a() {}\n```\n```rust\nfn b() {\n    c()\n}\n```\n";
        assert_eq!(examples(text), ["fn b() { c() }"]);
    }

    #[test]
    fn a_decision_without_its_price_is_unfinished() {
        let page = "# 1\n## Question\n## Choice\n## What would change our mind\n";
        assert_eq!(unfinished_decision(&file("0001.md", page)), ["0001.md: no “## What it costs”"]);
    }

    #[test]
    fn what_is_left_to_do_has_a_number() {
        let word = concat!("TO", "DO");
        assert_eq!(left_to_do(&file("a.rs", &format!("// {word}(#7): later"))), Vec::<String>::new());
        for line in [format!("// {word}: later"), format!("// {word}(#x)"), format!("// {word}(#7) {word}")] {
            assert_eq!(left_to_do(&file("a.rs", &line)).len(), 1, "{line}");
        }
    }

    #[test]
    fn a_question_to_the_database_is_noticed_and_a_comment_is_none() {
        assert_eq!(asks_which_database(&file("a.rs", "// PostgreSQL can only hold a row")), Vec::<String>::new());
        for line in ["if dialect == Dialect::Sqlite {", "engine.name() == \"postgres\"", "Self::Postgres => 1,"] {
            assert_eq!(asks_which_database(&file("a.rs", line)).len(), 1, "{line}");
        }
    }

    #[test]
    fn a_default_that_asks_the_clock_is_noticed() {
        assert_eq!(time_or_chance_in_sql(&file("1.sql", "-- never now()\nat BIGINT NOT NULL")), Vec::<String>::new());
        assert_eq!(time_or_chance_in_sql(&file("1.sql", "at BIGINT DEFAULT CURRENT_TIMESTAMP")).len(), 1);
    }

    #[test]
    fn a_layer_that_knows_too_much_is_noticed() {
        let manifest = "[package]\nname = \"web\"\n\n[dependencies]\ndomain.workspace = true\nstore = { path = \"x\" }\n\n[dev-dependencies]\npostgres = \"1\"\n";
        let found = known_strangers(&file("Cargo.toml", manifest), &["store", "postgres"]);
        assert_eq!(found, ["Cargo.toml depends on store"]);
    }

    #[test]
    fn a_feature_nobody_meets_is_noticed_and_an_idle_excuse_too() {
        let features = ["links".to_owned(), "support".to_owned(), "sessions".to_owned()];
        let stories = "use domain::{links, sessions};\nsessions::check(my_support::thing)";
        assert_eq!(without_story(&features, stories, &[]), ["nobody in a story meets `support`"]);
        assert_eq!(without_story(&features, stories, &[("support", "why")]), Vec::<String>::new());
        let idle = without_story(&features, stories, &[("support", "why"), ("links", "why"), ("gone", "why")]);
        assert_eq!(idle, ["`links` is excused without need", "`gone` is excused without need"]);
    }

    #[test]
    fn a_place_on_a_machine_is_noticed_and_an_address_is_none() {
        let home = ["/ho", "me/"].concat();
        assert_eq!(place_on_a_machine(&file("a.md", &format!("see `{home}mira/x`"))).len(), 1);
        let fine = format!("Redirect::to(\"/home\") src/pages{home}view.rs \"{home}{{x}}\"");
        assert_eq!(place_on_a_machine(&file("a.rs", &fine)), Vec::<String>::new());
    }
}
