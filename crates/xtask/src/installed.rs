//! A package's life: dpkg installs it into a root of its own, upgrades, removes and purges it, and each step is looked at.
//!
//! The root has nothing but what dpkg needs: that the packages which ours depends on are installed is copied from this machine.
//! The package's scripts run outside it and are told where it is (`DPKG_ROOT`), as Debian does where it builds images.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::scratch::Scratch;

const SETTINGS: &str = "etc/countersign/countersign.toml";
const PASSWORDS: &str = "etc/countersign/secrets.env";
const DATA: &str = "var/lib/countersign";
const UNIT: &str = "countersign.service";
const UNITS: &str = "usr/lib/systemd/system";

/// `systemd-analyze security` may find so much open, of a hundred.
const OPEN_AT_MOST: &str = "--threshold=20";

/// The C library's parts, and what comes with it.
const LIBRARIES: [&str; 4] = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux"];

/// Lets a package live, and says by a fault where it does not do as docs/operating.md says.
pub(crate) fn live_through(package: &Path) -> Result<()> {
    let scratch = Scratch::new()?;
    let root = Root::new(scratch.path().join("root"))?;
    root.dpkg(&["--install"], Some(package))?;
    is_installed(&root)?;
    is_walled_in(&root)?;
    says_what_comes_next(&root)?;
    let next = next_version(package, scratch.path())?;
    upgrade_keeps(&root, &next)?;
    removal_keeps(&root)?;
    purge_leaves_the_data(&root)?;
    println!("{}: installed, upgraded, removed and purged as documented", package.display());
    Ok(())
}

fn is_installed(root: &Root) -> Result<()> {
    ensure!(root.state()? == "install ok installed", "dpkg says: {}", root.state()?);
    let differs = root.dpkg(&["--verify", "countersign"], None)?;
    ensure!(differs.is_empty(), "not as it was packed: {differs}");
    ensure!(root.asked("${Conffiles}")?.contains(&format!("/{SETTINGS} ")), "dpkg does not keep changes of {SETTINGS}");
    let binary = root.at("usr/bin/countersign");
    ensure!(fs::metadata(&binary)?.permissions().mode() & 0o777 == 0o755, "not everybody may run it");
    let users = root.read("etc/passwd")?;
    let user = users.lines().find(|line| line.starts_with("countersign:")).context("there is no user")?;
    let fields: Vec<&str> = user.split(':').collect();
    ensure!(
        fields[5..] == ["/var/lib/countersign", "/usr/sbin/nologin"],
        "the user could sign in, or has no home: {user}"
    );
    let data = fs::metadata(root.at(DATA)).context("the user's directory")?;
    ensure!(
        (data.uid().to_string(), data.mode() & 0o777) == (fields[2].to_owned(), 0o700),
        "{DATA} is not the user's own"
    );
    ensure!(root.is_enabled()? == "disabled", "it would start before its settings are made");
    for text in [SETTINGS, &format!("{UNITS}/{UNIT}")] {
        for named in paths_in(&root.read(text)?) {
            ensure!(root.at(named).exists(), "{text} names {named}, and it is not there");
        }
    }
    runs_where_its_libraries_are(root, &binary)
}

/// Paths of the package that a text names.
fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_ascii_graphic() || ";,'\"()=".contains(letter));
    let words = words.map(|word| word.trim_start_matches("file://").trim_end_matches('.'));
    words.filter(|word| word.starts_with("/usr/") && word.contains("countersign")).map(|word| &word[1..])
}

/// Whether `Depends` holds what the binary asks of the C library.
fn runs_where_its_libraries_are(root: &Root, binary: &Path) -> Result<()> {
    let needs = output(Command::new("objdump").arg("-p").arg(binary))?;
    for library in needs.lines().filter_map(|line| line.trim().strip_prefix("NEEDED")) {
        let known = LIBRARIES.iter().any(|known| library.trim().starts_with(known));
        ensure!(known, "it needs {library}, which no package of `Depends` brings");
    }
    let depends = root.asked("${Depends}")?;
    let least = depends.split_once("libc6 (>= ").and_then(|(_, rest)| rest.split_once(')')).context("libc6 (>= …)")?.0;
    for needed in needs.split("GLIBC_").skip(1).filter_map(|rest| rest.split_whitespace().next()) {
        let enough = numbers(needed) <= numbers(least);
        ensure!(enough, "it needs the C library of {needed}, and `Depends` lets {least} do");
    }
    Ok(())
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

/// The unit as it was installed, beside those that systemd brings.
fn is_walled_in(root: &Root) -> Result<()> {
    for entry in fs::read_dir("/usr/lib/systemd/system").context("systemd's own units")? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".target") || name.ends_with(".slice") {
            fs::copy(entry.path(), root.at(UNITS).join(&*name))?;
        }
    }
    let verified = root.by_root(Command::new("systemd-analyze").arg("verify")).arg(UNIT).output()?;
    ensure!(verified.status.success() && verified.stderr.is_empty(), "systemd: {}", both(&verified));
    let arguments = ["security", "--offline=true", "--no-pager", OPEN_AT_MOST];
    let open = root.by_root(Command::new("systemd-analyze").args(arguments)).arg(UNIT).output()?;
    ensure!(open.status.success(), "more is open than {OPEN_AT_MOST} lets: {}", both(&open));
    Ok(())
}

/// What somebody reads who has just installed it, and follows docs/operating.md.
fn says_what_comes_next(root: &Root) -> Result<()> {
    let help = output(Command::new(root.at("usr/bin/countersign")).arg("--help"))?;
    ensure!(help.contains("Is it safe:    countersign doctor"), "the help does not name the doctor: {help}");
    let said = root.doctor().output()?;
    let told = both(&said);
    for next in ["an address that cannot exist", "Do: Write an address of yours", "things here are unsafe"] {
        ensure!(said.status.code() == Some(1) && told.contains(next), "the doctor does not say `{next}`: {told}");
    }
    ensure!(fs::read_dir(root.at(DATA))?.next().is_none(), "the doctor made something");
    Ok(())
}

/// The same package with a higher number and other defaults, quick to make.
fn next_version(package: &Path, scratch: &Path) -> Result<PathBuf> {
    let tree = scratch.join("next");
    output(Command::new("dpkg-deb").arg("--raw-extract").arg(package).arg(&tree))?;
    let control = fs::read_to_string(tree.join("DEBIAN/control"))?;
    let version = control.lines().find(|line| line.starts_with("Version: ")).context("a version")?;
    fs::write(tree.join("DEBIAN/control"), control.replace(version, &format!("{version}+next")))?;
    let settings = fs::read_to_string(tree.join(SETTINGS))?;
    fs::write(tree.join(SETTINGS), format!("# Of the next version.\n{settings}"))?;
    let next = scratch.join("next.deb");
    output(Command::new("dpkg-deb").args(["--root-owner-group", "-Znone", "--build"]).arg(&tree).arg(&next))?;
    Ok(next)
}

fn upgrade_keeps(root: &Root, next: &Path) -> Result<()> {
    let settings = root.read(SETTINGS)?.replace("exchange.example", "harbour.net");
    fs::write(root.at(SETTINGS), &settings)?;
    fs::write(root.at(PASSWORDS), "COUNTERSIGN__MAIL__PASSWORD=secret\n")?;
    for data in ["countersign.db", "countersign.key"] {
        fs::write(root.at(DATA).join(data), data)?;
    }
    output(root.by_root(Command::new("systemctl").args(["--quiet", "enable"])).arg(UNIT))?;
    // As unattended upgrades do; by hand dpkg asks, and keeps them unless told otherwise.
    root.dpkg(&["--force-confdef", "--force-confold", "--install"], Some(next))?;
    ensure!(root.asked("${Version}")?.ends_with("+next"), "it was not upgraded");
    ensure!(root.read(SETTINGS)? == settings, "an upgrade changed the settings");
    ensure!(root.read("etc/countersign/countersign.toml.dpkg-dist")?.contains("next"), "nobody sees the new defaults");
    ensure!(root.is_enabled()? == "enabled", "after an upgrade it would not start with the machine");
    kept(root, &[SETTINGS, PASSWORDS])?;
    let told = both(&root.doctor().output()?);
    ensure!(!told.contains("cannot exist"), "the doctor says of settings that were made: {told}");
    Ok(())
}

fn removal_keeps(root: &Root) -> Result<()> {
    root.dpkg(&["--remove", "countersign"], None)?;
    ensure!(root.state()? == "deinstall ok config-files", "dpkg says: {}", root.state()?);
    for gone in ["usr/bin/countersign", &format!("{UNITS}/{UNIT}"), "usr/share/doc/countersign"] {
        ensure!(!root.at(gone).exists(), "{gone} stays behind");
    }
    let link = root.at("etc/systemd/system/multi-user.target.wants").join(UNIT);
    ensure!(link.symlink_metadata().is_err(), "a link to the unit that is gone stays behind");
    kept(root, &[SETTINGS, PASSWORDS])
}

fn purge_leaves_the_data(root: &Root) -> Result<()> {
    let said = root.dpkg(&["--purge", "countersign"], None)?;
    ensure!(said.contains("stay in /var/lib/countersign"), "it does not say what stays: {said}");
    ensure!(!root.at("etc/countersign").exists(), "settings or passwords stay behind");
    ensure!(root.read("etc/passwd")?.contains("countersign:"), "the data has no owner any more");
    kept(root, &[])
}

/// Whether the data is there, and these files.
fn kept(root: &Root, files: &[&str]) -> Result<()> {
    for data in ["countersign.db", "countersign.key"] {
        ensure!(root.read(&format!("{DATA}/{data}"))? == data, "{data} is not what it was");
    }
    for file in files {
        ensure!(root.at(file).is_file(), "{file} is gone");
    }
    Ok(())
}

/// A directory that dpkg takes for the root of a machine.
struct Root(PathBuf);

impl Root {
    fn new(path: PathBuf) -> Result<Self> {
        let root = Self(path);
        for directory in ["etc", "var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            fs::create_dir_all(root.at(directory))?;
        }
        let fields = "Package: ${Package}\nStatus: install ok installed\nArchitecture: ${Architecture}\nVersion: ${Version}\n\
             Maintainer: ${Maintainer}\nDescription: as on this machine\n\n";
        let mut ask = Command::new("dpkg-query");
        ask.arg("--show").arg(format!("--showformat={fields}")).args(["libc6", "libgcc-s1", "systemd"]);
        let status = output(&mut ask)?;
        fs::write(root.at("var/lib/dpkg/status"), status)?;
        Ok(root)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    fn read(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.at(path)).with_context(|| format!("cannot read {path}"))
    }

    fn by_root<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.arg("--root").arg(&self.0)
    }

    fn dpkg(&self, words: &[&str], package: Option<&Path>) -> Result<String> {
        let mut dpkg = Command::new("dpkg");
        // The scripts find their programs here; and nothing of this root has to survive a power cut.
        self.by_root(&mut dpkg).args(["--log=/dev/null", "--force-script-chrootless", "--force-unsafe-io"]);
        output(dpkg.args(words).args(package))
    }

    /// A field of the package, as dpkg knows it.
    fn asked(&self, field: &str) -> Result<String> {
        let mut query = Command::new("dpkg-query");
        output(self.by_root(&mut query).args(["--show", &format!("--showformat={field}"), "countersign"]))
    }

    fn state(&self) -> Result<String> {
        self.asked("${Status}")
    }

    fn is_enabled(&self) -> Result<String> {
        let mut ask = Command::new("systemctl");
        // It fails when the answer is no.
        let said = self.by_root(ask.arg("is-enabled")).arg(UNIT).output()?;
        Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
    }

    /// The doctor on the settings as they were installed, but for the root.
    fn doctor(&self) -> Command {
        let mut doctor = Command::new(self.at("usr/bin/countersign"));
        doctor.arg("doctor").arg("--config").arg(self.at(SETTINGS));
        doctor.env("COUNTERSIGN__STORAGE__URL", format!("sqlite:{}/countersign.db", self.at(DATA).display()));
        doctor.env("COUNTERSIGN__STORAGE__KEY_FILE", self.at(DATA).join("countersign.key"));
        doctor
    }
}

/// What a program said that went well.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let said = command.output().with_context(|| format!("{name} does not run"))?;
    ensure!(said.status.success(), "{name} failed: {}", both(&said));
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}

fn both(said: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr))
}
