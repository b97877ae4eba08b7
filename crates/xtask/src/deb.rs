//! A Debian package, built by `dpkg-deb` from the list in `crates/cli/Cargo.toml` that `cargo deb` reads too.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::child;
use crate::scratch::Scratch;
use crate::workspace::{self, cargo};
use crate::{dist, installed, machine};

/// Builds the binary as it is shipped, packs it, and tries the package.
pub(crate) fn run() -> Result<ExitCode> {
    pack(&dist::binary()?)
}

/// Packs a binary that is built already, and tries the package.
pub(crate) fn pack(binary: &Path) -> Result<ExitCode> {
    let package = Package::read()?;
    let file = workspace::target()?.join(format!("countersign_{}_{}.deb", package.version, architecture()?));
    let files = package.pack(binary, &file, Squeezed::Well)?;
    if machine::is_root() {
        installed::live_through(&file)?;
    } else {
        println!("Only root installs a package: that it can be installed was not tried.");
    }
    println!("{}: {files} files, {} bytes", file.display(), fs::metadata(&file)?.len());
    Ok(ExitCode::SUCCESS)
}

/// Packs the binary of the tests, quickly, and tries the package.
pub(crate) fn test(scratch: &Path) -> Result<()> {
    let file = scratch.join("countersign.deb");
    Package::read()?.pack(&workspace::built("countersign")?, &file, Squeezed::NotAtAll)?;
    installed::live_through(&file)
}

/// How small a package is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Squeezed {
    Well,
    NotAtAll,
}

/// Whether the package holds what the list says, by dpkg's own reading of it.
fn holds(file: &Path, installed: &[String]) -> Result<()> {
    let listed = Command::new("dpkg-deb").arg("-c").arg(file).output().context("dpkg-deb does not run")?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for name in installed {
        if !listed.lines().any(|line| line.ends_with(&format!(" {name}"))) {
            bail!("{} holds no {name}:\n{listed}", file.display());
        }
    }
    if let Some(line) = listed.lines().find(|line| !line.contains(" root/root ")) {
        bail!("{} holds what is not root's: {line}", file.display());
    }
    Ok(())
}

fn put(from: &Path, to: &Path, mode: u32) -> Result<()> {
    let directory = to.parent().context("a file stands in a directory")?;
    fs::create_dir_all(directory)?;
    fs::copy(from, to).with_context(|| format!("cannot pack {}", from.display()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode))?;
    Ok(())
}

/// Whatever the umask of whoever packs.
fn directories_for_everybody(directory: &Path) -> Result<()> {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            directories_for_everybody(&path)?;
        }
    }
    Ok(())
}

fn architecture() -> Result<String> {
    let said = Command::new("dpkg").arg("--print-architecture").output().context("dpkg does not run")?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// `[package.metadata.deb]` of the binary's crate.
struct Package {
    version: String,
    maintainer: String,
    summary: String,
    description: String,
    depends: String,
    conf_files: Vec<String>,
    scripts: String,
    assets: Vec<Asset>,
}

/// One file, and where it goes.
struct Asset {
    from: String,
    to: String,
    mode: u32,
}

impl Package {
    /// Answers how many files it holds.
    fn pack(&self, binary: &Path, file: &Path, squeezed: Squeezed) -> Result<usize> {
        let scratch = Scratch::new()?;
        let tree = scratch.path().join("tree");
        let mut files = Vec::new();
        for asset in &self.assets {
            let from = if asset.from == "target/release/countersign" {
                binary.to_owned()
            } else {
                workspace::root().join("crates/cli").join(&asset.from)
            };
            let name = Path::new(&asset.from).file_name().context("an asset is a file")?;
            let to = if asset.to.ends_with('/') { Path::new(&asset.to).join(name) } else { PathBuf::from(&asset.to) };
            put(&from, &tree.join(&to), asset.mode)?;
            files.push(format!("./{}", to.display()));
        }
        fs::create_dir_all(tree.join("DEBIAN"))?;
        fs::write(tree.join("DEBIAN/control"), self.control(&tree)?)?;
        fs::write(tree.join("DEBIAN/conffiles"), self.conf_files.join("\n") + "\n")?;
        for script in fs::read_dir(workspace::root().join("crates/cli").join(&self.scripts))? {
            let script = script?;
            put(&script.path(), &tree.join("DEBIAN").join(script.file_name()), 0o755)?;
        }
        directories_for_everybody(&tree)?;
        let mut build = Command::new("dpkg-deb");
        build.arg("--root-owner-group");
        if squeezed == Squeezed::NotAtAll {
            build.arg("-Znone");
        }
        build.arg("--build").arg(&tree).arg(file);
        child::run(build.env("SOURCE_DATE_EPOCH", workspace::last_commit_seconds()?))?;
        holds(file, &files)?;
        Ok(files.len())
    }

    fn read() -> Result<Self> {
        let said = cargo().args(["metadata", "--format-version", "1", "--no-deps", "--locked"]).output()?;
        let all: Value = serde_json::from_slice(&said.stdout).context("cargo metadata")?;
        let packages = all["packages"].as_array().context("packages")?;
        let ours = packages.iter().find(|package| package["name"] == "countersign").context("the binary's crate")?;
        let deb = &ours["metadata"]["deb"];
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a text in [package.metadata.deb]");
        let asset = |asset: &Value| -> Result<Asset> {
            let mode = u32::from_str_radix(&text(&asset[2])?, 8).context("a mode like 644")?;
            Ok(Asset { from: text(&asset[0])?, to: text(&asset[1])?, mode })
        };
        Ok(Self {
            version: text(&ours["version"])?,
            maintainer: text(&deb["maintainer"])?,
            summary: text(&ours["description"])?,
            description: text(&deb["extended-description"])?,
            depends: text(&deb["depends"])?,
            conf_files: deb["conf-files"].as_array().context("conf-files")?.iter().map(text).collect::<Result<_>>()?,
            scripts: text(&deb["maintainer-scripts"])?,
            assets: deb["assets"].as_array().context("assets")?.iter().map(asset).collect::<Result<_>>()?,
        })
    }

    fn control(&self, tree: &Path) -> Result<String> {
        let kib = bytes_under(tree)?.div_ceil(1024);
        // Each line after the first begins with a space.
        let description = self.description.replace('\n', "\n ");
        Ok(format!(
            "Package: countersign\nVersion: {}\nArchitecture: {}\nMaintainer: {}\nInstalled-Size: {kib}\nDepends: {}\n\
             Section: net\nPriority: optional\nDescription: {}\n {description}\n",
            self.version,
            architecture()?,
            self.maintainer,
            self.depends,
            self.summary
        ))
    }
}

fn bytes_under(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_under(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
