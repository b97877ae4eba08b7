//! From a download to an index.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{hash, hex, list_of};
use crate::breached::{BuildError, Built, Index, OpenError, Progress, run};

struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn build(&self, list: impl AsRef<[u8]>) -> Result<Built, BuildError> {
        fs::write(self.path("list"), list).unwrap();
        run(&self.path("list"), &self.path("index"), &mut |_| ())
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }
}

fn passwords(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("password {number}")).collect()
}

fn line(digits: &str) -> String {
    format!("{digits:0<40}:1\n")
}

#[test]
fn an_index_knows_every_hash_of_its_list_and_hardly_any_other() {
    let place = Place::new();
    let passwords = passwords(20_000);
    let built = place.build(list_of(&passwords)).unwrap();
    assert_eq!((built.hashes, built.padding), (20_000, 0));
    assert_eq!(built.bytes, fs::metadata(place.path("index")).unwrap().len());
    // A little over 3 bytes and 5/16; Windows line ends and counts make the list look longer than it is.
    assert!(built.bytes < 20_000 * 7 / 2, "{} bytes", built.bytes);
    let index = Index::open(&place.path("index")).unwrap();
    assert_eq!(index.hashes(), 20_000);
    assert!(index.false_alarm_rate() < 1e-6, "{}", index.false_alarm_rate());
    assert!(passwords.iter().all(|password| index.contains(&hash(password)).unwrap()));
    // So many strangers raise 0.03 false alarms; three would be a wonder.
    let strangers = (0..30_000).filter(|number| index.contains(&hash(&format!("stranger {number}"))).unwrap());
    assert!(strangers.count() < 3);
}

#[test]
fn neighbours_at_every_edge_are_told_apart() {
    let place = Place::new();
    let digits = ["0", "00000000000001", "7FFFFFFFFF", "8", "80000000001", "FFFFFF", "FFFFFFFFFFFFFFFF"];
    place.build(digits.map(line).concat()).unwrap();
    let index = Index::open(&place.path("index")).unwrap();
    let known = |digits: &str| {
        let mut hash = [0; 20];
        for (at, digit) in digits.chars().enumerate() {
            hash[at / 2] |= u8::try_from(digit.to_digit(16).unwrap()).unwrap() << (4 * (1 - at % 2));
        }
        index.contains(&hash).unwrap()
    };
    assert!(digits.iter().all(|digits| known(digits)));
    assert!(!["000001", "7", "7FFFFE", "800001", "FFFFFE", "9"].iter().any(|digits| known(digits)));
}

#[test]
fn padding_is_left_out_and_a_last_line_needs_no_end() {
    let place = Place::new();
    let padding = format!("{}:0\n", hex(&hash("padding")));
    let built = place.build(format!("{padding}{}{padding}{}", line("4"), line("C").trim_end())).unwrap();
    assert_eq!((built.hashes, built.padding), (2, 2));
    assert!(!Index::open(&place.path("index")).unwrap().contains(&hash("padding")).unwrap());
}

#[test]
fn a_list_that_is_none_is_refused_with_its_line() {
    let good = line("4") + &line("8");
    let long = format!("{}:{}\n", "C".repeat(40), "1".repeat(100));
    let cases: [(String, &str); 14] = [
        (String::new(), "the list is empty"),
        (format!("{:0<40}:0\n", 1), "the list is empty"),
        (good.clone() + &line("7"), "line 3 does not come after the line before"),
        (good.clone() + &line("8"), "line 3 does not come after the line before"),
        (good.clone() + "C", "line 3, the last one, is cut off"),
        (good.clone() + line("C").trim_end_matches(":1\n"), "line 3, the last one, is cut off"),
        (good.clone() + "\n", "line 3 is not a SHA-1"),
        (good.clone() + &line("G"), "line 3 is not a SHA-1"),
        (good.clone() + &line("C").replace(":1", ";1"), "line 3 is not a SHA-1"),
        (good.clone() + &line("C").replace(":1", ":-1"), "line 3 is not a SHA-1"),
        (good.clone() + &line("C").replace(":1", ":99999999999999999999999"), "line 3 is not a SHA-1"),
        (good.clone() + &line("C").replace('\n', "\n\n"), "line 4 is not a SHA-1"),
        (good.clone() + &long, "line 3 is not a SHA-1"),
        ("password\nhunter2\n".to_owned(), "line 1 is not a SHA-1"),
    ];
    for (list, expected) in cases {
        let place = Place::new();
        let refused = place.build(&list).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused} instead of {expected}");
        assert_eq!(place.names(), ["list"], "{expected}");
    }
    assert!(Place::new().build([0xff; 500]).is_err());
}

#[test]
fn a_download_with_a_part_missing_is_refused() {
    let whole = list_of(&passwords(10_000));
    let lines: Vec<_> = whole.split_inclusive('\n').collect();
    let build = |kept: &dyn Fn(usize) -> bool| {
        let list: String = lines.iter().enumerate().filter(|(at, _)| kept(*at)).map(|(_, line)| *line).collect();
        Place::new().build(list).map_err(|error| error.to_string())
    };
    assert!(build(&|_| true).is_ok());
    let missing = |line: u64| Err(format!("hashes are missing after line {line}; the download is not complete"));
    assert_eq!(build(&|at| at < 9_000), missing(9_000));
    assert_eq!(build(&|at| at > 1_000), missing(0));
    assert_eq!(build(&|at| !(4_000..4_200).contains(&at)), missing(4_000));
}

#[test]
fn an_index_is_replaced_by_a_whole_one_or_not_at_all() {
    let place = Place::new();
    place.build(line("4")).unwrap();
    let open = Index::open(&place.path("index")).unwrap();
    assert!(place.build(line("5") + "cut").is_err());
    assert!(Index::open(&place.path("index")).unwrap().contains(&beginning(0x40)).unwrap());
    place.build(line("6")).unwrap();
    let replaced = Index::open(&place.path("index")).unwrap();
    assert!(replaced.contains(&beginning(0x60)).unwrap() && !replaced.contains(&beginning(0x40)).unwrap());
    // Whoever had it open reads on in the old one.
    assert!(open.contains(&beginning(0x40)).unwrap());
    assert_eq!(place.names(), ["index", "list"]);
}

/// A hash that begins with this byte and goes on with zeros.
fn beginning(byte: u8) -> [u8; 20] {
    let mut hash = [0; 20];
    hash[0] = byte;
    hash
}

#[test]
fn what_stands_under_the_name_of_the_index_is_not_written_over() {
    let place = Place::new();
    let list = place.path("list");
    fs::write(&list, line("4")).unwrap();
    assert!(matches!(run(&list, &list, &mut |_| ()), Err(BuildError::Occupied(path)) if path == list));
    assert_eq!(fs::read_to_string(&list).unwrap(), line("4"));
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let place = Place::new();
    let said = |list: &str, out: &str| run(&place.path(list), &place.path(out), &mut |_| ()).unwrap_err().to_string();
    assert!(said("gone", "index").contains("gone: No such file"));
    fs::write(place.path("list"), line("4")).unwrap();
    assert!(said("list", "no/such/directory").contains("no/such/directory: No such file"));
}

#[test]
fn progress_is_reported_and_ends_at_the_end() {
    let place = Place::new();
    let lines: String = (1..300_000_u32).map(|number| line(&format!("{:08X}", number * 14_316))).collect();
    fs::write(place.path("list"), lines).unwrap();
    let mut heard = Vec::new();
    run(&place.path("list"), &place.path("index"), &mut |progress| heard.push(progress)).unwrap();
    let bytes_total = fs::metadata(place.path("list")).unwrap().len();
    assert_eq!(heard.len(), 3);
    assert!(heard.windows(2).all(|pair| pair[0].bytes_done < pair[1].bytes_done));
    assert_eq!(heard[2], Progress { bytes_done: bytes_total, bytes_total });
}

#[test]
fn a_file_that_is_no_index_or_a_damaged_one_is_not_opened() {
    let place = Place::new();
    place.build(line("4") + &line("8")).unwrap();
    let whole = fs::read(place.path("index")).unwrap();
    let open = |bytes: &[u8]| {
        fs::write(place.path("other"), bytes).unwrap();
        Index::open(&place.path("other")).map(|_| ())
    };
    assert!(open(&whole).is_ok());
    assert!(matches!(open(b""), Err(OpenError::NotAnIndex(_))));
    assert!(matches!(open(&[0; 100]), Err(OpenError::NotAnIndex(_))));
    assert!(matches!(open(&whole[..whole.len() - 1]), Err(OpenError::Damaged(..))));
    let with = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    assert!(matches!(open(&with(11, 2)), Err(OpenError::OtherVersion(_, 2))));
    assert!(matches!(open(&with(16, 255)), Err(OpenError::Damaged(..))));
    assert!(matches!(open(&with(24, 255)), Err(OpenError::Damaged(..))));
    // A directory that points outside is noticed when it is used.
    fs::write(place.path("other"), with(32, 255)).unwrap();
    assert!(Index::open(&place.path("other")).unwrap().contains(&hash("x")).is_err());
}
