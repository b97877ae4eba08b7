//! Copies of pages are recognised whatever was done to them, and no page is taken for another.

mod pages_set;

use lookalike::pages::{OurPages, Page};
use pages_set::{MUTATIONS, PAGES};

#[test]
fn copies_are_recognised_and_nothing_else_is() {
    let ours = OurPages::new(PAGES.iter().map(|(_, text)| Page::read([text])).collect());
    let (mut caught, mut missed, mut mistaken) = (0, Vec::new(), Vec::new());
    for (original, (name, text)) in PAGES.iter().enumerate() {
        let copies = MUTATIONS.iter().map(|(how, mutate)| (*how, mutate(text)));
        for (how, copy) in copies.chain([("as it is", (*text).to_owned())]) {
            let copy = Page::read([copy]);
            for (index, (other, _)) in PAGES.iter().enumerate() {
                let likeness = ours.contained(index, &copy).unwrap();
                match (index == original, likeness.copy()) {
                    (true, true) => caught += 1,
                    (true, false) => missed.push(format!("{name} {how}: {likeness:?}")),
                    (false, true) => mistaken.push(format!("{name} {how} for {other}: {likeness:?}")),
                    (false, false) => {}
                }
            }
        }
    }
    assert!(mistaken.is_empty(), "{}", mistaken.join("\n"));
    let all = caught + missed.len();
    assert!(caught * 100 >= all * 94, "{caught} of {all} caught\n{}", missed.join("\n"));
}
