//! Turning the Pwned Passwords download into an index, in one pass and flat memory.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::index::{BUCKET_HASHES, ENTRY_BYTES, Index, MAGIC, OpenError, VERSION, entry_at, place, top};

/// The shortest line: 40 digits, a colon, a digit, a line feed. It tells how many hashes a file can hold at most.
const LINE_BYTES_MIN: u64 = 43;

/// A line longer than this is none of ours.
const LINE_BYTES_MAX: u64 = 64;

/// Bytes read and written at once.
const BUFFER_BYTES: usize = 1 << 20;

/// Lines between two reports of progress.
const REPORT_LINES: u64 = 1 << 17;

/// SHA-1 hashes are spread evenly. A gap of so many times the mean has a probability of e⁻⁶⁴ at each of them, so it
/// means that a part of the download is missing.
const GAP_MEANS_MAX: u64 = 64;

/// How far the building is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the list that were read.
    pub bytes_done: u64,
    /// Bytes of the list.
    pub bytes_total: u64,
}

/// What was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Built {
    /// Hashes in the index.
    pub hashes: u64,
    /// Lines with a count of 0, which are padding and were left out.
    pub padding: u64,
    /// Bytes of the index.
    pub bytes: u64,
}

/// Why no index was built. Nothing is left behind, and an index that was there stays.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The list cannot be read.
    #[error("{0}: {1}")]
    Read(PathBuf, io::Error),
    /// The index cannot be written.
    #[error("{0}: {1}")]
    Write(PathBuf, io::Error),
    /// There is something else under the index's name.
    #[error("{0} is there already and is not an index; it is left as it is")]
    Occupied(PathBuf),
    /// The list has no hash.
    #[error("the list is empty")]
    Empty,
    /// A line is something else.
    #[error("line {line} is not a SHA-1 in 40 hexadecimal digits, a colon and a count")]
    Malformed {
        /// Which line, from 1.
        line: u64,
    },
    /// The list ends within a line.
    #[error("line {line}, the last one, is cut off; the download is not complete")]
    CutOff {
        /// Which line, from 1.
        line: u64,
    },
    /// A hash does not come after the one before.
    #[error("line {line} does not come after the line before; take the download that is ordered by hash")]
    OutOfOrder {
        /// Which line, from 1.
        line: u64,
    },
    /// So many hashes in a row are missing that it cannot be chance.
    #[error("hashes are missing after line {line}; the download is not complete")]
    Missing {
        /// After which line; 0 is the beginning.
        line: u64,
    },
}

/// Reads a list of `SHA1:COUNT` lines, ordered by hash, and writes an index of it to `out`, which appears when it is
/// complete. `progress` hears how far it is, now and then.
pub fn run(list: &Path, out: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Built, BuildError> {
    if matches!(Index::open(out), Err(OpenError::NotAnIndex(_))) {
        // Above all the list itself: it took hours to download.
        return Err(BuildError::Occupied(out.to_owned()));
    }
    let unreadable = |error| BuildError::Read(list.to_owned(), error);
    let file = File::open(list).map_err(unreadable)?;
    let bytes_total = file.metadata().map_err(unreadable)?.len();
    // From the length alone, so that the list is read once. Too many buckets cost a few bytes, too few would cost
    // false alarms.
    let buckets = (bytes_total + 1).div_ceil(LINE_BYTES_MIN).div_ceil(BUCKET_HASHES).max(1);
    let unwritable = |error| BuildError::Write(out.to_owned(), error);
    let unfinished = Unfinished::new(out);
    let mut index = Writer::create(&unfinished.path, buckets).map_err(unwritable)?;
    let mut lines = Lines::new(file);
    let mut gaps = Gaps::default();
    while let Some(entry) = lines.next(list)? {
        if lines.line.is_multiple_of(REPORT_LINES) {
            progress(Progress { bytes_done: lines.bytes, bytes_total });
        }
        gaps.pass(top(&entry), lines.line);
        index.add(&entry).map_err(unwritable)?;
    }
    gaps.check(index.hashes, lines.line)?;
    let built = index.finish(lines.padding).map_err(unwritable)?;
    unfinished.rename(out).map_err(unwritable)?;
    progress(Progress { bytes_done: bytes_total, bytes_total });
    Ok(built)
}

/// The lines of a list.
struct Lines {
    reader: BufReader<File>,
    buffer: Vec<u8>,
    line: u64,
    bytes: u64,
    padding: u64,
    last: Option<[u8; 20]>,
}

impl Lines {
    fn new(file: File) -> Self {
        let reader = BufReader::with_capacity(BUFFER_BYTES, file);
        Self { reader, buffer: Vec::new(), line: 0, bytes: 0, padding: 0, last: None }
    }

    /// The next hash, checked to come after the last one.
    fn next(&mut self, list: &Path) -> Result<Option<[u8; 20]>, BuildError> {
        loop {
            self.buffer.clear();
            let read = self.reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut self.buffer);
            let read = read.map_err(|error| BuildError::Read(list.to_owned(), error))?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            self.bytes += read as u64;
            let line = self.line;
            let Some((hash, count)) = parse(&self.buffer) else {
                let cut_off = (read as u64) < LINE_BYTES_MAX && !self.buffer.ends_with(b"\n");
                return Err(if cut_off { BuildError::CutOff { line } } else { BuildError::Malformed { line } });
            };
            if count == 0 {
                // A range service pads its answers with hashes of nothing.
                self.padding += 1;
                continue;
            }
            if self.last.is_some_and(|last| hash <= last) {
                return Err(BuildError::OutOfOrder { line });
            }
            self.last = Some(hash);
            return Ok(Some(hash));
        }
    }
}

/// A line's hash and count.
fn parse(line: &[u8]) -> Option<([u8; 20], u64)> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (digits, rest) = line.split_first_chunk::<40>()?;
    let count = rest.strip_prefix(b":").filter(|count| count.iter().all(u8::is_ascii_digit))?;
    let count = std::str::from_utf8(count).ok()?.parse().ok()?;
    let mut hash = [0; 20];
    let mut odd = 0;
    for (byte, pair) in hash.iter_mut().zip(digits.as_chunks::<2>().0) {
        let (upper, lower) = (DIGIT[usize::from(pair[0])], DIGIT[usize::from(pair[1])]);
        odd |= upper | lower;
        *byte = upper << 4 | lower;
    }
    (odd < 16).then_some((hash, count))
}

/// The value of each hexadecimal digit, 255 for what is none.
const DIGIT: [u8; 256] = {
    let mut table = [255; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value as usize] as usize] = value;
        table[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    table
};

/// The widest gap between two hashes, and where it is.
#[derive(Default)]
struct Gaps {
    last: u64,
    last_line: u64,
    widest: u64,
    before_widest: u64,
}

impl Gaps {
    fn pass(&mut self, top: u64, line: u64) {
        let gap = top - self.last;
        if gap > self.widest {
            (self.widest, self.before_widest) = (gap, self.last_line);
        }
        (self.last, self.last_line) = (top, line);
    }

    fn check(mut self, hashes: u64, lines: u64) -> Result<(), BuildError> {
        if hashes == 0 {
            return Err(BuildError::Empty);
        }
        self.pass(u64::MAX, lines);
        let most = (u64::MAX / hashes).saturating_mul(GAP_MEANS_MAX);
        if self.widest > most { Err(BuildError::Missing { line: self.before_widest }) } else { Ok(()) }
    }
}

/// An index being written: the directory and the hashes grow side by side.
struct Writer {
    directory: BufWriter<File>,
    remainders: BufWriter<File>,
    buckets: u64,
    /// Buckets that are begun.
    begun: u64,
    hashes: u64,
}

impl Writer {
    fn create(path: &Path, buckets: u64) -> io::Result<Self> {
        let mut directory = File::create(path)?;
        directory.seek(SeekFrom::Start(entry_at(0)))?;
        let mut remainders = File::options().write(true).open(path)?;
        remainders.seek(SeekFrom::Start(entry_at(buckets + 1)))?;
        let buffered = |file| BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(Self { directory: buffered(directory), remainders: buffered(remainders), buckets, begun: 0, hashes: 0 })
    }

    fn add(&mut self, hash: &[u8; 20]) -> io::Result<()> {
        let (bucket, remainder) = place(hash, self.buckets);
        self.begin(bucket + 1)?;
        self.hashes += 1;
        self.remainders.write_all(&remainder)
    }

    /// Begins all buckets below `end` that are not begun.
    fn begin(&mut self, end: u64) -> io::Result<()> {
        while self.begun < end {
            let entry = self.hashes.to_be_bytes();
            self.directory.write_all(&entry[8 - ENTRY_BYTES..])?;
            self.begun += 1;
        }
        Ok(())
    }

    /// Writes the header last: without it a file is no index.
    fn finish(mut self, padding: u64) -> io::Result<Built> {
        self.begin(self.buckets + 1)?;
        let mut remainders = self.remainders.into_inner()?;
        let file = self.directory.into_inner()?;
        let mut header = Vec::from(MAGIC);
        header.extend_from_slice(&VERSION.to_be_bytes());
        header.extend_from_slice(&[0; 4]);
        header.extend_from_slice(&self.hashes.to_be_bytes());
        header.extend_from_slice(&self.buckets.to_be_bytes());
        file.write_all_at(&header, 0)?;
        file.sync_all()?;
        Ok(Built { hashes: self.hashes, padding, bytes: remainders.stream_position()? })
    }
}

/// A file that is gone again unless it is given its name.
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// Beside the file it will become, because a rename does not cross file systems.
    fn new(out: &Path) -> Self {
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        Self { path: out.with_file_name(name) }
    }

    fn rename(self, out: &Path) -> io::Result<()> {
        fs::rename(&self.path, out)?;
        // The name is durable once its directory is.
        let directory = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(directory)?.sync_all()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After the rename there is nothing under this name, and that is all that is wanted.
        let _ = fs::remove_file(&self.path);
    }
}
