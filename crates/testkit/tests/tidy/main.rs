//! What no compiler looks at: the shape of the repository, and whether its documents speak of things that exist.
//!
//! Each rule is a function from a text to what is wrong in it (`rules.rs`), shown there to notice what it is for; here
//! it is run over every file it is for, and says what to do instead.

mod repository;
mod rules;

use std::collections::BTreeSet;

use repository::Repository;

/// Fails with everything that was found and with the way out.
#[track_caller]
fn none(found: &[String], instead: &str) {
    assert!(found.is_empty(), "\n\n{}\n\nInstead: {instead}\n", found.join("\n"));
}

#[test]
fn no_file_of_code_is_too_long_to_hold_in_mind() {
    let repository = Repository::read();
    let found: Vec<String> = repository.with_ending(&[".rs"]).filter_map(rules::too_long).collect();
    none(&found, "split the file by what it is about: a module named after a noun, not `helpers`.");
}

#[test]
fn every_path_in_the_architecture_exists() {
    let repository = Repository::read();
    let file = repository.file("ARCHITECTURE.md");
    let paths = rules::paths(&file.text);
    assert!(paths.len() > 40, "only {} paths were looked at", paths.len());
    let gone: Vec<String> = paths.into_iter().filter(|path| !repository.has(path)).collect();
    none(&gone, "write where it is now in ARCHITECTURE.md, or take the sentence out.");
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let repository = Repository::read();
    let mut found = Vec::new();
    for file in repository.with_ending(&[".md"]) {
        for path in rules::links(file) {
            if !repository.has(&path) {
                found.push(format!("{}: {path} is not there", file.path));
            }
        }
    }
    none(&found, "link to where it is now; a link is relative to the document it stands in.");
}

#[test]
fn every_test_that_a_document_names_exists() {
    let repository = Repository::read();
    let tests: BTreeSet<String> =
        repository.with_ending(&[".rs", ".mjs", ".py"]).flat_map(|file| rules::tests(&file.text)).collect();
    let mut found = Vec::new();
    for name in ["docs/promises.md", "docs/threats.md", "SECURITY.md"] {
        let file = repository.file(name);
        let gone = rules::names_of_tests(&file.text).into_iter().filter(|test| !tests.contains(test));
        found.extend(gone.map(|test| format!("{name}: no test is called {test}")));
    }
    none(&found, "name the test that shows it now, or write \"not yet\": a promise without a test is a wish.");
}

#[test]
fn every_example_in_the_style_is_code_of_ours() {
    let repository = Repository::read();
    let examples = rules::examples(&repository.file("STYLE.md").text);
    assert!(examples.len() >= 3, "only {} examples were looked at", examples.len());
    let code: Vec<String> = repository.with_ending(&[".rs"]).map(|file| rules::one_line(&file.text)).collect();
    let found: Vec<String> =
        examples.into_iter().filter(|example| !code.iter().any(|file| file.contains(example))).collect();
    none(&found, "copy the example from the code as it is now; an example that is no code teaches what is not so.");
}

#[test]
fn every_decision_says_what_it_costs() {
    let repository = Repository::read();
    let decisions = repository.under("docs/decisions/");
    let found: Vec<String> = decisions.flat_map(rules::unfinished_decision).collect();
    none(
        &found,
        "give the page a title and the four headings Question, Choice, What it costs, What would change our mind.",
    );
}

#[test]
fn nothing_is_left_to_do_without_an_issue() {
    let repository = Repository::read();
    let code = [".rs", ".c", ".sql", ".html", ".txt", ".css", ".js", ".mjs", ".py", ".toml", ".sh", ".ci/run"];
    let found: Vec<String> = repository.with_ending(&code).flat_map(rules::left_to_do).collect();
    none(&found, "do it now, or open an issue and write its number in brackets behind the word.");
}

#[test]
fn only_the_dialect_asks_which_database_it_is() {
    let repository = Repository::read();
    let features = repository.features();
    let store = features.iter().map(|feature| format!("crates/store/src/{feature}"));
    let above = ["domain", "web", "outside"].map(|layer| format!("crates/{layer}/src/"));
    let places: Vec<String> = store.chain(above).collect();
    let found: Vec<String> = repository
        .with_ending(&[".rs"])
        .filter(|file| places.iter().any(|place| file.path.starts_with(place)))
        .flat_map(rules::asks_which_database)
        .collect();
    none(&found, "write one text for both, with a word in double braces that crates/store/src/dialect.rs renders.");
}

#[test]
fn no_migration_asks_the_database_for_time_or_chance() {
    let repository = Repository::read();
    let found: Vec<String> = repository.with_ending(&[".sql"]).flat_map(rules::time_or_chance_in_sql).collect();
    none(&found, "hand it the time or the id as a value: time and chance come from `App`.");
}

#[test]
fn every_layer_knows_only_the_layers_below_it() {
    let repository = Repository::read();
    let mut found = Vec::new();
    for (layer, strangers) in rules::STRANGERS {
        let manifest = repository.file(&format!("crates/{layer}/Cargo.toml"));
        found.extend(rules::known_strangers(manifest, strangers));
    }
    none(&found, "ask for it through a trait of `domain` that the layer below implements.");
}

#[test]
fn every_feature_of_the_domain_has_a_story() {
    let repository = Repository::read();
    let stories: Vec<&str> = repository.under("crates/testkit/tests/stories/").map(|file| file.text.as_str()).collect();
    assert!(!stories.is_empty(), "there are no stories");
    let found = rules::without_story(&repository.features(), &stories.join("\n"), rules::NO_STORY);
    none(
        &found,
        "tell a story of it in crates/testkit/tests/stories, or say why there is none in NO_STORY (rules.rs).",
    );
}

#[test]
fn nothing_names_a_place_on_somebodys_machine() {
    let repository = Repository::read();
    let found: Vec<String> = repository.with_ending(&[""]).flat_map(rules::place_on_a_machine).collect();
    none(&found, "name it relative to the root of the repository.");
}
