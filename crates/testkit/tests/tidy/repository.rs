//! The files of the repository, as texts.

use std::fs;
use std::path::{Path, PathBuf};

/// A file that holds text.
pub(crate) struct File {
    /// Where it is, from the root, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every file that holds text; what is built or kept by tools is not looked at.
pub(crate) struct Repository {
    root: PathBuf,
    files: Vec<File>,
}

/// Nobody reads a longer one; it is data.
const BYTES_MAX: u64 = 1024 * 1024;

impl Repository {
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root is there");
        let mut repository = Self { root: root.clone(), files: Vec::new() };
        repository.walk(&root);
        assert!(repository.files.len() > 100, "this is not the repository");
        repository
    }

    fn walk(&mut self, directory: &Path) {
        for entry in fs::read_dir(directory).expect("a directory is read").map(|entry| entry.expect("an entry is read"))
        {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let kind = entry.file_type().expect("an entry has a kind");
            if kind.is_dir() {
                let ours = !name.starts_with('.') || [".ci", ".cargo", ".config"].contains(&&*name);
                if ours && !["target", "node_modules", "countersign-data"].contains(&&*name) {
                    self.walk(&path);
                }
            } else if kind.is_file() && name != ".git" && entry.metadata().is_ok_and(|about| about.len() <= BYTES_MAX) {
                let Ok(text) = fs::read_to_string(&path) else { continue };
                let path = path.strip_prefix(&self.root).expect("it lies under the root").to_string_lossy();
                self.files.push(File { path: path.replace('\\', "/"), text });
            }
        }
    }

    /// The files whose path ends in one of these.
    pub(crate) fn with_ending(&self, endings: &[&str]) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| endings.iter().any(|ending| file.path.ends_with(ending)))
    }

    /// The files whose path starts so.
    pub(crate) fn under(&self, place: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.path.starts_with(place))
    }

    /// A file that must be there.
    pub(crate) fn file(&self, path: &str) -> &File {
        self.files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is not there"))
    }

    /// Whether there is such a file or directory.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// The features: the modules of the domain that are directories.
    pub(crate) fn features(&self) -> Vec<String> {
        let modules = fs::read_dir(self.root.join("crates/domain/src")).expect("the domain is there");
        let directories = modules.filter_map(Result::ok).filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> =
            directories.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        assert!(names.len() >= 5, "this is not the domain");
        names
    }
}
