//! How much of our page does another page contain?
//!
//! A page is read as a stream, in bounded memory, into three sets of fingerprints: runs of words that a reader sees,
//! runs of elements, and the names of what it loads and asks for. A copy may be restyled, wrapped, cut short or partly
//! translated; each of these leaves most of at least one set in place, so containment is asked of each and weighed.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use lol_html::html_content::TextType;
use lol_html::{HtmlRewriter, MemorySettings, Settings, doc_text, element};

use crate::sketch::print;

/// Words and elements in a run.
const WORDS: usize = 3;
const ELEMENTS: usize = 4;
/// The most fingerprints kept of each sort: a page of a million words is known by its first ones.
const KEPT: usize = 50_000;
/// What the parser may hold at once.
const PARSER_BYTES: usize = 4 * 1024 * 1024;
/// The longest word taken whole.
const LONGEST_WORD: usize = 64;
/// The longest reference to a character that is understood, its `&` counted.
const LONGEST_REFERENCE: usize = 10;
/// The likeness from which a page is taken for a copy.
const COPY: f32 = 0.4;

/// What is remembered of a page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    words: HashSet<u64>,
    elements: HashSet<u64>,
    names: HashSet<u64>,
    /// The parser ran out of its memory, so only the beginning is known.
    pub cut_short: bool,
}

/// How much of our page another contains, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// Of the runs of words.
    pub words: f32,
    /// Of the runs of elements.
    pub elements: f32,
    /// Of the names of what is loaded and asked for.
    pub names: f32,
    /// All three, weighed.
    pub whole: f32,
}

impl Likeness {
    /// Whether the other page is to be taken for a copy.
    pub fn copy(&self) -> bool {
        self.whole >= COPY
    }
}

#[derive(Default)]
struct Reader {
    page: Page,
    pending: String,
    word: String,
    words: Vec<String>,
    elements: Vec<String>,
}

/// Elements that styling adds and removes freely.
const LOOSE: &[&str] = &[
    "div", "span", "b", "i", "em", "strong", "br", "small", "font", "center", "wbr", "style", "link", "script", "meta",
];

impl Page {
    fn prints(&self) -> impl Iterator<Item = u64> {
        self.words.iter().chain(&self.elements).chain(&self.names).copied()
    }

    /// Reads a page from pieces of any size; it may be HTML or plain text.
    pub fn read<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let reader = RefCell::new(Reader::default());
        let mut cut_short = false;
        {
            let memory = MemorySettings::new()
                .with_preallocated_parsing_buffer_size(16 * 1024)
                .with_max_allowed_memory_usage(PARSER_BYTES);
            let settings = Settings::new()
                .append_element_content_handler(element!("*", |element| {
                    let mut reader = reader.borrow_mut();
                    reader.element(&element.tag_name());
                    for attribute in ["src", "href", "action", "name", "placeholder"] {
                        if let Some(value) = element.get_attribute(attribute) {
                            reader.name(&value);
                        }
                    }
                    Ok(())
                }))
                .append_document_content_handler(doc_text!(|text| {
                    if matches!(text.text_type(), TextType::Data | TextType::RCData | TextType::PlainText) {
                        reader.borrow_mut().text(text.as_str(), text.last_in_text_node());
                    }
                    Ok(())
                }))
                .with_memory_settings(memory)
                .with_strict(false);
            let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| ());
            for piece in pieces {
                if rewriter.write(piece.as_ref()).is_err() {
                    cut_short = true;
                    break;
                }
            }
            if !cut_short {
                cut_short = rewriter.end().is_err();
            }
        }
        let mut reader = reader.into_inner();
        reader.end_word();
        reader.page.cut_short = cut_short;
        reader.page
    }
}

/// The pages that are ours, compared together: what several of them share says little about any one.
#[derive(Debug, Clone)]
pub struct OurPages {
    pages: Vec<Page>,
    /// In how many of our pages each fingerprint stands, for those that stand in several.
    shared: HashMap<u64, f32>,
}

impl OurPages {
    /// Takes our pages.
    pub fn new(pages: Vec<Page>) -> Self {
        let mut shared: HashMap<u64, f32> = HashMap::new();
        for print in pages.iter().flat_map(Page::prints) {
            *shared.entry(print).or_default() += 1.0;
        }
        shared.retain(|_, pages| *pages > 1.0);
        Self { pages, shared }
    }

    /// The page of ours of which the other contains most, and how much.
    pub fn closest(&self, other: &Page) -> Option<(usize, Likeness)> {
        let all = self.pages.iter().map(|page| self.likeness(page, other)).enumerate();
        all.max_by(|one, other| one.1.whole.total_cmp(&other.1.whole))
    }

    /// How much of one of our pages the other contains.
    pub fn contained(&self, index: usize, other: &Page) -> Option<Likeness> {
        self.pages.get(index).map(|page| self.likeness(page, other))
    }

    fn likeness(&self, ours: &Page, other: &Page) -> Likeness {
        let words = self.share(&ours.words, &other.words);
        let elements = self.share(&ours.elements, &other.elements);
        let names = self.share(&ours.names, &other.names);
        // Words tell most. A page of hardly any words is known by the rest.
        let for_words = if ours.words.len() < 10 { 0.0 } else { 0.6 };
        let rest = 1.0 - for_words;
        let whole = for_words * words + rest * 0.6 * elements + rest * 0.4 * names;
        Likeness { words, elements, names, whole }
    }

    fn share(&self, ours: &HashSet<u64>, theirs: &HashSet<u64>) -> f32 {
        let worth = |print: &u64| self.shared.get(print).map_or(1.0, |pages| 1.0 / (pages * pages));
        let (mut all, mut found) = (0.0, 0.0);
        for print in ours {
            all += worth(print);
            if theirs.contains(print) {
                found += worth(print);
            }
        }
        if all > 0.0 { found / all } else { 0.0 }
    }
}

impl Reader {
    fn element(&mut self, tag: &str) {
        self.end_word();
        if !LOOSE.contains(&tag) {
            run(&mut self.elements, tag.to_owned(), ELEMENTS, &mut self.page.elements);
        }
    }

    /// The last part of an address, or a field's name: what stays when a page moves to another host.
    fn name(&mut self, value: &str) {
        if value.starts_with("data:") || self.page.names.len() >= KEPT {
            return;
        }
        let path = value.split(['?', '#']).next().unwrap_or(value).trim_end_matches('/');
        let name = path.rsplit('/').next().unwrap_or(path).trim();
        if !name.is_empty() && name.len() <= 200 {
            self.page.names.insert(print(name.to_lowercase().as_bytes()));
        }
    }

    /// Takes a stretch of text; a reference such as `&#111;` may begin in one stretch and end in the next.
    fn text(&mut self, text: &str, last: bool) {
        self.pending.push_str(text);
        let reference = self.pending.rfind('&').filter(|&at| !last && self.pending.len() - at <= LONGEST_REFERENCE);
        let kept = self.pending.split_off(reference.unwrap_or(self.pending.len()));
        let text = std::mem::replace(&mut self.pending, kept);
        let text = if text.contains('&') { unescaped(&text) } else { text };
        for c in text.chars() {
            if c.is_alphanumeric() {
                if self.word.len() < LONGEST_WORD {
                    self.word.extend(c.to_lowercase());
                }
            } else if !crate::host::unseen(c) {
                self.end_word();
            }
        }
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            let word = std::mem::take(&mut self.word);
            run(&mut self.words, word, WORDS, &mut self.page.words);
        }
    }
}

/// Adds to a run and keeps its fingerprint once it is long enough.
fn run(last: &mut Vec<String>, next: String, length: usize, kept: &mut HashSet<u64>) {
    last.push(next);
    if last.len() > length {
        last.remove(0);
    }
    if last.len() == length && kept.len() < KEPT {
        kept.insert(print(last.join(" ").as_bytes()));
    }
}

/// Undoes numeric references and the few named ones that stand inside words.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after.split_once(';').filter(|(name, _)| name.len() < LONGEST_REFERENCE);
        let meant = reference.and_then(|(name, _)| match name.strip_prefix('#') {
            Some(hex) if hex.starts_with(['x', 'X']) => {
                u32::from_str_radix(&hex[1..], 16).ok().and_then(char::from_u32)
            }
            Some(number) => number.parse().ok().and_then(char::from_u32),
            None => match name {
                "amp" => Some('&'),
                "shy" => Some('\u{ad}'),
                "nbsp" | "middot" | "ndash" | "mdash" | "lt" | "gt" | "quot" => Some(' '),
                _ => None,
            },
        });
        if let (Some(meant), Some((_, after))) = (meant, reference) {
            out.push(meant);
            rest = after;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_make_the_same_page() {
        let text = "<p>One two <b>three</b> f&#111;ur</p><img src='/a/logo.png?v=1'><script>var hidden = 1</script>";
        let whole = Page::read([text]);
        let bytes = Page::read(text.as_bytes().chunks(1));
        assert_eq!((&whole.words, &whole.elements, &whole.names), (&bytes.words, &bytes.elements, &bytes.names));
        assert!(whole.words.contains(&print(b"two three four")));
        assert!(whole.names.contains(&print(b"logo.png")));
        assert_eq!(whole.words.len(), 2);
    }

    #[test]
    fn a_page_that_never_ends_is_read_in_bounded_memory() {
        let endless =
            Page::read(std::iter::repeat_n("<p a='", 1).chain(std::iter::repeat_n("xxxxxxxxxxxxxxxx", 1_000_000)));
        assert!(endless.cut_short);
        let many = Page::read((0..200_000).map(|n| format!("word{n} ")));
        assert!(!many.cut_short && many.words.len() <= KEPT);
    }
}
