//! What this machine has of what the tests need, and how to get the rest.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::child;

/// A program that tests use and a clone of the repository does not bring.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    PostgreSql,
    Chromium,
    Node,
    Npm,
    Zbar,
    Oathtool,
    Kannel,
    FakeSmsc,
    Postfix,
    Dkimpy,
    MailDkim,
    Nginx,
    Dpkg,
    Systemd,
}

impl Tool {
    pub(crate) const ALL: [Self; 14] = [
        Self::PostgreSql,
        Self::Chromium,
        Self::Node,
        Self::Npm,
        Self::Zbar,
        Self::Oathtool,
        Self::Kannel,
        Self::FakeSmsc,
        Self::Postfix,
        Self::Dkimpy,
        Self::MailDkim,
        Self::Nginx,
        Self::Dpkg,
        Self::Systemd,
    ];

    pub(crate) const FOR_PACKAGE: [Self; 2] = [Self::Dpkg, Self::Systemd];

    pub(crate) const FOR_BROWSER: [Self; 3] = [Self::Chromium, Self::Node, Self::Npm];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "PostgreSQL (the server)",
            Self::Chromium => "Chromium",
            Self::Node => "Node.js (20 or newer)",
            Self::Npm => "npm",
            Self::Zbar => "zbarimg (zbar)",
            Self::Oathtool => "oathtool",
            Self::Kannel => "Kannel",
            Self::FakeSmsc => "Kannel's fake SMSC (kannel-extras)",
            Self::Postfix => "Postfix",
            Self::Dkimpy => "dkimpy (python3-dkim)",
            Self::MailDkim => "Mail::DKIM (libmail-dkim-perl)",
            Self::Nginx => "nginx",
            Self::Dpkg => "dpkg",
            Self::Systemd => "systemd",
        }
    }

    /// What cannot be tested without it.
    pub(crate) fn skipped_without(self) -> &'static str {
        match self {
            Self::PostgreSql => "every test on PostgreSQL",
            Self::Chromium | Self::Node | Self::Npm => "the tests in a browser",
            Self::Kannel | Self::FakeSmsc => "the sending and receiving of SMS by a real gateway",
            Self::Nginx => "the example behind a real proxy",
            Self::Dpkg | Self::Systemd => "the installing of the Debian package",
            Self::Postfix => "the handing of letters to a real mail server",
            Self::Dkimpy | Self::MailDkim => "the checking of signatures by other programs than ours",
            Self::Zbar | Self::Oathtool => "the reading of a QR code by other programs than ours",
        }
    }

    pub(crate) fn debian_package(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::Chromium => "chromium",
            Self::Node => "nodejs",
            Self::Npm => "npm",
            Self::Zbar => "zbar-tools",
            Self::Oathtool => "oathtool",
            Self::Kannel => "kannel",
            Self::FakeSmsc => "kannel-extras",
            Self::Postfix => "postfix",
            Self::Dkimpy => "python3-dkim",
            Self::MailDkim => "libmail-dkim-perl",
            Self::Nginx => "nginx",
            Self::Dpkg => "dpkg",
            Self::Systemd => "systemd",
        }
    }

    /// Where it is, if it is here. For PostgreSQL that is the directory of its programs.
    pub(crate) fn find(self) -> Option<PathBuf> {
        match self {
            Self::PostgreSql => postgres_programs(),
            Self::Chromium => ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path),
            Self::Node => on_path("node").filter(|node| is_new_enough(node)),
            Self::Npm => on_path("npm"),
            Self::Zbar => on_path("zbarimg"),
            Self::Oathtool => on_path("oathtool"),
            Self::Kannel => there("/usr/sbin/bearerbox"),
            Self::FakeSmsc => there("/usr/lib/kannel/test/fakesmsc"),
            Self::Postfix => there("/usr/lib/postfix/sbin/master"),
            Self::Dkimpy => there("/usr/lib/python3/dist-packages/dkim/__init__.py"),
            Self::MailDkim => there("/usr/share/perl5/Mail/DKIM/Verifier.pm"),
            Self::Nginx => there("/usr/sbin/nginx"),
            Self::Dpkg => on_path("dpkg"),
            Self::Systemd => on_path("systemd-analyze"),
        }
    }
}

/// Installs the missing tools where we can (Debian, as root) and returns those that are still missing.
pub(crate) fn provide(tools: &[Tool]) -> Vec<Tool> {
    let missing = absent(tools);
    if missing.is_empty() || !is_root() || !is_debian() {
        return missing;
    }
    if let Err(fault) = install(&missing) {
        println!("{fault:#}");
    }
    absent(tools)
}

fn install(missing: &[Tool]) -> Result<()> {
    let packages = missing.iter().map(|tool| tool.debian_package());
    child::run(apt_get().args(["update", "-qq"]))?;
    child::run(apt_get().args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages))
}

/// The sentence that says how to install the tools here.
pub(crate) fn how_to_install(missing: &[Tool]) -> String {
    let names: Vec<&str> = missing.iter().map(|tool| tool.name()).collect();
    let packages: Vec<&str> = missing.iter().map(|tool| tool.debian_package()).collect();
    if is_debian() {
        format!("run as root: apt-get install {}", packages.join(" "))
    } else {
        format!("install {} and put them on the PATH", names.join(", "))
    }
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A loopback port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Whether cargo-nextest, the better of the two test runners, is installed.
pub(crate) fn has_nextest() -> bool {
    on_path("cargo-nextest").is_some()
}

fn absent(tools: &[Tool]) -> Vec<Tool> {
    tools.iter().copied().filter(|tool| tool.find().is_none()).collect()
}

fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && on_path("apt-get").is_some()
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The browser programs' packages need Node.js 20, and Debian 12 has 18.
fn is_new_enough(node: &Path) -> bool {
    let Ok(said) = Command::new(node).arg("--version").output() else {
        return false;
    };
    let version = String::from_utf8_lossy(&said.stdout);
    let major = version.trim().strip_prefix('v').and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    major.is_some_and(|major| major >= 20)
}

/// A program that Debian keeps off the PATH.
fn there(program: &str) -> Option<PathBuf> {
    Some(PathBuf::from(program)).filter(|file| file.is_file())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

/// Debian keeps the server's programs off the PATH, one directory per version: the newest wins.
fn postgres_programs() -> Option<PathBuf> {
    let newest = std::fs::read_dir("/usr/lib/postgresql").ok().and_then(|versions| {
        versions
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
            .filter(|version| Path::new(&format!("/usr/lib/postgresql/{version}/bin/initdb")).is_file())
            .max()
    });
    match newest {
        Some(version) => Some(PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))),
        None => Some(on_path("initdb")?.parent()?.to_path_buf()),
    }
}
